"""What could not be stored."""

from fastapi import APIRouter

from agents.service.deps import Moment, Parts
from agents.service.wire import LossView
from traces.losses import list_losses

router = APIRouter(prefix="/v1/losses", tags=["service"])


@router.get("")
def get_losses(parts: Parts, since: Moment | None = None) -> list[LossView]:
    """Refused spans, unreadable requests and failed writes, by day and reason, the newest first."""
    with parts.database.reading() as session:
        return [LossView(**vars(one)) for one in list_losses(session, since=since)]
