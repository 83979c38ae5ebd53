"""Many facts with one commit, one a stream: in a fixed number of statements, however many there are.

For what comes in by the batch, such as spans. Prevents: a statement a fact where a thousand facts are one request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from traces import search
from traces.bodies import store_blobs
from traces.chain import GENESIS, chain
from traces.db import micros
from traces.entries import Entry
from traces.pen import Pen, Statement, named, pen_of
from traces.summary import RunSummary
from traces.tables import EVENTS, RUNS


@dataclass(frozen=True)
class Planned:
    """A fact to be written with others, and the summary of its run after it."""

    stream: str
    entry: Entry
    run: RunSummary
    is_first: bool = False
    """Known to be the first of its stream: there is no hash to look up."""


def insert_planned(session: Session, planned: Sequence[Planned], at: datetime) -> list[tuple[int, int]]:
    """Write facts inside the caller's transaction; gives (id, seq) of each, in the order given.

    Raises:
        IntegrityError: another process wrote to one of the streams meanwhile.
    """
    if not planned:
        return []
    pen = pen_of(session)
    heads = _load_hashes(session, [one.stream for one in planned if not one.is_first])
    ids = new_ids(pen, len(planned))
    rows: list[dict[str, Any]] = []
    for event_id, one in zip(ids, planned, strict=True):
        seq, previous = heads.get(one.stream, (0, GENESIS))
        place: dict[str, Any] = {
            "stream": one.stream, "seq": seq + 1, "kind": one.entry.kind, "at": micros(at), "op": None, "step": None,
            "attempt": None,
        }  # fmt: skip
        digest = chain(previous, one.entry.content, **place)
        rows.append({**place, "id": event_id, "payload": one.entry.payload, "hash": digest})
    store_blobs(session, {digest: text for one in planned for digest, text in one.entry.blobs.items()})
    pen.run_all(_INSERT_EVENT, rows)
    upsert_runs(session, [one.run for one in planned])
    search.index_words(session, {event_id: one.entry.words for event_id, one in zip(ids, planned, strict=True)})
    search.note_tools(session, ((one.stream, tool) for one in planned for tool in one.entry.tools))
    return [(row["id"], row["seq"]) for row in rows]


def new_ids(pen: Pen, count: int) -> Sequence[int]:
    """So many ids of events, in order, that nobody else gets."""
    if pen.dialect.name == "sqlite":  # the write lock is ours: what follows the last one is free
        last = pen.number(_LAST, {})
        return range(last + 1, last + count + 1)
    return sorted(pen.column(_NEXT, {"count": count}))


_LAST: Final = Statement(sa.text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'"))
_NEXT: Final = Statement(
    sa.text("SELECT nextval(pg_get_serial_sequence('events', 'id')) FROM generate_series(1, :count)")
)
_INSERT_EVENT: Final = Statement(sa.insert(EVENTS).values(named(EVENTS)))


def upsert_runs(session: Session, runs: Sequence[RunSummary]) -> None:
    """Write rows of the runs list, over those that are there."""
    pen_of(session).run_all(_UPSERT_RUN, [stored_run(run) for run in runs])


def stored_run(run: RunSummary) -> dict[str, Any]:
    """The run's row as drivers take it: times in microseconds."""
    row = dict(vars(run))
    for name in _TIMES:
        if row[name] is not None:
            row[name] = micros(row[name])
    return row


_TIMES: Final = ("started_at", "ended_at", "erased_at")


def _upsert(insert: Any) -> Any:
    put = insert(RUNS).values(named(RUNS))
    kept = {name: put.excluded[name] for name in named(RUNS, "id")}
    return put.on_conflict_do_update(index_elements=[RUNS.c.id], set_=kept)


_UPSERT_RUN: Final = Statement({"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)})


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
