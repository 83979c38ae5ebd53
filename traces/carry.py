"""Runs carried out of the ledger and into another: everything of a run in one value, with what proves it.

Payloads and hashes go as they are, so the run that comes in is the run that went out, to the last hash. What the
receiving ledger must not keep is taken out there, and such a run begins a chain of its own. Prevents: a second door
into the record, and a run that was changed on the way.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces import search
from traces.bodies import BLOB_KEY, find_blobs, payload_of
from traces.bulk import Rows, write_rows
from traces.chain import GENESIS, SALT, chain, content_of, is_stub, salted
from traces.db import from_micros, micros
from traces.erase import digests_in
from traces.errors import BadInput
from traces.events import EVENT, Event
from traces.ids import DIGEST_PREFIX, digest_text
from traces.marks import marks_of, unmarked_by
from traces.planned import stored_run
from traces.redact import Redactor
from traces.stubs import filled
from traces.summary import fold
from traces.tables import EVENTS, RUNS

FORMAT: Final = 1
"""Of what is carried. A reader takes what is no newer than itself."""

COLUMNS: Final = ("seq", "kind", "step", "op", "attempt", "at", "payload", "hash")
"""Of a fact, in order; times in microseconds since 1970 UTC, payloads the JSON text that was hashed."""


@dataclass(frozen=True)
class Carried:
    """One run: its facts as rows of COLUMNS, and the bodies that they refer to, as JSON text by digest."""

    run: str
    facts: Sequence[tuple[Any, ...]]
    bodies: dict[str, str] = field(default_factory=dict)

    @property
    def last_hash(self) -> str:
        """The hash of its newest fact, which covers all before."""
        return str(self.facts[-1][-1])

    @property
    def version(self) -> str | None:
        """The version of its agent, as its first fact names it; its content may be among the bodies."""
        return version_in(str(self.facts[0][6]))

    @property
    def referred(self) -> dict[str, str]:
        """The bodies that its facts refer to."""
        wanted = {digest for fact in self.facts for digest in digests_in(str(fact[6]))}
        return {digest: text for digest, text in self.bodies.items() if digest in wanted}


def version_in(payload: str) -> str | None:
    """The version that a run's first fact names."""
    named = json.loads(payload).get("bundle")
    return named if isinstance(named, str) and named.startswith(DIGEST_PREFIX) else None


def list_to_carry(session: Session, where: Sequence[sa.ColumnElement[bool]], after: str | None) -> Iterator[str]:
    """The runs that these conditions mean, oldest first, behind the run `after`."""
    key = (RUNS.c.started_at, RUNS.c.id)
    last = None if after is None else session.execute(sa.select(*key).where(RUNS.c.id == after)).first()
    if after is not None and last is None:
        raise BadInput(f"run {after!r}, with which the export stopped, is not in this ledger")
    while True:
        query = sa.select(*key).where(*where).order_by(*key).limit(1_000)
        if last is not None:
            query = query.where(sa.tuple_(*key) > sa.tuple_(sa.literal(micros(last[0])), sa.literal(last[1])))
        page = list(session.execute(query))
        yield from (row.id for row in page)
        if len(page) < 1_000:
            return
        last = page[-1]


def take(session: Session, run: str) -> Carried:
    """A run as it stands."""
    query = sa.select(*(EVENTS.c[name] for name in COLUMNS)).where(EVENTS.c.stream == run).order_by(EVENTS.c.seq)
    facts = [tuple(micros(value) if name == "at" else value for name, value in row._mapping.items()) for row in
             session.execute(query)]  # fmt: skip
    digests = {digest for fact in facts for digest in digests_in(str(fact[6]))}
    return Carried(run, facts, dict(sorted(find_blobs(session, digests).items())))


def check(carried: Carried) -> None:
    """Prove a run that came from elsewhere, by itself.

    Raises:
        BadInput: it was changed, or a part is missing; says where.
    """
    previous = GENESIS
    for number, fact in enumerate(carried.facts, 1):
        place = dict(zip(COLUMNS, fact, strict=True))
        payload, found = str(place.pop("payload")), place.pop("hash")
        if place["seq"] != number or found != chain(previous, content_of(payload), stream=carried.run, **place):
            raise BadInput(f"run {carried.run}: fact {place['seq']} does not fit the facts before it")
        missing = digests_in(payload) - carried.bodies.keys()
        if missing:
            raise BadInput(f"run {carried.run}: fact {number} refers to a body that did not come with it")
        previous = str(found)
    for digest, text in carried.bodies.items():
        if digest_text(text) != digest:
            raise BadInput(f"run {carried.run}: body {digest} has other content than its name says")


@dataclass
class Brought:
    """What came of an import."""

    runs: int = 0
    events: int = 0
    known: int = 0
    """Runs that were here already, the same."""
    rewritten: list[str] = field(default_factory=list)
    """Runs of which something had to be taken out: they have a chain of their own."""
    refused: dict[str, str] = field(default_factory=dict)
    """Run -> why it was not taken."""


def bring(session: Session, runs: Sequence[Carried], redactor: Redactor, done: Brought) -> None:
    """Write those of these runs that are not here yet, inside the caller's transaction."""
    rows = Rows([], {}, [], set(), set(), {})
    for carried in runs:
        here = _last_hash(session, carried.run)
        if here is not None:
            if here == carried.last_hash or carried.run in done.rewritten:
                done.known += 1
            else:
                done.refused[carried.run] = "another run of that name, or more or less of it, is here"
            continue
        try:
            check(carried)
            _add(rows, carried, redactor, done)
        except (BadInput, ValueError) as error:
            done.refused[carried.run] = str(error)
    if rows.events:
        done.events += write_rows(session, rows)


def _last_hash(session: Session, run: str) -> str | None:
    query = sa.select(EVENTS.c.hash).where(EVENTS.c.stream == run).order_by(EVENTS.c.seq.desc()).limit(1)
    return session.execute(query).scalar()


def _add(rows: Rows, carried: Carried, redactor: Redactor, done: Brought) -> None:
    events = [_event(fact, carried.bodies) for fact in carried.facts]
    kept = [redactor.event(event) for event in events]
    run = fold(carried.run, [(event, from_micros(fact[5])) for event, fact in zip(kept, carried.facts, strict=True)])
    if run is None or not carried.run.startswith("run_"):
        raise BadInput(f"run {carried.run}: its first fact does not start it")
    facts = carried.facts
    if any(new is not old for new, old in zip(kept, events, strict=True)):
        facts = _chained_anew(carried, kept, events, rows)
        done.rewritten.append(carried.run)
    else:
        rows.blobs.update(carried.referred)
    for fact, event in zip(facts, kept, strict=True):
        seq, kind, step, op, attempt, at, payload, found = fact
        if words := search.packed(event):
            rows.words[len(rows.events)] = words
        rows.events.append((carried.run, seq, kind, step, op, attempt, at, payload, found))
        rows.tools.update((carried.run, tool) for tool in search.tools_of(event))
        rows.marks.update((carried.run, mark) for mark in marks_of(event))
        rows.marks.difference_update((carried.run, mark) for mark in unmarked_by(event))
    rows.runs.append(tuple(stored_run(run)[column.name] for column in RUNS.c))
    done.runs += 1


def _event(fact: tuple[Any, ...], bodies: dict[str, str]) -> Event:
    _, kind, step, op, attempt, _, payload, _ = fact
    data = {name: _whole(value, bodies) for name, value in json.loads(payload).items() if name != SALT}
    data = filled(kind, data) if is_stub(payload) else data
    event: Event = EVENT.validate_python({**data, "kind": kind, "op": op, "step": step, "attempt": attempt or 1})
    return event


def _whole(value: Any, bodies: dict[str, str]) -> Any:
    reference = isinstance(value, dict) and value.keys() == {BLOB_KEY, "bytes"}
    return json.loads(bodies[value[BLOB_KEY]]) if reference else value


def _chained_anew(
    carried: Carried, kept: Sequence[Event], events: Sequence[Event], rows: Rows
) -> list[tuple[Any, ...]]:
    """The facts with what was taken out of them, in a chain from the first changed one on."""
    if any(is_stub(str(fact[6])) for fact in carried.facts):
        raise BadInput(f"run {carried.run} was erased in part and holds what this ledger must not keep")
    facts, previous = [], GENESIS
    for fact, new, old in zip(carried.facts, kept, events, strict=True):
        place = dict(zip(COLUMNS[:6], fact[:6], strict=True))
        payload = str(fact[6]) if new is old else salted(payload_of(new, rows.blobs))
        rows.blobs.update({digest: carried.bodies[digest] for digest in digests_in(payload) & carried.bodies.keys()})
        previous = chain(previous, content_of(payload), stream=carried.run, **place)
        facts.append((*fact[:6], payload, previous))
    return facts
