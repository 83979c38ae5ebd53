"""The only writer of the ledger: an event, its large bodies and the run's summary go in with one commit.

When `append` returns, the fact is durable, without what must not be kept. When it raises, nothing of it was written.
Each event's hash covers the hash before it: a changed, missing or reordered event is found by `traces.verify`.
"""

import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from traces import search
from traces.chain import GENESIS, chain, content_of, salted
from traces.db import Database, from_micros
from traces.errors import LedgerError, NotFound, OperationTaken, RunErased
from traces.events import Event, RunStarted, kind_of
from traces.ids import digest_text, ordered_json
from traces.marks import write_marks
from traces.pen import Pen, Statement, pen_of
from traces.redact import Redactor
from traces.store import BLOB_KEY, find_run
from traces.summary import ENDED, RunSummary, advance, begin
from traces.tables import BLOBS, EVENTS, RUNS

BODY_BYTES: Final = 512
"""A body longer than this is stored once by digest; a shorter one costs less inside its event."""

COMPRESS_LEVEL: Final = 3
"""zlib level: on message JSON, 3 gives about 90 % of level 9's gain for a third of its time."""

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Recorded:
    """A fact that is durable: its place in the stream and over all streams."""

    id: int
    stream: str
    seq: int
    at: datetime
    event: Event


@dataclass(frozen=True)
class Planned:
    """A fact to be written with others, and the summary of its run after it."""

    stream: str
    event: Event
    run: RunSummary


@dataclass
class _Head:
    seq: int
    hash: str
    run: RunSummary | None


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
        self._heads: dict[str, _Head] = {}
        self._lock = threading.RLock()
        self._listeners: list[Callable[[Recorded], None]] = []

    def now(self) -> datetime:
        """The time by the clock that facts are written with."""
        return self._clock()

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
        events = [self.redactor.event(event) for event in events]
        with self._lock:
            while True:
                before = head = self._heads.get(stream) or self._read_head(stream)
                done: list[Recorded] = []
                try:
                    with self.database.appending() as pen:
                        for event in events:
                            recorded, head = self._insert(pen, stream, event, head)
                            done.append(recorded)
                        _save_run(pen, before.run, head.run)
                        if beside is not None:
                            beside(pen)
                except IntegrityError:
                    self._heads.pop(stream, None)
                    for event in events:
                        self._refuse_taken(stream, event)
                    continue
                except BaseException:
                    self._heads.pop(stream, None)
                    raise
                self._remember(stream, head)
                break
        for recorded in done:
            for listener in list(self._listeners):
                listener(recorded)
        return done

    def append_in(self, session: Session, stream: str, event: Event) -> Recorded:
        """Write one fact inside the caller's transaction: it is durable when the caller's is.

        For acts that must move a pointer and leave a record together. The session must come from `writing()`.
        """
        # Without our lock: the caller holds the database's write lock already, and `append` takes the two in the
        # other order. A head that another thread remembers meanwhile is outdated, and is found so by its collision.
        self._heads.pop(stream, None)
        event = self.redactor.event(event)
        before, pen = _load_head(session, stream), pen_of(session)
        recorded, head = self._insert(pen, stream, event, before)
        _save_run(pen, before.run, head.run)
        self._heads.pop(stream, None)
        return recorded

    def append_planned(self, plan: Callable[[Session], Sequence[Planned]]) -> list[Recorded]:
        """Write many facts with one commit. Returns when all are durable; when it raises, none was written.

        `plan` says which, and may look at what is there. It is asked inside the transaction, so that nothing can
        come between, and asked again after a collision with another process.
        """
        while True:
            try:
                with self._lock, self.database.writing() as session:
                    planned = plan(session)
                    for each in planned:
                        self._heads.pop(each.stream, None)
                    recorded = insert_planned(session, planned, self._clock())
                break
            except IntegrityError:
                continue
        for listener in list(self._listeners):
            for one in recorded:
                listener(one)
        return recorded

    def announce(self, stream: str) -> None:
        """Tell the listeners of an event that was appended inside a caller's transaction, now that it is durable."""
        with self.database.reading() as session:
            row = session.execute(
                sa.select(EVENTS.c.id, EVENTS.c.seq, EVENTS.c.at)
                .where(EVENTS.c.stream == stream)
                .order_by(EVENTS.c.seq.desc())
                .limit(1)
            ).first()
        if row is not None:
            for listener in list(self._listeners):
                listener(Recorded(row.id, stream, row.seq, row.at, Event()))

    def subscribe(self, listener: Callable[[Recorded], None]) -> Callable[[], None]:
        """Call `listener` after each durable append of this process; returns the way to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _read_head(self, stream: str) -> _Head:
        with self.database.reading() as session:
            return _load_head(session, stream)

    def _insert(self, pen: Pen, stream: str, event: Event, head: _Head) -> tuple[Recorded, _Head]:
        at = self._clock()
        blobs: dict[str, str] = {}
        payload = salted(dump(event, blobs))
        for name, text in blobs.items():
            if not pen.number(_COUNT_BLOB, {"digest": name}):  # most are there: the same tools, the same instructions
                pen.run(_INSERT_BLOB, _packed(name, text))
        seq = head.seq + 1
        place: dict[str, Any] = {
            "stream": stream, "seq": seq, "kind": kind_of(event), "step": event.step, "op": event.op,
            "at": micros(at), "attempt": None if event.op is None else event.attempt,
        }  # fmt: skip
        digest = chain(head.hash, content_of(payload), **place)
        event_id = pen.number(_INSERT_EVENT, {**place, "payload": payload, "hash": digest})
        run = _next_run(pen, stream, head.run, event, at)
        search.write_words(pen, event_id, event)
        search.write_tools(pen, stream, event)
        write_marks(pen, stream, event)
        return Recorded(event_id, stream, seq, at, event), _Head(seq, digest, run)

    def _remember(self, stream: str, head: _Head) -> None:
        if head.run is not None and head.run.status in ENDED:
            self._heads.pop(stream, None)  # later feedback loads it again; a service must not keep every run
        else:
            self._heads[stream] = head

    def _refuse_taken(self, stream: str, event: Event) -> None:
        """After a collision: if it was about the operation, the fence holds; else only our head was old."""
        if event.op is None:
            return
        kind = kind_of(event)
        with self.database.reading() as session:
            taken = session.execute(
                sa.select(EVENTS.c.seq).where(
                    EVENTS.c.stream == stream,
                    EVENTS.c.op == event.op,
                    EVENTS.c.kind == kind,
                    EVENTS.c.attempt == event.attempt,
                )
            ).first()
        if taken is not None:
            raise OperationTaken(stream, event.op, kind)


def insert_planned(session: Session, planned: Sequence[Planned], at: datetime) -> list[Recorded]:
    """Write facts inside the caller's transaction with a fixed number of statements, one fact a stream."""
    if not planned:
        return []
    blobs: dict[str, str] = {}
    heads = _load_hashes(session, [one.stream for one in planned])
    rows: list[dict[str, Any]] = []
    for one in planned:
        seq, previous = heads.get(one.stream, (0, GENESIS))
        payload, kind = salted(dump(one.event, blobs)), kind_of(one.event)
        digest = chain(previous, content_of(payload), stream=one.stream, seq=seq + 1, kind=kind, at=micros(at))
        rows.append(
            {"stream": one.stream, "seq": seq + 1, "kind": kind, "at": at, "payload": payload, "hash": digest}
        )
    store_blobs(session, blobs)
    query = sa.insert(EVENTS).returning(EVENTS.c.stream, EVENTS.c.id)
    ids = {row.stream: row.id for row in session.execute(query, rows)}
    upsert_runs(session, [one.run for one in planned])
    search.index(session, {ids[one.stream]: one.event for one in planned})
    search.note_tools(session, ((one.stream, tool) for one in planned for tool in search.tools_of(one.event)))
    return [
        Recorded(ids[one.stream], one.stream, row["seq"], at, one.event)
        for one, row in zip(planned, rows, strict=True)
    ]


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC, as they are stored and hashed."""
    return round(at.timestamp() * 1_000_000)


def dump(event: Event, blobs: dict[str, str]) -> dict[str, Any]:
    """The event as JSON-ready data; its large bodies are put into `blobs` by digest, and stand there by name."""
    data = event.model_dump(mode="json", exclude_defaults=True, exclude={"op", "attempt", "step"})
    for name in event.BODIES & data.keys():
        text = ordered_json(data[name])
        if len(text) > BODY_BYTES:
            digest = digest_text(text)
            blobs[digest] = text
            data[name] = {BLOB_KEY: digest, "bytes": len(text.encode("utf-8", "surrogatepass"))}
    return data


def store_blobs(session: Session, blobs: Mapping[str, str]) -> None:
    """Store the texts that are not there yet."""
    if not blobs:
        return
    known: set[str] = set()
    names = list(blobs)
    for start in range(0, len(names), 500):
        query = sa.select(BLOBS.c.digest).where(BLOBS.c.digest.in_(names[start : start + 500]))
        known.update(session.execute(query).scalars())
    new = [_packed(digest, text) for digest, text in blobs.items() if digest not in known]
    if new:
        pen_of(session).run_all(_INSERT_BLOB, new)


def _packed(digest: str, text: str) -> dict[str, Any]:
    raw = text.encode("utf-8", "surrogatepass")
    return {"digest": digest, "size": len(raw), "codec": "zlib", "data": zlib.compress(raw, COMPRESS_LEVEL)}


def upsert_runs(session: Session, runs: Sequence[RunSummary]) -> None:
    """Write rows of the runs list, over those that are there."""
    pen_of(session).run_all(_UPSERT_RUN, [stored_run(run) for run in runs])


def stored_run(run: RunSummary) -> dict[str, Any]:
    """The run's row as drivers take it: times in microseconds."""
    return {name: micros(value) if isinstance(value, datetime) else value for name, value in vars(run).items()}


def _load_hashes(session: Session, streams: Sequence[str]) -> dict[str, tuple[int, str]]:
    """(seq, hash) of the newest event of each of these streams that has any."""
    found: dict[str, tuple[int, str]] = {}
    for start in range(0, len(streams), 500):
        newest = (
            sa.select(EVENTS.c.stream, sa.func.max(EVENTS.c.seq).label("seq"))
            .where(EVENTS.c.stream.in_(streams[start : start + 500]))
            .group_by(EVENTS.c.stream)
            .subquery()
        )
        where = (EVENTS.c.stream == newest.c.stream) & (EVENTS.c.seq == newest.c.seq)
        query = sa.select(EVENTS.c.stream, EVENTS.c.seq, EVENTS.c.hash).join(newest, where)
        found.update({row.stream: (row.seq, row.hash) for row in session.execute(query)})
    return found


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
    if after is not None and after is not before and after.events != 1:
        pen.run(_UPDATE_RUN, {**stored_run(after), "run_id": after.id})


# --- statements of the hot path ---------------------------------------------------------------------------------


def _named(table: sa.Table, *left_out: str) -> dict[str, Any]:
    return {column.name: sa.bindparam(column.name) for column in table.c if column.name not in left_out}


_GIVEN: Final = ("id", "agent", "bundle", "conversation_id", "parent_run_id", "origin", "started_at", "input")
"""What of a run never changes after its start."""

_INSERT_EVENT: Final = Statement(sa.insert(EVENTS).values(_named(EVENTS, "id")).returning(EVENTS.c.id))
_INSERT_RUN: Final = Statement(sa.insert(RUNS).values(_named(RUNS)))
_UPDATE_RUN: Final = Statement(
    sa.update(RUNS).where(RUNS.c.id == sa.bindparam("run_id")).values(_named(RUNS, *_GIVEN))
)


def _upsert(insert: Any) -> Any:
    put = insert(RUNS).values(_named(RUNS))
    kept = {name: put.excluded[name] for name in _named(RUNS, "id")}
    return put.on_conflict_do_update(index_elements=[RUNS.c.id], set_=kept)


_UPSERT_RUN: Final = Statement({"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)})
_COUNT_BLOB: Final = Statement(sa.text("SELECT count(*) FROM blobs WHERE digest = :digest"))
_INSERT_BLOB: Final = Statement(
    sa.text(
        "INSERT INTO blobs (digest, size, codec, data) VALUES (:digest, :size, :codec, :data) ON CONFLICT DO NOTHING"
    )
)


def _stored(at: datetime) -> datetime:
    """The time as it will be read back, so that a summary in memory equals the one in the database."""
    return from_micros(micros(at))
