"""Whole streams at once, each with the times it had: for an import, and for filling a ledger to measure it.

The same rows that `Recorder.append` would have written fact by fact, made by the same functions, in a fixed number of
statements. Prevents: a second way to write the ledger that means something else than the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from traces import search
from traces.bodies import payload_of, store_blobs
from traces.chain import GENESIS, chain, content_of, salted
from traces.db import from_micros, micros
from traces.errors import LedgerError
from traces.events import Event, kind_of
from traces.marks import marks_of, note_marks, unmarked_by
from traces.pen import pen_of
from traces.planned import new_ids, stored_run
from traces.redact import Redactor
from traces.summary import fold
from traces.tables import EVENTS, RUNS

Stream = tuple[str, Sequence[tuple[datetime, Event]]]
"""A stream's name and its facts in order, each with its time."""

_EVENT_COLUMNS: Final = ("id", "stream", "seq", "kind", "step", "op", "attempt", "at", "payload", "hash")
_RUN_COLUMNS: Final = tuple(column.name for column in RUNS.c)


@dataclass(frozen=True)
class Rows:
    """What streams become in the database, but for the facts' ids. Made anywhere, by many processes if need be."""

    events: list[tuple[Any, ...]]
    words: dict[int, str]
    """By the place of the fact in `events`."""
    runs: list[tuple[Any, ...]]
    tools: set[tuple[str, str]]
    marks: set[tuple[str, str]]
    blobs: dict[str, str]


def write_streams(session: Session, streams: Iterable[Stream], redactor: Redactor | None = None) -> int:
    """Write streams that are not there yet, inside the caller's transaction; gives the number of facts.

    Args:
        session: from `writing()`.
        streams: held in memory until they are written: some thousand at a time.
        redactor: what must not be kept; None where it was taken out before.

    Raises:
        LedgerError: one of the streams is there, or a run's first fact does not start it; nothing was written.
    """
    return write_rows(session, rows_of(streams, redactor))


def rows_of(streams: Iterable[Stream], redactor: Redactor | None = None) -> Rows:
    """The rows of these streams; asks no database.

    Raises:
        LedgerError: a run's first fact does not start it.
    """
    rows = Rows([], {}, [], set(), set(), {})
    for name, given in streams:
        facts = [(_stored(at), event if redactor is None else redactor.event(event)) for at, event in given]
        previous = GENESIS
        for seq, (at, event) in enumerate(facts, 1):
            payload = salted(payload_of(event, rows.blobs))
            place: dict[str, Any] = {
                "stream": name, "seq": seq, "kind": kind_of(event), "step": event.step, "op": event.op,
                "attempt": None if event.op is None else event.attempt, "at": micros(at),
            }  # fmt: skip
            previous = chain(previous, content_of(payload), **place)
            if words := search.packed(event):
                rows.words[len(rows.events)] = words
            rows.events.append((*place.values(), payload, previous))
            rows.tools.update((name, tool) for tool in search.tools_of(event))
            rows.marks.update((name, mark) for mark in marks_of(event))
            rows.marks.difference_update((name, mark) for mark in unmarked_by(event))
        rows.runs.extend(_run_row(name, facts))
    return rows


def write_rows(session: Session, rows: Rows) -> int:
    """Write what `rows_of` made, inside the caller's transaction; gives the number of facts.

    Raises:
        LedgerError: one of the streams is there; nothing was written.
    """
    ids = new_ids(pen_of(session), len(rows.events))
    try:
        store_blobs(session, rows.blobs)
        numbered = [(number, *row) for number, row in zip(ids, rows.events, strict=True)]
        _insert(session, EVENTS.name, _EVENT_COLUMNS, numbered)
        _insert(session, RUNS.name, _RUN_COLUMNS, rows.runs)
        search.index_words(session, {ids[place]: words for place, words in rows.words.items()})
        search.note_tools(session, rows.tools)
        note_marks(session, rows.marks)
    except IntegrityError as error:
        raise LedgerError("a stream is in the ledger already", hint="Write it under another name.") from error
    return len(numbered)


def _stored(at: datetime) -> datetime:
    return from_micros(micros(at))


def _run_row(name: str, facts: Sequence[tuple[datetime, Event]]) -> list[tuple[Any, ...]]:
    run = fold(name, ((event, at) for at, event in facts))
    if run is None:
        if name.startswith("run_"):
            raise LedgerError(f"the first fact of {name!r} does not start a run", hint="Give whole streams.")
        return []
    row = stored_run(run)
    return [tuple(row[name] for name in _RUN_COLUMNS)]


def _insert(session: Session, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """One prepared statement for all rows; PostgreSQL has COPY for it, which SQLAlchemy does not speak."""
    if not rows:
        return
    connection = session.connection()
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({places})", list(rows))
        return
    driver: Any = connection.dialect.dbapi
    statement = f"COPY {table} ({names}) FROM STDIN"
    try:
        cursor: Any = connection.connection.cursor()
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:  # as every other statement's error comes
        raise DBAPIError.instance(statement, None, error, driver.Error) from error
