"""Which route asks for which permission, and whose agents it is about: one table, measured before every route.

A route that is not in the table is refused to everybody; a test walks all routes with all roles. Prevents: a new
route that nobody thought of guarding, and a token for one agent that reads another's runs.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from fastapi import Request
from sqlalchemy.orm import Session

from agents.access.caller import Caller
from agents.access.roles import Permission
from agents.errors import Refused
from agents.prompts.rollout_store import get_rollout, match_rollout
from agents.prompts.store import get_bundle, match_bundle
from agents.service.deps import Service
from agents.service.refusals import refuse
from traces.errors import NotFound
from traces.events import NightStarted
from traces.store import get_run, match_run, read_events

About = Literal["nothing", "agent", "run", "bundle", "night", "approval", "question", "rollout", "seen", "all"]
"""Whose agents a route is about: nobody's; the one that its address names, by itself or through a run, a version, a
night, a held call, a question, a rollout; `seen`: the route itself shows or takes only what the caller sees; `all`:
it cannot be divided, so a token for some agents is refused."""


@dataclass(frozen=True)
class Rule:
    """What a route asks for: one of these permissions, and for whose agents. No permission: any caller."""

    about: About
    permissions: tuple[Permission, ...]


def _rule(about: About, *permissions: Permission) -> Rule:
    return Rule(about, permissions)


RULES: Final[dict[str, Rule]] = {
    "GET /health": _rule("nothing"),
    "GET /ready": _rule("nothing"),
    "GET /v1/about": _rule("nothing"),
    "GET /v1/me": _rule("nothing"),
    # --- runs
    "GET /v1/runs": _rule("seen", "read"),
    "POST /v1/runs": _rule("seen", "run"),
    "GET /v1/runs/{run}": _rule("run", "read", "run"),
    "GET /v1/runs/{run}/events": _rule("run", "read", "run"),
    "GET /v1/runs/{run}/bodies/{digest}": _rule("run", "read", "run"),
    "GET /v1/runs/{run}/why": _rule("run", "read"),
    "GET /v1/runs/{run}/spans": _rule("run", "read"),
    "GET /v1/runs/{run}/stream": _rule("run", "read", "run"),
    "POST /v1/runs/{run}/feedback": _rule("run", "judge"),
    "POST /v1/runs/{run}/feedback/withdraw": _rule("run", "judge"),
    "POST /v1/runs/{run}/cancel": _rule("run", "run"),
    "POST /v1/runs/{run}/resume": _rule("run", "operate"),
    "POST /v1/runs/{run}/outcome": _rule("run", "operate"),
    "POST /v1/traces": _rule("all", "run"),
    "GET /v1/agreement": _rule("seen", "read"),
    "POST /v1/outcomes": _rule("all", "judge"),
    "GET /v1/conversations": _rule("seen", "read"),
    "GET /v1/conversations/{conversation}": _rule("seen", "read"),
    "DELETE /v1/conversations/{conversation}": _rule("all", "administer"),
    "GET /v1/stats": _rule("seen", "read"),
    "GET /v1/losses": _rule("all", "read"),
    "GET /v1/feed": _rule("seen", "read"),
    # --- what waits for a person
    "GET /v1/approvals": _rule("seen", "read"),
    "GET /v1/approvals/{approval}": _rule("approval", "read"),
    "GET /v1/approvals/{approval}/context": _rule("approval", "read"),
    "POST /v1/approvals/{approval}/decision": _rule("approval", "operate"),
    "GET /v1/waiting": _rule("seen", "read"),
    "GET /v1/questions": _rule("seen", "read"),
    "GET /v1/questions/{question}": _rule("question", "read"),
    "POST /v1/questions/{question}/answer": _rule("question", "operate"),
    # --- queues of runs to be judged
    "GET /v1/queues": _rule("seen", "read"),
    "POST /v1/queues": _rule("seen", "operate"),
    "GET /v1/queues/{queue}": _rule("seen", "read"),
    "GET /v1/queues/{queue}/next": _rule("seen", "read"),
    "POST /v1/queues/{queue}/close": _rule("seen", "operate"),
    # --- the playground
    "GET /v1/playground": _rule("seen", "read"),
    "POST /v1/playground": _rule("seen", "operate"),
    "GET /v1/playground/{play}": _rule("seen", "read"),
    # --- agents and their versions
    "GET /v1/agents": _rule("seen", "read", "run"),
    "GET /v1/agents/{agent}/decisions": _rule("agent", "read"),
    "POST /v1/agents/{agent}/rollback": _rule("agent", "roll_back"),
    "GET /v1/bundles": _rule("seen", "read"),
    "GET /v1/bundles/{digest}": _rule("bundle", "read"),
    "GET /v1/bundles/{digest}/diff": _rule("bundle", "read"),
    "GET /v1/proposals": _rule("seen", "read"),
    "GET /v1/proposals/{digest}": _rule("bundle", "read"),
    "POST /v1/proposals/{digest}/decision": _rule("bundle", "decide"),
    # --- rollouts
    "GET /v1/rollouts": _rule("seen", "read"),
    "POST /v1/rollouts": _rule("seen", "decide"),
    "GET /v1/rollouts/{rollout}": _rule("rollout", "read"),
    "GET /v1/rollouts/{rollout}/events": _rule("rollout", "read"),
    "POST /v1/rollouts/{rollout}/change": _rule("rollout", "decide"),
    "POST /v1/rollouts/{rollout}/decision": _rule("rollout", "roll_back"),  # to promote asks for more
    "GET /v1/audit": _rule("seen", "read"),
    "GET /v1/audit/{row}": _rule("all", "read"),
    # --- keys and rules
    "GET /v1/tokens": _rule("all", "administer"),
    "POST /v1/tokens": _rule("all", "administer"),
    "POST /v1/tokens/{token}/revoke": _rule("all", "administer"),
    "GET /v1/agents/{agent}/governance": _rule("agent", "read"),
    "POST /v1/agents/{agent}/governance": _rule("agent", "administer"),
    # --- tools
    "GET /v1/tools": _rule("seen", "read"),
    "POST /v1/tools/{server}/accept": _rule("seen", "decide"),
    # --- nights
    "GET /v1/nights": _rule("seen", "read"),
    "GET /v1/nights/{night}/events": _rule("night", "read"),
}
"""`METHOD /route` -> what it asks for."""


async def authorize(request: Request) -> None:
    """Stand before every route.

    Raises:
        Refused: the caller may not; it is on record.
    """
    service: Service = request.app.state.service
    caller: Caller = request.state.caller
    route = f"{request.method} {request.scope['route'].path}"
    rule = RULES.get(route)
    try:
        if rule is None:
            raise Refused("nobody said who may use this route", hint="It belongs into agents/service/permissions.py.")
        if rule.permissions:
            caller.need(*rule.permissions)
        if caller.agents is not None:
            await asyncio.to_thread(_check_agents, service, caller, rule, request.path_params)
    except Refused as refused:
        await asyncio.to_thread(refuse, service.recorder, caller, route, str(refused))
        raise


def _check_agents(service: Service, caller: Caller, rule: Rule, names: dict[str, Any]) -> None:
    if rule.about == "all":
        caller.need_agents([None])
    elif rule.about in _AGENT_OF:
        with service.database.reading() as session:
            caller.need_agents([_AGENT_OF[rule.about](session, names)])


def _of_run(session: Session, names: dict[str, Any]) -> str:
    return get_run(session, match_run(session, names["run"])).agent


def _of_bundle(session: Session, names: dict[str, Any]) -> str:
    return get_bundle(session, match_bundle(session, names["digest"])).bundle.agent


def _of_night(session: Session, names: dict[str, Any]) -> str:
    for stored in read_events(session, names["night"], kinds=["night_started"], limit=1):
        if isinstance(stored.event, NightStarted):
            return stored.event.agent
    raise NotFound("night", names["night"], hint="GET /v1/nights lists them.")


def _of_asked(session: Session, names: dict[str, Any]) -> str:
    name = str(names.get("approval") or names["question"])  # RUN:NUMBER
    return get_run(session, match_run(session, name.rpartition(":")[0] or name)).agent


def _of_rollout(session: Session, names: dict[str, Any]) -> str:
    return get_rollout(session, match_rollout(session, names["rollout"])).agent


_AGENT_OF: Final[dict[str, Callable[[Session, dict[str, Any]], str]]] = {
    "agent": lambda session, names: str(names["agent"]),
    "run": _of_run,
    "bundle": _of_bundle,
    "night": _of_night,
    "approval": _of_asked,
    "question": _of_asked,
    "rollout": _of_rollout,
}
