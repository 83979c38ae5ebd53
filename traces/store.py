"""Reading the ledger: functions (session, …) -> values. No row and no query leaves this room.

`get_` raises NotFound, `find_` may return None, `list_` is paged by key (never by offset, so that a page costs the
same at a million runs and new rows do not shift it).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from traces.beginnings import starts_with
from traces.bodies import BLOB_KEY, DAMAGED, is_reference, put_back, read_bodies
from traces.chain import ERASED
from traces.db import from_micros
from traces.errors import LedgerError, LedgerOutdated, NotFound, RunErased
from traces.events import (
    EVENT,
    UNASKED,
    ApprovalDecided,
    Event,
    FeedbackGiven,
    GuardrailTripped,
    SpansReceived,
    kind_of,
)
from traces.otlp.reading import facts_of, spans_of
from traces.otlp.trace import is_trace
from traces.standing import JUDGED, standing
from traces.stubs import filled
from traces.summary import RunSummary
from traces.tables import EVENTS, KIND_OF_STREAM, RUNS

T = TypeVar("T")


@dataclass(frozen=True)
class StoredEvent:
    """A fact as it stands in the ledger, bodies included. `id` orders all streams, `seq` one stream from 1."""

    id: int
    stream: str
    seq: int
    kind: str
    step: int | None
    op: str | None
    attempt: int | None
    at: datetime
    event: Event
    left: frozenset[str] = frozenset()
    """Fields that hold a reference in place of their large body, as the reader asked."""


@dataclass(frozen=True)
class Fact:
    """Where a fact stands and what kind it is, without what it says."""

    seq: int
    kind: str
    step: int | None
    attempt: int | None


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page and the keys to ask for its neighbours with: `after` is None at the end, `before` at the beginning."""

    items: Sequence[T]
    after: str | None
    before: str | None = None


def get_run(session: Session, run_id: str) -> RunSummary:
    """The run's summary.

    Raises:
        NotFound: there is no such run.
    """
    run = find_run(session, run_id)
    if run is None:
        raise NotFound("run", run_id, hint="`strop runs list` shows the runs there are.")
    return run


def get_whole_run(session: Session, run_id: str) -> RunSummary:
    """The summary of a run whose words are there: one that can be gone on with, replayed, learned from.

    Raises:
        NotFound: there is no such run.
        RunErased: its words are gone.
    """
    run = get_run(session, run_id)
    if run.erased_at is not None:
        raise RunErased(run_id)
    return run


def find_run(session: Session, run_id: str) -> RunSummary | None:
    """The run's summary, or None."""
    row = session.execute(sa.select(RUNS).where(RUNS.c.id == run_id)).mappings().first()
    return None if row is None else RunSummary(**row)


def match_run(session: Session, prefix: str) -> str:
    """The full id of the one run that `prefix` means: an id, the start of one, or its last characters.

    Raises:
        NotFound: none, or more than one.
    """
    if find_run(session, prefix) is not None:
        return prefix
    found: Sequence[str] = ()
    # A beginning is looked up; only for the end of an id is every id looked at, in the index.
    for pattern in (starts_with(RUNS.c.id, prefix), RUNS.c.id.endswith(prefix, autoescape=True)):
        found = found or session.execute(sa.select(RUNS.c.id).where(pattern).limit(2)).scalars().all()
    if len(found) != 1:
        what = "run" if not found else "single run (several match)"
        raise NotFound(what, prefix, hint="`strop runs list` shows the runs there are.")
    return str(found[0])


def list_runs(
    session: Session,
    *,
    where: Iterable[sa.ColumnElement[bool]] = (),
    after: str | None = None,
    before: str | None = None,
    oldest: bool = False,
    limit: int = 50,
) -> Page[RunSummary]:
    """Runs, newest first.

    Args:
        session: an open reading session.
        where: conditions over the runs table (`traces.filters` makes them from the filter language).
        after: the `after` of a page: the runs that follow it, older ones.
        before: the `before` of a page: the runs that stand before it, newer ones.
        oldest: the last page of all, without a way through those before it.
        limit: rows a page, at most 1,000.
    """
    limit, upwards = min(limit, 1000), before is not None or oldest
    query = sa.select(RUNS).where(*where)
    # Compared as a pair: only so both databases go to the place in the index instead of reading up to it.
    key = sa.tuple_(RUNS.c.started_at, RUNS.c.id)
    if after is not None:
        query = query.where(key < _place(session, after))
    if before is not None:
        query = query.where(key > _place(session, before))
    order = [one.asc() if upwards else one.desc() for one in (RUNS.c.started_at, RUNS.c.id)]
    found = [RunSummary(**row) for row in session.execute(query.order_by(*order).limit(limit)).mappings()]
    runs = found[::-1] if upwards else found
    full = len(found) == limit
    more_after = full if not upwards else before is not None
    more_before = full if upwards else after is not None
    return Page(
        runs,
        runs[-1].id if runs and more_after else None,
        runs[0].id if runs and more_before else None,
    )


def _place(session: Session, run_id: str) -> sa.Tuple:
    row = session.execute(sa.select(RUNS.c.started_at, RUNS.c.id).where(RUNS.c.id == run_id)).first()
    if row is None:
        raise NotFound("page at run", run_id)
    return sa.tuple_(sa.literal(row.started_at, RUNS.c.started_at.type), sa.literal(row.id, RUNS.c.id.type))


def list_children(session: Session, run_id: str) -> list[RunSummary]:
    """The runs this one delegated to, oldest first."""
    query = sa.select(RUNS).where(RUNS.c.parent_run_id == run_id).order_by(RUNS.c.started_at, RUNS.c.id)
    return [RunSummary(**row) for row in session.execute(query).mappings()]


def list_conversation(session: Session, conversation_id: str) -> list[RunSummary]:
    """The top-level runs (turns) of a conversation, oldest first."""
    query = (
        sa.select(RUNS)
        .where(RUNS.c.conversation_id == conversation_id, RUNS.c.parent_run_id.is_(None))
        .order_by(RUNS.c.started_at, RUNS.c.id)
    )
    return [RunSummary(**row) for row in session.execute(query).mappings()]


def list_runs_of(session: Session, conversation_ids: Iterable[str]) -> dict[str, list[RunSummary]]:
    """All runs of these conversations, of whichever agent, by conversation, oldest first."""
    found: dict[str, list[RunSummary]] = {name: [] for name in conversation_ids}
    for chunk in _chunks(list(found), 500):
        query = sa.select(RUNS).where(RUNS.c.conversation_id.in_(chunk)).order_by(RUNS.c.started_at, RUNS.c.id)
        for row in session.execute(query).mappings():
            found[row["conversation_id"]].append(RunSummary(**row))
    return found


def list_turns_since(session: Session, agent: str, bundle: str, since: datetime, *, limit: int) -> list[RunSummary]:
    """Turns of people with this agent on this bundle, begun at or after `since`, that ended well; oldest first."""
    query = (
        sa.select(RUNS)
        .where(RUNS.c.agent == agent, RUNS.c.started_at >= since, RUNS.c.bundle == bundle)
        .where(RUNS.c.origin == "user", RUNS.c.parent_run_id.is_(None), RUNS.c.status == "finished")
        .order_by(RUNS.c.started_at, RUNS.c.id)
        .limit(limit)
    )
    return [RunSummary(**row) for row in session.execute(query).mappings()]


def find_earlier_turn(session: Session, run: RunSummary) -> str | None:
    """The first earlier turn of the run's conversation that has not ended, or None."""
    before = sa.or_(
        RUNS.c.started_at < run.started_at, sa.and_(RUNS.c.started_at == run.started_at, RUNS.c.id < run.id)
    )
    query = (
        sa.select(RUNS.c.id)
        .where(RUNS.c.conversation_id == run.conversation_id, RUNS.c.parent_run_id.is_(None), RUNS.c.origin == "user")
        .where(RUNS.c.status.in_(["running", "waiting"]), before)
        .order_by(RUNS.c.started_at, RUNS.c.id)
        .limit(1)
    )
    return session.execute(query).scalar()


def find_runs(session: Session, run_ids: Iterable[str]) -> dict[str, RunSummary]:
    """The summaries of those of these runs that are there, by id."""
    found: dict[str, RunSummary] = {}
    for chunk in _chunks(list(run_ids), 500):
        rows = session.execute(sa.select(RUNS).where(RUNS.c.id.in_(chunk))).mappings()
        found.update({row["id"]: RunSummary(**row) for row in rows})
    return found


def agents_of(session: Session, run_ids: Iterable[str]) -> dict[str, str]:
    """Whose runs these are: the agent of each that is there, by id."""
    found: dict[str, str] = {}
    for chunk in _chunks(list(run_ids), 500):
        query = sa.select(RUNS.c.id, RUNS.c.agent).where(RUNS.c.id.in_(chunk))
        found.update({row.id: row.agent for row in session.execute(query)})
    return found


def read_events(
    session: Session,
    stream: str,
    *,
    after: int = 0,
    kinds: Iterable[str] | None = None,
    limit: int | None = None,
    large: int | None = None,
) -> list[StoredEvent]:
    """The facts of a stream in order, bodies put back, from `seq` after + 1 on.

    A run that came as spans is told in the same words; its facts are numbered in the order of their time. A tool's
    result of more than `large` bytes stays a reference, except in those: their bodies are made of the spans.
    """
    if is_trace(stream):
        wanted = None if kinds is None else set(kinds)
        told = (one for one in _told(session, stream) if one.seq > after and (wanted is None or one.kind in wanted))
        return list(islice(told, limit))
    return read_stream(session, stream, after=after, kinds=kinds, limit=limit, large=large)


def _told(session: Session, stream: str) -> list[StoredEvent]:
    recorded = read_stream(session, stream)
    batches = [one for one in recorded if isinstance(one.event, SpansReceived)]
    if not batches:
        return recorded
    facts = [
        StoredEvent(
            batches[-1].id, stream, seq, kind_of(event), event.step, event.op, event.attempt, from_micros(at), event
        )
        for seq, (at, event) in enumerate(facts_of([one.event for one in batches]), 1)  # type: ignore[misc]
    ]
    said = [one for one in recorded if not isinstance(one.event, SpansReceived)]
    return facts + [replace(one, seq=seq) for seq, one in enumerate(said, len(facts) + 1)]


def read_spans(session: Session, stream: str) -> list[dict[str, Any]]:
    """The spans of a run that came over OpenTelemetry, as they were sent, in the order they began; else none."""
    recorded = read_stream(session, stream, kinds=["spans_received"])
    return spans_of(one.event for one in recorded if isinstance(one.event, SpansReceived))


def read_stream(
    session: Session,
    stream: str,
    *,
    after: int = 0,
    kinds: Iterable[str] | None = None,
    limit: int | None = None,
    large: int | None = None,
) -> list[StoredEvent]:
    """The facts of a stream exactly as they were recorded, bodies put back, from `seq` after + 1 on."""
    query = sa.select(EVENTS).where(EVENTS.c.stream == stream, EVENTS.c.seq > after).order_by(EVENTS.c.seq)
    if kinds is not None:
        query = query.where(EVENTS.c.kind.in_(list(kinds)))
    return read_rows(session, query if limit is None else query.limit(limit), large=large)


def read_feed(
    session: Session,
    *,
    after: int,
    kinds: Iterable[str] | None = None,
    limit: int = 500,
    large: int | None = None,
) -> list[StoredEvent]:
    """The facts of all streams in order of arrival, from `id` after + 1 on: what a live view follows."""
    query = sa.select(EVENTS).where(EVENTS.c.id > after).order_by(EVENTS.c.id).limit(limit)
    if kinds is not None:
        query = query.where(EVENTS.c.kind.in_(list(kinds)))
    return read_rows(session, query, large=large)


def last_event_id(session: Session) -> int:
    """The id of the newest fact; 0 in an empty ledger."""
    return session.execute(sa.select(sa.func.max(EVENTS.c.id))).scalar() or 0


def last_event_at(session: Session) -> datetime | None:
    """The recorded time of the newest fact, by the order of arrival; None in an empty ledger."""
    return session.execute(sa.select(EVENTS.c.at).order_by(EVENTS.c.id.desc()).limit(1)).scalar()


def began_between(session: Session, start: datetime, end: datetime) -> bool:
    """Whether any run was recorded as begun after `start` and up to `end`."""
    query = sa.select(RUNS.c.id).where(RUNS.c.started_at > start, RUNS.c.started_at <= end).limit(1)
    return session.execute(query).first() is not None


def list_feedback(session: Session, run_ids: Iterable[str]) -> dict[str, list[FeedbackGiven]]:
    """Feedback by run id, in the order it was given; what was taken back is left out."""
    found = read_streams(session, run_ids, JUDGED)
    return {run_id: standing(one.event for one in facts) for run_id, facts in found.items()}


def list_refused(session: Session, run_ids: Iterable[str]) -> frozenset[str]:
    """Those of these runs in which the house's policies or a person refused a call, or a guardrail met an answer."""
    found = read_recorded(session, run_ids, ["call_refused", "approval_decided", "guardrail_tripped"], bodies=False)
    return frozenset(run_id for run_id, facts in found.items() if any(_refuses(one.event) for one in facts))


def _refuses(event: Event) -> bool:
    match event:
        case ApprovalDecided():
            return event.decision != "approve"
        case GuardrailTripped():
            return event.where == "output"  # what a customer asks is not the version's doing
        case _:
            return True


def list_operation(session: Session, stream: str, op: str) -> list[Fact]:
    """The facts about one operation, in order, without what they say."""
    if is_trace(stream):
        told = _told(session, stream)
        return [Fact(one.seq, one.kind, one.step, one.attempt) for one in told if one.op == op]
    columns = (EVENTS.c.seq, EVENTS.c.kind, EVENTS.c.step, EVENTS.c.attempt)
    query = sa.select(*columns).where(EVENTS.c.stream == stream, EVENTS.c.op == op).order_by(EVENTS.c.seq)
    return [Fact(*row) for row in session.execute(query)]


def read_recorded(
    session: Session, streams: Iterable[str], kinds: Iterable[str], *, bodies: bool = True
) -> dict[str, list[StoredEvent]]:
    """The recorded facts of these kinds by stream, in order, in one go; without `bodies` these stay references."""
    found: dict[str, list[StoredEvent]] = {stream: [] for stream in streams}
    wanted = list(kinds)
    for chunk in _chunks(list(found), 500):
        query = sa.select(EVENTS).where(EVENTS.c.stream.in_(chunk), KIND_OF_STREAM.in_(wanted))
        for stored in read_rows(session, query.order_by(EVENTS.c.stream, EVENTS.c.seq), bodies=bodies):
            found[stored.stream].append(stored)
    return found


def read_streams(session: Session, streams: Iterable[str], kinds: Iterable[str]) -> dict[str, list[StoredEvent]]:
    """The facts of these kinds by stream, in order: what a list shows of many streams, in one go."""
    return read_recorded(session, streams, kinds)


def list_times(session: Session, streams: Iterable[str]) -> dict[str, list[tuple[str, datetime]]]:
    """(kind, time) of all facts of each stream, in order; nothing else of them is read."""
    found: dict[str, list[tuple[str, datetime]]] = {}
    for chunk in _chunks(list(streams), 500):
        query = sa.select(EVENTS.c.stream, EVENTS.c.kind, EVENTS.c.at).where(EVENTS.c.stream.in_(chunk))
        for row in session.execute(query.order_by(EVENTS.c.stream, EVENTS.c.seq)):
            found.setdefault(row.stream, []).append((row.kind, row.at))
    return found


def list_tool_bytes(session: Session, streams: Iterable[str]) -> int:
    """Bytes of all tool results of these runs together, as they are recorded."""
    total = 0
    for chunk in _chunks(list(streams), 500):
        where = EVENTS.c.stream.in_(chunk), KIND_OF_STREAM == "tool_returned"
        for payload in session.execute(sa.select(EVENTS.c.payload).where(*where)).scalars():
            total += int(json.loads(payload).get("size", 0))
    return total


def count_events(session: Session, streams: Iterable[str], kind: str) -> dict[str, int]:
    """How many facts of one kind each of these streams has; streams without one are left out."""
    found: dict[str, int] = {}
    for chunk in _chunks(list(streams), 500):
        query = sa.select(EVENTS.c.stream, sa.func.count()).where(
            EVENTS.c.stream.in_(chunk), KIND_OF_STREAM.in_([kind])
        )
        found.update({str(stream): int(n) for stream, n in session.execute(query.group_by(EVENTS.c.stream))})
    return found


def count_runs_of_bundles(session: Session, digests: Iterable[str]) -> dict[str, int]:
    """How many runs people asked for went through each of these bundles; the optimizer's own are not counted."""
    found: dict[str, int] = {}
    for chunk in _chunks(list(digests), 500):
        query = sa.select(RUNS.c.bundle, sa.func.count()).where(
            RUNS.c.bundle.in_(chunk), RUNS.c.origin.not_in(UNASKED)
        )
        found.update({str(digest): int(n) for digest, n in session.execute(query.group_by(RUNS.c.bundle))})
    return found


def last_seqs(session: Session, streams: Iterable[str], kinds: Iterable[str]) -> dict[str, int]:
    """The seq of the newest fact of these kinds in each of these streams that has one."""
    query = sa.select(EVENTS.c.stream, sa.func.max(EVENTS.c.seq)).where(
        EVENTS.c.stream.in_(list(streams)), KIND_OF_STREAM.in_(list(kinds))
    )
    return {str(stream): int(seq) for stream, seq in session.execute(query.group_by(EVENTS.c.stream))}


def list_feed_ids(session: Session, *, after: int, limit: int = 500) -> list[int]:
    """The ids of the facts that came after `after`, in order: for noticing that there is something new."""
    query = sa.select(EVENTS.c.id).where(EVENTS.c.id > after).order_by(EVENTS.c.id).limit(limit)
    return list(session.execute(query).scalars())


def seq_of_id(session: Session, stream: str, event_id: int) -> int:
    """The seq of the stream's last fact up to this id over all streams; 0 when there is none."""
    if is_trace(stream):
        return max((one.seq for one in _told(session, stream) if one.id <= event_id), default=0)
    query = sa.select(sa.func.max(EVENTS.c.seq)).where(EVENTS.c.stream == stream, EVENTS.c.id <= event_id)
    return session.execute(query).scalar() or 0


def list_streams(session: Session, prefix: str, *, limit: int = 50) -> list[str]:
    """Names of the streams that start with `prefix` (`night_`, `decisions_`), newest first."""
    query = (
        sa.select(EVENTS.c.stream)
        .where(EVENTS.c.seq == 1, starts_with(EVENTS.c.stream, prefix))
        .order_by(EVENTS.c.id.desc())
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def read_rows(
    session: Session, query: sa.Select[Any], *, bodies: bool = True, large: int | None = None
) -> list[StoredEvent]:
    """The facts that a query over whole rows of the events finds; without `bodies` large ones stay references.

    With them, a tool's result of more than `large` bytes does.
    """
    rows = list(session.execute(query))
    payloads = [_payload(row) for row in rows]
    texts = read_bodies(session, payloads, large) if bodies else None
    return [_stored_event(row, payload, texts) for row, payload in zip(rows, payloads, strict=True)]


def _payload(row: Any) -> dict[str, Any]:
    try:
        payload: dict[str, Any] = json.loads(row.payload)
    except ValueError as error:
        raise LedgerError(f"event {row.seq} of {row.stream!r} is damaged: {error}", hint=DAMAGED) from error
    return payload


def _stored_event(row: Any, payload: dict[str, Any], bodies: dict[str, str] | None) -> StoredEvent:
    data = payload if bodies is None else {name: put_back(value, bodies) for name, value in payload.items()}
    if ERASED in data:
        data = filled(row.kind, data)
    place = {"kind": row.kind, "op": row.op, "step": row.step, "attempt": row.attempt or 1}
    try:
        event = EVENT.validate_python({**data, **place})
    except ValidationError as error:
        raise LedgerOutdated(
            f"event {row.seq} of {row.stream!r} is no {row.kind!r} that this version knows",
            hint="Another version of Strop wrote it, or it is damaged: `strop verify` tells which.",
        ) from error
    left = () if bodies is None else (n for n, v in payload.items() if is_reference(v) and v[BLOB_KEY] not in bodies)
    return StoredEvent(
        row.id, row.stream, row.seq, row.kind, row.step, row.op, row.attempt, row.at, event, frozenset(left)
    )


def _chunks(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
