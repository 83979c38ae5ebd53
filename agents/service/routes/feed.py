"""Everything that happens, as it happens."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from agents.errors import UsageError
from agents.service.deps import After, LastEventId, Parts
from agents.service.sight import facts_seen
from agents.service.stream import EVENT_STREAM, NO_BUFFER, feed
from traces.events import KINDS

router = APIRouter(prefix="/v1", tags=["streams"])


@router.get("/feed", response_class=StreamingResponse)
async def follow_everything(
    parts: Parts,
    after: After | None = None,
    kinds: Annotated[str, Query(max_length=1000)] = "",
    last_event_id: LastEventId = None,
) -> StreamingResponse:
    """Facts of all streams after an id (Last-Event-ID wins), as server-sent events; from now on without one."""
    start = last_event_id if last_event_id is not None else after
    chosen = _kinds(kinds)
    bell = parts.bell
    body = feed(
        bell,
        parts.database,
        after=bell.head if start is None else start,
        kinds=chosen,
        shown=facts_seen(parts.caller),
    )
    return StreamingResponse(body, media_type=EVENT_STREAM, headers=NO_BUFFER)


def _kinds(text: str) -> list[str] | None:
    chosen = [kind for kind in text.split(",") if kind]
    unknown = [kind for kind in chosen if kind not in KINDS]
    if unknown:
        raise UsageError(f"there is no kind of fact {unknown[0]!r}", hint=f"Kinds: {', '.join(sorted(KINDS))}.")
    return chosen or None
