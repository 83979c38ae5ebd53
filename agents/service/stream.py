"""Server-sent events: what happens, told as it happens, resumable after a break.

The ledger is the only source, so a stream sees the facts of every process and a reader who comes back asks for what
it missed by the last id it saw. One `Bell` a process looks for news; each reader then reads its own pages, so nothing
is queued for a slow one. Prevents: a fact that is skipped because a later one was committed first.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from pydantic import BaseModel
from sqlalchemy.orm import Session

from agents.service.facts import event_views
from agents.service.watcher import Watcher
from agents.service.wire import EventView
from agents.service.work import Work
from traces.db import Database
from traces.pieces import LARGE
from traces.recorder import Recorder
from traces.store import get_run, last_event_id, list_feed_ids, read_events, read_feed, seq_of_id
from traces.summary import ENDED

POLL_SECONDS: Final = 0.25
"""How late a fact that another process wrote may be seen; our own ring at once."""

HEARTBEAT_SECONDS: Final = 10.0
"""A comment this often: proxies keep the connection, and a reader knows that silence is not death."""

GAP_SECONDS: Final = 2.0
"""How long a missing id may still arrive: PostgreSQL gives ids out before the transactions commit. Longer than any
transaction of ours; after it the id is taken for rolled back."""

PAGE: Final = 200

EVENT_STREAM: Final = "text/event-stream"
NO_BUFFER: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Bell:
    """Rings when the ledger has something new, and says up to which id everything is there."""

    def __init__(
        self, database: Database, recorder: Recorder, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._ears: set[Callable[[], None]] = set()
        self._nudge = asyncio.Event()
        self._watcher = Watcher("feed", self._look, 1.0)
        self._unsubscribe: Callable[[], None] = lambda: None
        self._seen = 0
        self._gap: tuple[int, float] | None = None
        self.head = 0
        """No fact with an id up to this one will still appear."""
        self.closed = False

    async def open(self) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        self.head = self._seen = await asyncio.to_thread(self._last)
        self._unsubscribe = self._recorder.subscribe(lambda recorded: _call(loop, self._nudge.set))
        self._watcher.open()

    def close(self) -> None:
        """End all streams; their readers come back to the next process with the last id they saw."""
        if not self.closed:
            self.closed = True
            self._unsubscribe()
            self._watcher.stop()
            self._ring()

    @contextmanager
    def ear(self, tell: Callable[[], None]) -> Iterator[None]:
        """Within this, `tell` is called on the loop whenever there may be news."""
        self._ears.add(tell)
        try:
            yield
        finally:
            self._ears.discard(tell)

    async def _look(self) -> float:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nudge.wait(), POLL_SECONDS)
        self._nudge.clear()
        if self.advance(await asyncio.to_thread(self._news)):
            self._ring()
        return 0.0  # it has rested

    def _last(self) -> int:
        with self._database.reading() as session:
            return last_event_id(session)

    def _news(self) -> list[int]:
        with self._database.reading() as session:
            return list_feed_ids(session, after=self.head)

    def advance(self, ids: Sequence[int]) -> bool:
        """Take in the ids after `head` that are visible now; gives whether there is anything new among them."""
        before, seen = self.head, self._seen
        for event_id in ids:
            if event_id != self.head + 1 and not self._waited_for_before(event_id):
                break
            self.head = event_id
        self._seen = max(seen, *ids) if ids else seen
        return self.head > before or self._seen > seen

    def _waited_for_before(self, event_id: int) -> bool:
        """Whether what is missing before this id has had its time: it was given out before this one was."""
        if self._gap is None or self._gap[0] != event_id:
            self._gap = (event_id, self._clock())
        return self._clock() - self._gap[1] >= GAP_SECONDS

    def _ring(self) -> None:
        for tell in list(self._ears):
            tell()


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended, and nobody listens any more
        loop.call_soon_threadsafe(function)


Shown = Callable[[Session, Sequence[EventView]], Sequence[EventView]]
"""Takes a page of facts to those that the reader may see."""


async def feed(
    bell: Bell, database: Database, *, after: int, kinds: Sequence[str] | None, shown: Shown = lambda _, facts: facts
) -> AsyncIterator[bytes]:
    """All facts after id `after`, in the order of their ids, for ever; of those, what `shown` leaves."""

    def page() -> tuple[list[EventView], set[int]]:
        with database.reading() as session:
            facts = event_views(session, read_feed(session, after=after, kinds=kinds, limit=PAGE, large=LARGE))
            return facts, {fact.id for fact in shown(session, facts)}

    news = asyncio.Event()
    with bell.ear(news.set):
        yield b": open\n\n"
        while not bell.closed:
            news.clear()
            head = bell.head
            facts, wanted = await asyncio.to_thread(page) if head > after else ([], set[int]())
            settled = [fact for fact in facts if fact.id <= head]
            for fact in settled:
                if fact.id in wanted:
                    yield message("fact", fact, fact.id)
            after = settled[-1].id if settled else after
            if len(facts) < PAGE or not settled:
                after = max(after, head)  # of the kinds asked for there is no more up to here
                async for beat in _silence(news):
                    yield beat


async def follow(bell: Bell, work: Work, database: Database, run_id: str, *, after: int) -> AsyncIterator[bytes]:
    """A run's facts after id `after` (over all streams), the pieces of replies in the making, and its end."""
    with work.looking_on(run_id) as onlooker, bell.ear(onlooker.ring):
        yield b": open\n\n"
        seq = await asyncio.to_thread(_seq, database, run_id, after)
        while not bell.closed:
            onlooker.woken.clear()
            facts: list[EventView] = []
            ended = False
            if onlooker.facts_due:  # not for each piece of a reply
                onlooker.facts_due = False
                facts, ended = await asyncio.to_thread(_new_facts, database, run_id, seq)
            for fact in facts:
                for piece in onlooker.take(fact.seq - 1):
                    yield message("delta", piece)
                yield message("fact", fact, fact.id)
                seq = fact.seq
            for piece in onlooker.take(seq):
                yield message("delta", piece)
            if len(facts) == PAGE or onlooker.pieces:  # there are facts that were not read yet
                onlooker.ring()
            elif ended:
                yield b"event: end\ndata: {}\n\n"
                return
            async for beat in _silence(onlooker.woken):
                yield beat


def _seq(database: Database, run_id: str, event_id: int) -> int:
    with database.reading() as session:
        return seq_of_id(session, run_id, event_id)


def _new_facts(database: Database, run_id: str, seq: int) -> tuple[list[EventView], bool]:
    with database.reading() as session:
        ended = get_run(session, run_id).status in ENDED
        return event_views(session, read_events(session, run_id, after=seq, limit=PAGE, large=LARGE)), ended


async def _silence(news: asyncio.Event) -> AsyncIterator[bytes]:
    """Heartbeats until there may be news."""
    while True:
        try:
            await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
            return
        except TimeoutError:
            yield b": still here\n\n"


def message(event: str, shape: BaseModel, event_id: int | None = None) -> bytes:
    """One server-sent event. JSON has no line breaks outside of strings, so the data is one line."""
    place = "" if event_id is None else f"id: {event_id}\n"
    return f"event: {event}\n{place}data: {shape.model_dump_json()}\n\n".encode()
