"""The optimizer's nights, as far as they have come."""

from fastapi import APIRouter

from agents.service.deps import After, Limit, Name, Parts
from agents.service.facts import event_page
from agents.service.sight import seen
from agents.service.views import night_list
from agents.service.wire import EventPage, NightView
from traces.errors import NotFound

router = APIRouter(prefix="/v1/nights", tags=["nights"])


@router.get("")
def list_nights(parts: Parts, agent: str | None = None, limit: Limit = 50) -> list[NightView]:
    """Nights, newest first."""
    with parts.database.reading() as session:
        return seen(parts.caller, night_list(session, agent=agent, limit=limit))


@router.get("/{night}/events")
def list_events(parts: Parts, night: Name, after: After = 0, limit: Limit = 1000) -> EventPage:
    """The facts of a night from seq `after` + 1 on, in order."""
    with parts.database.reading() as session:
        page = (
            event_page(session, night, after=after, limit=limit)
            if night.startswith("night_")
            else EventPage(items=[])
        )
    if not page.items and after == 0:
        raise NotFound("night", night, hint="GET /v1/nights lists them.")
    return page
