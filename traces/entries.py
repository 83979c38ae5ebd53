"""What a fact becomes before it has its place in a stream: payload, bodies, words. Made once, and asks no database.

Prevents: work that needs no lock done while others wait for it.
"""

from dataclasses import dataclass
from datetime import datetime

from traces import search
from traces.bodies import payload_of
from traces.chain import content_of, salted
from traces.events import Event, kind_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact, ready to be written: without what must not be kept (`Recorder.admit` makes it)."""

    event: Event
    kind: str
    payload: str
    content: str
    """Digest of the payload, for the chain."""
    blobs: dict[str, str]
    words: str
    tools: frozenset[str]
    at: datetime | None = None
    """When it happened; None: when it is written. One that waits for the next commit happened before that."""


def entry_of(event: Event, at: datetime | None = None) -> Entry:
    """The entry that a fact makes, as it is given."""
    blobs: dict[str, str] = {}
    payload = salted(payload_of(event, blobs))
    return Entry(
        event=event, kind=kind_of(event), payload=payload, content=content_of(payload), blobs=blobs,
        words=search.packed(event), tools=frozenset(search.tools_of(event)), at=at,
    )  # fmt: skip
