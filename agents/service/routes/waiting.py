"""What waits for a person."""

from fastapi import APIRouter

from agents.service.deps import Limit, Parts
from agents.service.sight import runs_seen, seen
from agents.service.waiting import waiting_list
from agents.service.wire import WaitingView

router = APIRouter(prefix="/v1/waiting", tags=["approvals"])


@router.get("")
def list_waiting(parts: Parts, limit: Limit = 200) -> list[WaitingView]:
    """Held calls, questions, calls of unknown outcome and proposals, oldest first."""
    with parts.database.reading() as session:
        return seen(parts.caller, waiting_list(session, where=runs_seen(parts.caller)))[:limit]
