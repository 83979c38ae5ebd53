"""Facts as the service sends them. A tool's large result stands there as its beginning, and the answer says so."""

import json
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from agents.service.wire import CutView, EventPage, EventView
from traces.bodies import BLOB_KEY
from traces.ids import is_utf8
from traces.pieces import BEGINNING, LARGE, Piece, read_piece
from traces.store import StoredEvent, read_events

T = TypeVar("T")

_ENVELOPE: Final = {"kind", "op", "step", "attempt"}


def event_view(stored: StoredEvent, cut: Mapping[str, Piece] | None = None) -> EventView:
    """One fact of the ledger; these of its bodies in part."""
    cut = cut or {}
    data = sendable(stored.event.model_dump(mode="json", exclude=_ENVELOPE))
    return EventView(
        id=stored.id,
        stream=stored.stream,
        seq=stored.seq,
        kind=stored.kind,
        step=stored.step,
        op=stored.op,
        attempt=stored.attempt,
        at=stored.at,
        data={**data, **{name: piece.text for name, piece in cut.items()}},
        cut={name: _cut_view(piece) for name, piece in cut.items()},
    )


def event_views(session: Session, found: Iterable[StoredEvent]) -> list[EventView]:
    """Facts that were read with `large`: where a body was left out its beginning is put."""
    return [event_view(stored, {name: _beginning(session, stored, name) for name in stored.left}) for stored in found]


def _beginning(session: Session, stored: StoredEvent, name: str) -> Piece:
    return read_piece(session, getattr(stored.event, name)[BLOB_KEY], limit=BEGINNING)


def _cut_view(piece: Piece) -> CutView:
    return CutView(digest=piece.digest, bytes=piece.size, shown=piece.size if piece.next is None else piece.next)


def event_page(session: Session, stream: str, *, after: int = 0, limit: int | None = None) -> EventPage:
    """The facts of a stream from seq `after` + 1 on, in order."""
    return EventPage(items=event_views(session, read_events(session, stream, after=after, limit=limit, large=LARGE)))


def sendable(value: T) -> T:
    """The value as UTF-8 can carry it: half a surrogate pair, which a broken tool may have sent, becomes `?`."""
    text = json.dumps(value, ensure_ascii=False)
    if is_utf8(text):
        return value
    sendable: T = json.loads(text.encode("utf-8", "replace"))
    return sendable
