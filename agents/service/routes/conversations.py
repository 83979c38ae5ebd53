"""Conversations: look at them, forget one."""

from typing import Annotated

from fastapi import APIRouter, Query

from agents.forgetting import forget, plan_conversations
from agents.service.conversations import conversation_detail, conversation_page
from agents.service.deps import Limit, Name, Parts
from agents.service.erasures import ErasureView, erasure_view
from agents.service.sight import runs_seen
from agents.service.wire import ConversationDetail, ConversationPage
from traces.scrub import scrub

router = APIRouter(prefix="/v1/conversations", tags=["runs"])


@router.get("")
def list_conversations(
    parts: Parts, after: Annotated[str | None, Query(max_length=200)] = None, limit: Limit = 50
) -> ConversationPage:
    """Conversations, the one with the newest turn first."""
    with parts.database.reading() as session:
        return conversation_page(session, after=after, limit=limit, within=runs_seen(parts.caller))


@router.get("/{conversation}")
def get(parts: Parts, conversation: Name) -> ConversationDetail:
    """One conversation and its turns, oldest first."""
    with parts.database.reading() as session:
        return conversation_detail(session, conversation, within=runs_seen(parts.caller))


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
