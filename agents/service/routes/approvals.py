"""Calls that wait for a person, and the person's decision."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from agents.approvals import get_approval, list_approvals
from agents.service.control import decide_held
from agents.service.deps import Limit, Name, Parts
from agents.service.sight import runs_seen
from agents.service.views import approval_view
from agents.service.waiting import approval_context
from agents.service.wire import ApprovalContext, ApprovalView, DecideApproval

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


@router.get("")
def list_waiting(parts: Parts, limit: Limit = 1000) -> list[ApprovalView]:
    """Calls that nobody has decided on, the oldest run's first."""
    with parts.database.reading() as session:
        found = list_approvals(session, where=runs_seen(parts.caller), limit=limit)
        return [approval_view(session, one) for one in found]


@router.get("/{approval}")
def get(parts: Parts, approval: Name) -> ApprovalView:
    """One held call, decided or not, by RUN:NUMBER."""
    with parts.database.reading() as session:
        return approval_view(session, get_approval(session, approval))


@router.get("/{approval}/context")
def get_context(parts: Parts, approval: Name, earlier: Annotated[int, Query(ge=0, le=200)] = 50) -> ApprovalContext:
    """What the agent was asked, thought and said before the call, and what the tool was sent before."""
    with parts.database.reading() as session:
        shown = earlier if parts.caller.agents is None else 0  # they may be another agent's
        return approval_context(session, get_approval(session, approval), earlier=shown)


@router.post("/{approval}/decision")
async def decide(parts: Parts, approval: Name, decision: DecideApproval) -> ApprovalView:
    """Allow a held call, as it is or with other arguments, or deny it. After the last one its run goes on."""
    await decide_held(parts, approval, decision)
    return await asyncio.to_thread(get, parts, approval)
