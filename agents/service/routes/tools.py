"""What tool servers offer the live versions, against what these were proven with, and a person's word on a drift."""

from fastapi import APIRouter

from agents.rollouts import accept_drift
from agents.service.deps import Name, Parts
from agents.service.tool_views import tool_lists
from agents.service.wire import AcceptDrift, ToolListView

router = APIRouter(prefix="/v1/tools", tags=["tools"])


@router.get("")
def list_tools(parts: Parts, agent: str | None = None) -> list[ToolListView]:
    """What each server offers the live versions, by agent and server; a drift with its word diff."""
    with parts.database.reading() as session:
        found = tool_lists(session, parts.workspace, agent=agent)
    return [one for one in found if parts.caller.sees(one.agent)]


@router.post("/{server}/accept")
def accept(parts: Parts, server: Name, request: AcceptDrift) -> ToolListView:
    """Let the live version go on with what the server offers now."""
    parts.workspace.agent(request.agent)
    parts.need_agent(request.agent, "POST /v1/tools/{server}/accept")
    accept_drift(parts.recorder, request.agent, server, parts.person(request.by, request.reason), found=request.found)
    with parts.database.reading() as session:
        return tool_lists(session, parts.workspace, agent=request.agent, server=server)[0]
