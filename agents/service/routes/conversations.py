"""Conversations: forget one."""

from typing import Annotated

from fastapi import APIRouter, Query

from agents.forgetting import forget, plan_conversations
from agents.service.deps import Name, Parts
from agents.service.erasures import ErasureView, erasure_view
from traces.scrub import scrub

router = APIRouter(prefix="/v1/conversations", tags=["runs"])


@router.delete("/{conversation}")
def delete(
    parts: Parts,
    conversation: Name,
    reason: Annotated[str, Query(max_length=1000)] = "",
    by: Annotated[str, Query(max_length=200)] = "",
    dry_run: bool = False,
) -> ErasureView:
    """Erase what was said in a conversation, wherever it was carried on to. What is left is figures."""
    with parts.database.reading() as session:
        plan = plan_conversations(session, [conversation])
    if dry_run:
        return erasure_view(plan)
    done = forget(parts.recorder, plan, parts.person(by, reason), root=parts.workspace.root)
    return erasure_view(plan, done, scrub(parts.database, compact=False).left)
