"""Whoever stands behind a request: a name that counts, a role, and the agents it is for.

Prevents: a request that signs with a name of its own choosing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agents.access.roles import ROLES, Permission, Role, may, roles_with
from agents.errors import Refused
from traces.provenance import Provenance

Source = Literal["socket", "token", "setting"]


@dataclass(frozen=True)
class Caller:
    """Who asks. `source` says how that is known: the socket's own user, a token, or the token of the settings."""

    name: str
    role: Role
    agents: frozenset[str] | None = None
    """None: all."""
    source: Source = "socket"
    token: str = ""
    """Id of the token; empty where none was sent."""
    expires_at: datetime | None = None

    @property
    def permissions(self) -> list[Permission]:
        """What it may, by name."""
        return sorted(ROLES[self.role])

    def may(self, *permissions: Permission) -> bool:
        """Whether it has one of these."""
        return any(may(self.role, one) for one in permissions)

    def sees(self, agent: str) -> bool:
        """Whether it is for this agent."""
        return self.agents is None or agent in self.agents

    def need(self, *permissions: Permission) -> None:
        """Pass when it has one of these permissions.

        Raises:
            Refused: it has none of them.
        """
        if not self.may(*permissions):
            known = {role for one in permissions for role in roles_with(one)}
            roles = [role for role in ROLES if role in known]
            raise Refused(
                f"{self.name!r} has the role {self.role!r}, which may not do this",
                hint=f"It needs one of these roles: {', '.join(roles)}.",
            )

    def need_agents(self, agents: Iterable[str | None]) -> None:
        """Pass when it is for all of these agents; None stands for something that belongs to no single agent.

        Raises:
            Refused: it is not.
        """
        for agent in agents:
            if self.agents is not None and agent not in self.agents:
                what = f"not for {agent!r}" if agent else "for some agents only, and this is about all"
                raise Refused(f"the token of {self.name!r} is {what}", hint=f"It is for {_listed(self.agents)}.")

    def signs(self, by: str = "", reason: str = "") -> Provenance:
        """The signature under what it does. A token's name is the one that counts; on the socket another may be given
        beside the login, and who counts heads counts logins.
        """
        name = by.strip() if self.source == "socket" and by.strip() else self.name
        login = self.name if name != self.name else ""
        return Provenance(by=name, reason=reason, role=self.role, login=login)


def _listed(agents: frozenset[str]) -> str:
    return ", ".join(sorted(agents)) or "no agent"
