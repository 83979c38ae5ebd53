"""The only writer of the ledger: an event, its large bodies and the run's summary go in with one commit.

When `append` returns, the fact is durable. When it raises, nothing of it was written. Each event's hash covers the
hash before it, so that a changed, missing or reordered event is found by `traces.verify`.
"""

import hashlib
import threading
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from traces.db import Database, from_micros
from traces.errors import LedgerError, NotFound, OperationTaken
from traces.events import Event, RunStarted, kind_of
from traces.ids import digest_text, ordered_json
from traces.store import BLOB_KEY, find_run
from traces.summary import ENDED, RunSummary, advance, begin
from traces.tables import BLOBS, EVENTS, RUNS

BODY_BYTES: Final = 512
"""A body longer than this is stored once by digest; a shorter one costs less inside its event."""

COMPRESS_LEVEL: Final = 3
"""zlib level: on message JSON, 3 gives about 90 % of level 9's gain for a third of its time."""

GENESIS: Final = "0" * 64
"""The hash before the first event of a stream."""

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Recorded:
    """A fact that is durable: its place in the stream and over all streams."""

    id: int
    stream: str
    seq: int
    at: datetime
    event: Event


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

    def __init__(self, database: Database, *, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self.database = database
        self._clock = clock
        self._heads: dict[str, _Head] = {}
        self._lock = threading.RLock()
        self._listeners: list[Callable[[Recorded], None]] = []

    def append(self, stream: str, event: Event) -> Recorded:
        """Write one fact. Returns when it is durable.

        Raises:
            OperationTaken: another owner recorded this operation first (the fence).
            LedgerUnavailable: locked, full, read-only; nothing was written.
        """
        with self._lock:
            while True:
                try:
                    with self.database.writing() as session:
                        head = self._heads.get(stream) or _load_head(session, stream)
                        recorded, head = self._insert(session, stream, event, head)
                except IntegrityError:
                    self._heads.pop(stream, None)
                    self._refuse_taken(stream, event)
                    continue
                except BaseException:
                    self._heads.pop(stream, None)
                    raise
                self._remember(stream, head)
                break
        for listener in list(self._listeners):
            listener(recorded)
        return recorded

    def append_in(self, session: Session, stream: str, event: Event) -> Recorded:
        """Write one fact inside the caller's transaction: it is durable when the caller's is.

        For acts that must move a pointer and leave a record together. The session must come from `writing()`.
        """
        # Without our lock: the caller holds the database's write lock already, and `append` takes the two in the
        # other order. A head that another thread remembers meanwhile is outdated, and is found so by its collision.
        self._heads.pop(stream, None)
        recorded, _ = self._insert(session, stream, event, _load_head(session, stream))
        self._heads.pop(stream, None)
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

    def _insert(self, session: Session, stream: str, event: Event, head: _Head) -> tuple[Recorded, _Head]:
        at = self._clock()
        payload = ordered_json(_dump(session, event))
        seq = head.seq + 1
        kind = kind_of(event)
        digest = chain(head.hash, stream, seq, kind, micros(at), payload)
        row = {
            "stream": stream, "seq": seq, "kind": kind, "step": event.step, "op": event.op, "at": at,
            "attempt": None if event.op is None else event.attempt, "payload": payload, "hash": digest,
        }  # fmt: skip
        event_id = session.execute(sa.insert(EVENTS).returning(EVENTS.c.id), row).scalar_one()
        run = _write_run(session, stream, head.run, event, at)
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


def chain(previous: str, stream: str, seq: int, kind: str, at_micros: int, payload: str) -> str:
    """SHA-256 (hex) over the previous hash and every stored column that says what happened."""
    text = "\n".join((previous, stream, str(seq), kind, str(at_micros), payload))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC, as they are stored and hashed."""
    return round(at.timestamp() * 1_000_000)


def _dump(session: Session, event: Event) -> dict[str, Any]:
    """The event as JSON-ready data, its large bodies moved to the blobs table."""
    data = event.model_dump(mode="json", exclude_defaults=True, exclude={"op", "attempt", "step"})
    for name in event.BODIES & data.keys():
        text = ordered_json(data[name])
        if len(text) > BODY_BYTES:
            data[name] = _store_blob(session, text)
    return data


def _store_blob(session: Session, text: str) -> dict[str, Any]:
    digest = digest_text(text)
    raw = text.encode("utf-8", "surrogatepass")
    if session.execute(sa.select(BLOBS.c.size).where(BLOBS.c.digest == digest)).first() is None:
        packed = zlib.compress(raw, COMPRESS_LEVEL)
        insert = insert_or_ignore(session, BLOBS)
        session.execute(insert, {"digest": digest, "size": len(raw), "codec": "zlib", "data": packed})
    return {BLOB_KEY: digest, "bytes": len(raw)}


def insert_or_ignore(session: Session, table: sa.Table) -> Any:
    """An INSERT that leaves a row with the same key as it is; both databases have one, each in its own words."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table).on_conflict_do_nothing()


def _load_head(session: Session, stream: str) -> _Head:
    row = session.execute(
        sa.select(EVENTS.c.seq, EVENTS.c.hash).where(EVENTS.c.stream == stream).order_by(EVENTS.c.seq.desc()).limit(1)
    ).first()
    if row is None:
        return _Head(0, GENESIS, None)
    return _Head(row.seq, row.hash, find_run(session, stream))


def _write_run(
    session: Session, stream: str, run: RunSummary | None, event: Event, at: datetime
) -> RunSummary | None:
    if isinstance(event, RunStarted):
        if run is not None:
            raise LedgerError(f"run {stream!r} has already started", hint="Use `strop resume` to go on with it.")
        run = begin(stream, event, _stored(at))
        session.execute(sa.insert(RUNS), asdict(run))
        return run
    if run is None:
        if stream.startswith("run_"):
            raise NotFound("run", stream, hint="`strop runs list` shows the runs there are.")
        return None
    after = advance(run, event, _stored(at))
    before = asdict(run)
    changed = {name: value for name, value in asdict(after).items() if before[name] != value}
    session.execute(sa.update(RUNS).where(RUNS.c.id == stream).values(**changed))
    return after


def _stored(at: datetime) -> datetime:
    """The time as it will be read back, so that a summary in memory equals the one in the database."""
    return from_micros(micros(at))
