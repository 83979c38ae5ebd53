"""The agents of the workspace, what was decided about them, and taking a decision back."""

from fastapi import APIRouter

from agents.prompts.store import match_bundle
from agents.review import roll_back_agent
from agents.service.deps import Name, Parts
from agents.service.views import agent_views, bundle_view, decision_views
from agents.service.wire import AgentView, BundleView, EventView, RollBack

router = APIRouter(prefix="/v1/agents", tags=["agents"])


@router.get("")
def list_agents(parts: Parts) -> list[AgentView]:
    """The agents by name, each with what serves it."""
    with parts.database.reading() as session:
        return [one for one in agent_views(session, parts.workspace) if parts.caller.sees(one.name)]


@router.get("/{agent}/decisions")
def list_decisions(parts: Parts, agent: Name) -> list[EventView]:
    """What was decided about the agent's versions, oldest first."""
    parts.workspace.agent(agent)
    with parts.database.reading() as session:
        return decision_views(session, agent)


@router.post("/{agent}/rollback")
def roll_back(parts: Parts, agent: Name, request: RollBack) -> BundleView:
    """Take the live version back; gives the one that is live now."""
    parts.workspace.agent(agent)
    by = parts.person(request.by, request.reason)
    with parts.database.reading() as session:
        to = None if request.to is None else match_bundle(session, request.to)
    live = roll_back_agent(parts.recorder, agent, by, to=to, seen_live=request.live, head=request.head)
    with parts.database.reading() as session:
        return bundle_view(session, live.digest)
