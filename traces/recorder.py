"""The only writer of the ledger: an event, its large bodies and the run's summary go in with one commit.

When `append` returns, the fact is durable, without what must not be kept. When it raises, nothing of it was written.
Each event's hash covers the hash before it: a changed, missing or reordered event is found by `traces.verify`.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from traces import search
from traces.bodies import write_blobs
from traces.chain import GENESIS, chain
from traces.db import Database, from_micros, micros
from traces.entries import Entry, entry_of
from traces.errors import LedgerError, LedgerUnavailable, NotFound, OperationTaken, RunErased
from traces.events import Event, RunStarted
from traces.losses import Losses
from traces.marks import write_marks
from traces.pen import Pen, Statement, named, pen_of
from traces.planned import Planned, insert_planned, stored_run
from traces.redact import Redactor
from traces.store import find_run
from traces.summary import ENDED, RunSummary, advance, begin
from traces.tables import EVENTS, RUNS

Clock = Callable[[], datetime]

MOST_BODIES: Final = 256
"""Digests of one stream that are remembered as stored; to look some up once more is no harm."""


@dataclass(frozen=True)
class Recorded:
    """A fact that is durable: its place in the stream and over all streams, and what its run amounts to with it."""

    id: int
    stream: str
    seq: int
    at: datetime
    event: Event
    hash: str = ""
    run: RunSummary | None = None


@dataclass
class Page:
    """Facts of one stream that are written together, and what else belongs into the same transaction."""

    stream: str
    entries: Sequence[Entry]
    beside: Callable[[Pen], None] | None = None
    heard: Callable[[list[Recorded]], None] = lambda written: None
    """Told at once when they are durable, before whoever waits for it goes on."""
    written: list[Recorded] = field(default_factory=list)
    """Empty until they are durable."""


@dataclass
class _Head:
    seq: int
    hash: str
    run: RunSummary | None
    bodies: set[str] = field(default_factory=set)
    """Digests of large bodies that facts of this stream name: what a run that goes on names is not erased."""


class Recorder:
    """Appends events to streams of one database.

    Safe to use from several threads, and beside other processes on the same database: who appends with an outdated
    idea of a stream's head is refused by the unique (stream, seq), reads the head again and goes on.
    """

    def __init__(
        self, database: Database, *, clock: Clock = lambda: datetime.now(UTC), redactor: Redactor | None = None
    ) -> None:
        self.database = database
        self.redactor = redactor or Redactor()
        self._clock = clock
        self.losses: Final = Losses(database, clock)
        self._heads: dict[str, _Head] = {}
        self._lock = threading.RLock()
        self._listeners: list[Callable[[Recorded], None]] = []

    def now(self) -> datetime:
        """The time by the clock that facts are written with."""
        return self._clock()

    def admit(self, event: Event) -> Entry:
        """Take out of a fact what must not be kept, and make ready what is written of it: its only way in."""
        return entry_of(self.redactor.event(event), self._clock())

    def append(self, stream: str, event: Event) -> Recorded:
        """Write one fact. Returns it as it was written when it is durable: go on with that, not with what was given.

        Raises:
            OperationTaken: another owner recorded this operation first (the fence).
            LedgerUnavailable: locked, full, read-only; nothing was written.
        """
        return self.append_all(stream, [event])[-1]

    def append_all(
        self, stream: str, events: Sequence[Event], beside: Callable[[Pen], None] | None = None
    ) -> list[Recorded]:
        """Write facts of one stream with one commit, in their order. Returns when all are durable.

        Args:
            stream: whose facts they are.
            events: at least one.
            beside: what else belongs into the same transaction.

        Raises:
            OperationTaken: another owner recorded one of the operations first; none of them was written.
            LedgerUnavailable: locked, full, read-only; nothing was written.
        """
        return self.append_page(Page(stream, [self.admit(event) for event in events], beside))

    def append_page(self, page: Page) -> list[Recorded]:
        """As `append_all`, of facts that were admitted before."""
        with self._lock:
            while True:
                try:
                    self._write([page])
                    break
                except IntegrityError:
                    for entry in page.entries:
                        self._refuse_taken(page.stream, entry)
        page.heard(page.written)
        self._tell(page.written)
        return page.written

    def append_pages(self, pages: Sequence[Page]) -> None:
        """Write all with one commit, or none when it raises.

        Raises:
            IntegrityError: one of them met another's fact. Written by itself, it says what that means.
            LedgerError: one of them must not be written, or none can be.
        """
        with self._lock:
            self._write(pages)
        for page in pages:
            page.heard(page.written)
        self._tell([one for page in pages for one in page.written])

    def _write(self, pages: Sequence[Page]) -> None:
        """One transaction for all. What it collides with is forgotten, to be read again."""
        written: list[list[Recorded]] = []
        try:
            heads = {page.stream: self._heads.get(page.stream) or self._read_head(page.stream) for page in pages}
            with self.database.appending() as pen:
                for page in pages:
                    done, heads[page.stream] = self._write_page(pen, page, heads[page.stream])
                    written.append(done)
        except BaseException as error:
            for page in pages:
                self._heads.pop(page.stream, None)
            self._count_failed(error, sum(len(page.entries) for page in pages))
            raise
        for page, done in zip(pages, written, strict=True):
            page.written = done
            self._remember(page.stream, heads[page.stream])
        if self.losses.waiting:
            self.losses.settle()

    def _count_failed(self, error: BaseException, facts: int) -> None:
        if isinstance(error, LedgerUnavailable):
            self.losses.add("writes", error.cause or "another reason", facts, str(error))

    def _write_page(self, pen: Pen, page: Page, head: _Head) -> tuple[list[Recorded], _Head]:
        before, done = head, []
        for entry in page.entries:
            recorded, head = self._insert(pen, page.stream, entry, head)
            done.append(recorded)
        _save_run(pen, before.run, head.run)
        if page.beside is not None:
            page.beside(pen)
        return done, head

    def append_in(self, session: Session, stream: str, event: Event, *, is_first: bool = False) -> Recorded:
        """Write one fact inside the caller's transaction: it is durable when the caller's is.

        For acts that must move a pointer and leave a record together.

        Args:
            session: from `writing()`.
            stream: whose fact it is.
            event: the fact.
            is_first: the stream is known to begin with it, as under a fresh id: there is no head to look up.
        """
        # Without our lock: the caller holds the database's write lock already, and `append` takes the two in the
        # other order. A head that another thread remembers meanwhile is outdated, and is found so by its collision.
        self._heads.pop(stream, None)
        entry = self.admit(event)
        before = _Head(0, GENESIS, None) if is_first else _load_head(session, stream)
        pen = pen_of(session)
        recorded, head = self._insert(pen, stream, entry, before)
        _save_run(pen, before.run, head.run)
        self._heads.pop(stream, None)
        return recorded

    def append_planned(self, plan: Callable[[Session], Sequence[Planned]]) -> list[Recorded]:
        """Write many facts with one commit. Returns when all are durable; when it raises, none was written.

        `plan` says which, and may look at what is there. It is asked inside the transaction, so that nothing can
        come between, and asked again after a collision with another process.
        """
        planned: Sequence[Planned] = ()
        while True:
            try:
                with self._lock, self.database.writing() as session:
                    planned = plan(session)
                    for each in planned:
                        self._heads.pop(each.stream, None)
                    at = self._clock()
                    places = insert_planned(session, planned, at)
                break
            except IntegrityError:
                continue
            except LedgerUnavailable as error:
                self._count_failed(error, max(1, len(planned)))
                raise
        recorded = [
            Recorded(event_id, one.stream, seq, at, one.entry.event)
            for one, (event_id, seq) in zip(planned, places, strict=True)
        ]
        if self.losses.waiting:
            self.losses.settle()
        self._tell(recorded)
        return recorded

    def announce(self, stream: str, recorded: Recorded | None = None) -> None:
        """Tell the listeners of an event that was appended inside a caller's transaction, now that it is durable.

        Who gives what `append_in` gave spares reading the stream's head, here and at its next fact.
        """
        if recorded is not None:
            self._remember(stream, _Head(recorded.seq, recorded.hash, recorded.run))
            self._tell([recorded])
            return
        with self.database.reading() as session:
            row = session.execute(
                sa.select(EVENTS.c.id, EVENTS.c.seq, EVENTS.c.at)
                .where(EVENTS.c.stream == stream)
                .order_by(EVENTS.c.seq.desc())
                .limit(1)
            ).first()
        if row is not None:
            self._tell([Recorded(row.id, stream, row.seq, row.at, Event())])

    def subscribe(self, listener: Callable[[Recorded], None]) -> Callable[[], None]:
        """Call `listener` after each durable append of this process; returns the way to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, recorded: Sequence[Recorded]) -> None:
        for listener in list(self._listeners):
            for one in recorded:
                listener(one)

    def _read_head(self, stream: str) -> _Head:
        with self.database.reading() as session:
            return _load_head(session, stream)

    def _insert(self, pen: Pen, stream: str, entry: Entry, head: _Head) -> tuple[Recorded, _Head]:
        at, event, seq = entry.at or self._clock(), entry.event, head.seq + 1
        place: dict[str, Any] = {
            "stream": stream, "seq": seq, "kind": entry.kind, "step": event.step, "op": event.op,
            "at": micros(at), "attempt": None if event.op is None else event.attempt,
        }  # fmt: skip
        digest = chain(head.hash, entry.content, **place)
        if entry.blobs:
            write_blobs(pen, {name: text for name, text in entry.blobs.items() if name not in head.bodies})
            if len(head.bodies) > MOST_BODIES:
                head.bodies.clear()
            head.bodies.update(entry.blobs)
        event_id = pen.insert(_INSERT_EVENT, {**place, "payload": entry.payload, "hash": digest})
        run = _next_run(pen, stream, head.run, event, at)
        search.write_words(pen, event_id, entry.words)
        search.write_tools(pen, stream, entry.tools)
        write_marks(pen, stream, event)
        return Recorded(event_id, stream, seq, at, event, digest, run), _Head(seq, digest, run, head.bodies)

    def _remember(self, stream: str, head: _Head) -> None:
        if head.run is not None and head.run.status in ENDED:
            self._heads.pop(stream, None)  # later feedback loads it again; a service must not keep every run
        else:
            self._heads[stream] = head

    def _refuse_taken(self, stream: str, entry: Entry) -> None:
        """After a collision: if it was about the operation, the fence holds; else only our head was old."""
        event = entry.event
        if event.op is None:
            return
        with self.database.reading() as session:
            taken = session.execute(
                sa.select(EVENTS.c.seq).where(
                    EVENTS.c.stream == stream,
                    EVENTS.c.op == event.op,
                    EVENTS.c.kind == entry.kind,
                    EVENTS.c.attempt == event.attempt,
                )
            ).first()
        if taken is not None:
            raise OperationTaken(stream, event.op, entry.kind)


def _load_head(session: Session, stream: str) -> _Head:
    row = session.execute(
        sa.select(EVENTS.c.seq, EVENTS.c.hash).where(EVENTS.c.stream == stream).order_by(EVENTS.c.seq.desc()).limit(1)
    ).first()
    if row is None:
        return _Head(0, GENESIS, None)
    return _Head(row.seq, row.hash, find_run(session, stream))


def _next_run(pen: Pen, stream: str, run: RunSummary | None, event: Event, at: datetime) -> RunSummary | None:
    """The run's summary after the event; None where the stream is no run's. Its first event makes its row."""
    if isinstance(event, RunStarted):
        if run is not None:
            raise LedgerError(f"run {stream!r} has already started", hint="Use `strop resume` to go on with it.")
        run = begin(stream, event, _stored(at))
        pen.run(_INSERT_RUN, stored_run(run))
        return run
    if run is not None and run.erased_at is not None:
        raise RunErased(stream)
    if run is None:
        if stream.startswith("run_"):
            raise NotFound("run", stream, hint="`strop runs list` shows the runs there are.")
        return None
    return advance(run, event, _stored(at))


def _save_run(pen: Pen, before: RunSummary | None, after: RunSummary | None) -> None:
    """Bring the row of the runs table to what the run amounts to now; nothing to do where it was just put there."""
    if after is None or after is before or after.events == 1:
        return
    known = {} if before is None else vars(before)
    # What a statement sets anew is written anew in each index that has it, changed or not: so it says what changed.
    changed = tuple(name for name in _CHANGING if name not in known or known[name] != getattr(after, name))
    pen.run(_update_of(changed), {**stored_run(after), "run_id": after.id})


# --- statements of the hot path ---------------------------------------------------------------------------------


_GIVEN: Final = ("id", "agent", "bundle", "conversation_id", "parent_run_id", "origin", "started_at", "input")
"""What of a run never changes after its start."""

_NEW_EVENT: Final = sa.insert(EVENTS).values(named(EVENTS, "id"))
_INSERT_EVENT: Final = Statement({"sqlite": _NEW_EVENT.inline(), "postgresql": _NEW_EVENT.returning(EVENTS.c.id)})
_INSERT_RUN: Final = Statement(sa.insert(RUNS).values(named(RUNS)))
_CHANGING: Final = tuple(named(RUNS, *_GIVEN))


@lru_cache(256)
def _update_of(names: tuple[str, ...]) -> Statement:
    """Sets these columns of one run; there are a dozen kinds of facts, so there are few such statements."""
    row = sa.update(RUNS).where(RUNS.c.id == sa.bindparam("run_id"))
    return Statement(row.values({name: sa.bindparam(name) for name in names}))


def _stored(at: datetime) -> datetime:
    """The time as it will be read back, so that a summary in memory equals the one in the database."""
    return from_micros(micros(at))
