"""Keys: who has one, giving one out, taking one back. And the rules for decisions about an agent's versions."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError

from agents.access.keys import give_token, take_token
from agents.access.tokens import Token, duration, list_tokens
from agents.errors import UsageError
from agents.prompts.governance import Governance
from agents.prompts.record import find_rules
from agents.review import change_governance
from agents.service.deps import Name, Parts
from agents.service.wire.access import (
    ChangeGovernance,
    CreateToken,
    GovernanceView,
    NewTokenView,
    RevokeToken,
    TokenView,
)

router = APIRouter(prefix="/v1", tags=["access"])


@router.get("/tokens")
def list_(parts: Parts) -> list[TokenView]:
    """All that were ever given out, newest first."""
    with parts.database.reading() as session:
        return [TokenView(**_facts(parts, one)) for one in list_tokens(session)]


@router.post("/tokens", status_code=201)
def create(parts: Parts, ask: CreateToken) -> NewTokenView:
    """Give one out. Its secret is in this answer and nowhere else."""
    for agent in ask.agents or ():
        parts.workspace.agent(agent)
    secret, token = give_token(
        parts.recorder, ask.name, ask.role, parts.person(ask.by, ask.reason), agents=ask.agents,
        lasts=duration(ask.expires),
    )  # fmt: skip
    return NewTokenView(**_facts(parts, token), secret=secret)


@router.post("/tokens/{token}/revoke")
def revoke(parts: Parts, token: Name, ask: RevokeToken) -> TokenView:
    """Take one back: it is good for nothing from the next request on."""
    return TokenView(**_facts(parts, take_token(parts.recorder, token, parts.person(ask.by, ask.reason))))


@router.get("/agents/{agent}/governance")
def governance(parts: Parts, agent: Name) -> GovernanceView:
    """The rules in force for the agent, and those that the file asks for."""
    parts.workspace.agent(agent)
    wished = parts.workspace.governance.rules_for(agent)
    with parts.database.reading() as session:
        recorded = find_rules(session, agent)
    rules = recorded or wished
    return GovernanceView(
        agent=agent, in_force=rules.model_dump(mode="json"), on_record=recorded is not None,
        file=wished.model_dump(mode="json"), differ=rules.differ(wished),
    )  # fmt: skip


@router.post("/agents/{agent}/governance")
def change(parts: Parts, agent: Name, ask: ChangeGovernance) -> GovernanceView:
    """Put other rules into force: those of the file, or those that the request names."""
    before = governance(parts, agent)
    rules = before.file if ask.rules is None else {**before.in_force, **ask.rules}
    try:
        wanted = Governance.model_validate(rules)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("rules", *first["loc"])))
        raise UsageError(f"{place}: {first['msg']}", hint=f"Rules: {', '.join(Governance.model_fields)}.") from error
    change_governance(parts.recorder, agent, wanted, parts.person(ask.by, ask.reason))
    return governance(parts, agent)


def _facts(parts: Parts, token: Token) -> dict[str, Any]:
    facts = asdict(token)
    agents = None if token.agents is None else list(token.agents)
    return {**facts, "agents": agents, "standing": token.standing(parts.recorder.now())}
