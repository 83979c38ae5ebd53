"""Who may do what, as data: roles, the permissions they are made of. Pure.

Every request, command and decision is measured with this one table. Prevents: a route or a command with an idea of
its own of what an operator is.
"""

from typing import Final, Literal, get_args

Role = Literal["app", "viewer", "operator", "approver", "admin"]

Permission = Literal["read", "run", "judge", "operate", "propose", "decide", "roll_back", "administer"]

_VIEWER: Final[frozenset[Permission]] = frozenset({"read"})
_OPERATOR: Final[frozenset[Permission]] = _VIEWER | {"run", "judge", "operate", "propose", "roll_back"}
_APPROVER: Final[frozenset[Permission]] = _OPERATOR | {"decide"}

ROLES: Final[dict[Role, frozenset[Permission]]] = {
    # A program in front of customers: asks, reads what came of it, says what became of it. Sees no prompts.
    "app": frozenset({"run", "judge"}),
    "viewer": _VIEWER,
    # Keeps things running: answers held calls, judges, stops, proposes, and takes back what does harm.
    "operator": _OPERATOR,
    # Signs: approves, rejects, promotes.
    "approver": _APPROVER,
    "admin": frozenset(get_args(Permission)),
}
"""Role -> what it may. `read` is everything on record; `run` is asking agents and reading those runs."""


def may(role: str, permission: Permission) -> bool:
    """Whether the role has the permission; a role nobody knows has none."""
    return permission in ROLES.get(role, frozenset())  # type: ignore[call-overload]


def roles_with(permission: Permission) -> list[str]:
    """The roles that have it, in the order of the table."""
    return [role for role, permissions in ROLES.items() if permission in permissions]
