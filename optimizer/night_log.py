"""One night's stream in the ledger: the only writer of a night's facts, and how its earlier ones are found again.

Prevents paying twice: what a night did is read back from here after kill -9, and rollouts of earlier nights too.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from optimizer.examples import Pool
from traces.db import Database
from traces.errors import OperationTaken
from traces.events import Event, NightEnded, NightResumed, NightStarted, RolloutScored, SealedOpened, StageReached
from traces.ids import new_id
from traces.leases import claim, release
from traces.recorder import Recorder
from traces.store import StoredEvent, list_streams, read_events

EventT = TypeVar("EventT", bound=Event)

NIGHTS: Final = 500
"""How many nights (of all agents) are looked back on."""

TOGETHER: Final = 32
TOGETHER_SECONDS: Final = 1.0
"""So many facts, or what came in so long, are one commit. Whoever looks on sees a rollout that much later."""


class NightLog:
    """The facts of one night. Reading goes to the ledger; nothing is kept beside it."""

    def __init__(self, database: Database, stream: str, agent: str) -> None:
        self.database = database
        self.recorder = Recorder(database)
        self.stream = stream
        self.agent = agent
        self._later: list[Event] = []
        self._since = 0.0
        self._lock = threading.RLock()

    def append(self, event: Event) -> bool:
        """Write one fact, after those that wait; False when one of that kind and operation is on record already."""
        with self._lock:
            self.flush()
            return self._write([event])

    def later(self, event: Event) -> None:
        """Write a fact with the next one, or within about a second of them: many share one commit.

        For what can be made again from other records, for nothing, should this process die before.
        """
        with self._lock:
            if not self._later:
                self._since = time.monotonic()
            self._later.append(event)
            if len(self._later) >= TOGETHER or time.monotonic() - self._since > TOGETHER_SECONDS:
                self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            waiting, self._later = self._later, []
            if waiting and not self._write(waiting):
                for event in waiting:  # one of them is on record already: the others must not be lost for it
                    self._write([event])

    def _write(self, events: list[Event]) -> bool:
        try:
            self.recorder.append_all(self.stream, events)
        except OperationTaken:
            return False
        return True

    def all(self, kind: type[EventT]) -> list[EventT]:
        """The night's facts of one class, in order."""
        self.flush()
        return _of(self.database, self.stream, kind)

    def stage(self, name: str) -> StageReached | None:
        """The fact that the stage was reached, or None."""
        return next((one for one in self.all(StageReached) if one.stage == name), None)

    def reach(self, name: str, message: str, **facts: object) -> StageReached:
        """Record that a stage was reached with these figures. Reached once: the first figures stand."""
        event = StageReached(op=f"stage/{name}", stage=name, message=message, facts=dict(facts))
        return event if self.append(event) else self.stage(name) or event

    def earlier(self) -> Iterator[str]:
        """Streams of the agent's earlier nights, newest first."""
        yield from (stream for stream in self._nights() if stream != self.stream)

    def of_earlier(self, stream: str, kind: type[EventT]) -> list[EventT]:
        """An earlier night's facts of one class."""
        return _of(self.database, stream, kind)

    def kept_families(self) -> dict[str, Pool]:
        """Where this night, or else the newest earlier one, has put each family."""
        for stream in (self.stream, *self.earlier()):
            placed = next((one for one in _of(self.database, stream, StageReached) if one.stage == "pools"), None)
            if placed is not None:
                return dict(placed.facts["families"])
        return {}

    def sealed_openings(self) -> list[SealedOpened]:
        """The openings of the sealed pool in this night."""
        return self.all(SealedOpened)

    def numbers(self) -> dict[tuple[str, str], int]:
        """(bundle, incumbent) -> its number among all that sealed examples were ever opened for, in earlier nights.

        A candidate that is gone on with keeps its number; against another incumbent it is another test.
        """
        found: dict[tuple[str, str], int] = {}
        for stream in reversed(list(self.earlier())):
            (started,) = self.of_earlier(stream, NightStarted)
            for opening in self.of_earlier(stream, SealedOpened):
                test = (opening.bundle, started.incumbent)
                found.setdefault(test, opening.number or max(found.values(), default=0) + 1)
        return found

    def earlier_openings(self) -> list[frozenset[str]]:
        """For each earlier opening of the agent's sealed pool, the examples that were looked at."""
        found = []
        for stream in self.earlier():
            tried = self.of_earlier(stream, RolloutScored)
            for opening in self.of_earlier(stream, SealedOpened):
                seen = (one.example for one in tried if one.pool == "sealed" and one.bundle == opening.bundle)
                found.append(frozenset(seen))
        return found

    def worked_seconds(self) -> float:
        """Wall time somebody worked on this night, without the time between a stop and its resumption."""
        with self.database.reading() as session:
            events = read_events(session, self.stream)
        return sum(_gap(one, other) for one, other in pairwise(events))

    def _nights(self) -> list[str]:
        with self.database.reading() as session:
            return [stream for stream, _ in _nights_of(session, self.agent)]


def _gap(one: StoredEvent, other: StoredEvent) -> float:
    return 0.0 if isinstance(other.event, NightResumed) else (other.at - one.at).total_seconds()


def _of(database: Database, stream: str, kind: type[EventT]) -> list[EventT]:
    with database.reading() as session:
        stored = read_events(session, stream, kinds=[str(kind.model_fields["kind"].default)])
    return [one.event for one in stored if isinstance(one.event, kind)]


def _nights_of(session: Session, agent: str) -> list[tuple[str, NightStarted]]:
    found = []
    for stream in list_streams(session, "night_", limit=NIGHTS):
        first = read_events(session, stream, limit=1)[0].event
        if isinstance(first, NightStarted) and first.agent == agent:
            found.append((stream, first))
    return found


@dataclass(frozen=True)
class OpenNight:
    """A night that has not ended, as its first fact describes it."""

    stream: str
    started: NightStarted


def find_open_night(database: Database, agent: str) -> OpenNight | None:
    """The agent's newest night, if it has not ended."""
    with database.reading() as session:
        nights = _nights_of(session, agent)
    if not nights or _of(database, nights[0][0], NightEnded):
        return None
    return OpenNight(*nights[0])


def new_night() -> str:
    """A name for a new night's stream."""
    return new_id("night")


# --- who works on it ------------------------------------------------------------------------------------------


def take_night(database: Database, agent: str, owner: str) -> str | None:
    """Take or renew the lease on the agent's nights; gives the living owner's name when it cannot be had."""
    with database.writing() as session:
        return claim(session, f"night:{agent}", owner, datetime.now(UTC))


def leave_night(database: Database, agent: str, owner: str) -> None:
    """Give the lease back."""
    with database.writing() as session:
        release(session, f"night:{agent}", owner)
