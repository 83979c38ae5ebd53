"""Proof of the ledger: every stream without a gap, every hash right, every body as named, every summary true.

Names the first broken event of a stream, since everything behind it can no longer be trusted.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.chain import GENESIS, chain, content_of, is_stub
from traces.db import from_micros
from traces.erase import digest_of
from traces.errors import LedgerError
from traces.events import ModelReplied
from traces.ids import digest_text
from traces.recorder import micros
from traces.store import BLOB_KEY, find_run, read_blob, read_stream, unpack
from traces.summary import fold
from traces.tables import BLOBS, EVENTS, RUNS


@dataclass
class Report:
    """What `verify` looked at and what it found wrong (empty: the ledger is whole)."""

    streams: int = 0
    runs: int = 0
    events: int = 0
    bodies: int = 0
    model_replies: int = 0
    erased: int = 0
    """Facts whose words were erased, by somebody who signed for it."""
    problems: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems


def verify(session: Session, *, progress: Callable[[int], None] = lambda done: None) -> Report:
    """Check the whole ledger. Reads every event and every body once; `progress` gets the streams done so far."""
    report = Report()
    _verify_bodies(session, report)
    for stream in _streams(session):
        report.streams += 1
        _verify_stream(session, stream, report)
        progress(report.streams)
    runs = set(session.execute(sa.select(RUNS.c.id)).scalars())
    started = set(
        session.execute(
            sa.select(EVENTS.c.stream).where(EVENTS.c.kind.in_(["run_started", "spans_received"]))
        ).scalars()
    )
    report.problems += [f"run {run!r} is listed but has no ledger" for run in sorted(runs - started)]
    return report


def _streams(session: Session) -> Iterator[str]:
    """Names in order, a page at a time: a ledger of a million runs must not be held in memory."""
    last = ""
    while True:
        query = sa.select(EVENTS.c.stream).where(EVENTS.c.stream > last).distinct().order_by(EVENTS.c.stream)
        page = list(session.execute(query.limit(500)).scalars())
        if not page:
            return
        yield from page
        last = page[-1]


def _verify_bodies(session: Session, report: Report) -> None:
    rows = session.execute(sa.select(BLOBS.c.digest, BLOBS.c.data).execution_options(yield_per=200))
    for row in rows:
        report.bodies += 1
        try:
            text = unpack(row.data)
        except Exception as error:  # a damaged body may fail in any of its decoders
            report.problems.append(f"body {row.digest} cannot be unpacked: {error}")
            continue
        if digest_text(text) != row.digest:
            report.problems.append(f"body {row.digest} has other content than its name says")


def _verify_stream(session: Session, stream: str, report: Report) -> None:
    previous, expected = GENESIS, 1
    stubs: dict[int, str] = {}
    rows = session.execute(sa.select(EVENTS).where(EVENTS.c.stream == stream).order_by(EVENTS.c.seq))
    for row in rows:
        report.events += 1
        problem = _broken(session, row, previous, expected)
        if is_stub(row.payload):
            stubs[row.seq] = row.payload
            report.erased += 1
        elif row.kind == "words_erased" and problem is None:
            problem = _unsigned(session, row.payload, stubs)
        if problem is not None:
            report.problems.append(f"{stream} event {row.seq} ({row.kind}): {problem}")
            return
        previous, expected = row.hash, expected + 1
    if stubs:
        report.problems.append(f"{stream} event {min(stubs)}: its words are gone, and no erasure accounts for it")
        return
    _verify_summary(session, stream, report)


def _broken(session: Session, row: Any, previous: str, expected: int) -> str | None:
    if row.seq != expected:
        return f"event {expected} is missing before it"
    try:
        payload = json.loads(row.payload)
        right = _hash(row, previous)
    except ValueError as error:
        return f"its payload is no JSON: {error}"
    if row.hash != right:
        return "its hash does not match its content and the events before it"
    for value in payload.values():
        if isinstance(value, dict) and value.keys() == {BLOB_KEY, "bytes"}:
            known = session.execute(sa.select(BLOBS.c.size).where(BLOBS.c.digest == value[BLOB_KEY])).scalar()
            if known is None:
                return f"its body {value[BLOB_KEY]} is missing"
    return None


def _unsigned(session: Session, payload: str, stubs: dict[int, str]) -> str | None:
    """Take the stubs that an erasure accounts for out of `stubs`; gives what is wrong with them."""
    signed = json.loads(payload)
    named = signed["events"]
    if isinstance(named, dict):
        named = json.loads(read_blob(session, named[BLOB_KEY]))
    seqs = [seq for first, last in named for seq in range(first, last + 1)]
    missing = [seq for seq in seqs if seq not in stubs]
    if missing:
        return f"it says that event {missing[0]} was erased, and that one is whole"
    if digest_of(stubs.pop(seq) for seq in seqs) != signed["stubs"]:
        return f"what was left of events {seqs[0]} to {seqs[-1]} is not what it was"
    return None


def _hash(row: Any, previous: str) -> str:
    place = {name: getattr(row, name) for name in ("stream", "seq", "kind", "op", "step", "attempt")}
    return chain(previous, content_of(row.payload), at=micros(row.at), **place)


def _verify_summary(session: Session, stream: str, report: Report) -> None:
    try:
        events = read_stream(session, stream)
    except (LedgerError, ValueError) as error:
        report.problems.append(f"{stream} cannot be read: {error}")
        return
    # A reply copied from another run's recording was not asked of a model again.
    report.model_replies += sum(
        isinstance(stored.event, ModelReplied) and stored.event.source_run is None for stored in events
    )
    run = fold(stream, ((stored.event, from_micros(micros(stored.at))) for stored in events))
    if run is None:
        return
    report.runs += 1
    listed = find_run(session, stream)
    if listed is None:
        report.problems.append(f"run {stream!r} is not in the list of runs")
    elif listed != run:
        wrong = [name for name, value in asdict(run).items() if getattr(listed, name) != value]
        report.problems.append(f"run {stream!r}: the list differs from the ledger in {', '.join(wrong)}")
