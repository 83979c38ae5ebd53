"""Proof of the ledger: every stream without a gap, every hash right, every body as named, every summary true.

Names the first broken event of a stream, since everything behind it can no longer be trusted. Goes through the ledger
a page at a time, in the order of streams, so that a million runs take time and no memory, and a proof that was
stopped goes on where it was. What a chain cannot show (that its newest events are gone, or a whole stream) the anchor
of an earlier proof does.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from traces.bodies import BLOB_KEY, find_blobs, read_blob, unpack
from traces.chain import ERASED, GENESIS, SALT, chain, content_of, is_stub
from traces.db import micros
from traces.erase import digest_of
from traces.errors import BadInput, LedgerError
from traces.events import EVENT, FACTS, Event, ModelReplied
from traces.ids import digest_text
from traces.store import find_runs
from traces.stubs import filled
from traces.summary import Folding, RunSummary
from traces.tables import BLOBS, EVENTS, RUNS

PAGE: Final = 2_000
"""Events that are held at a time."""


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
    anchor: str = ""
    """Stands for every event there was, `ID:EVENTS:DIGEST`: kept elsewhere, it shows later that none is gone."""

    @property
    def whole(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems


Progress = Callable[[Report, str], None]
"""Told after each page what was looked at so far, and the stream that was proven last."""


def verify(
    session: Session, *, after: str = "", anchor: str = "", progress: Progress = lambda report, stream: None
) -> Report:
    """Check the ledger. Reads every event and every body once.

    Args:
        session: an open reading session: what is proven is one moment's ledger.
        after: go on behind this stream; those up to it were proven before. Then there is no anchor.
        anchor: of an earlier proof: the events of then must all be there.
        progress: told how far it is.

    Raises:
        BadInput: an anchor that is none, or one together with `after`.
    """
    if anchor and after:
        raise BadInput("an anchor is about the whole ledger", hint="Leave out --after.")
    report, seen = Report(), _Anchored(anchor)
    streams = _Streams(session, report)
    for rows in _pages(session, after):
        for row in rows:
            seen.take(row)
        streams.take(rows)
        progress(report, streams.proven)
    streams.end()
    _verify_listed(session, report, after)
    _verify_bodies(session, report)
    if not after:
        report.anchor = seen.told()
        report.problems += seen.problems()
    return report


def _pages(session: Session, after: str) -> Iterator[Sequence[Any]]:
    """All events, streams one after the other."""
    columns = [EVENTS.c[name] for name in _READ]
    key = sa.tuple_(EVENTS.c.stream, EVENTS.c.seq)
    query = sa.select(*columns).order_by(EVENTS.c.stream, EVENTS.c.seq).limit(PAGE)
    rows = session.execute(query.where(EVENTS.c.stream > after)).all()
    while rows:
        yield rows
        last = sa.tuple_(sa.literal(rows[-1].stream), sa.literal(rows[-1].seq))
        rows = session.execute(query.where(key > last)).all()


_READ: Final = ("id", "stream", "seq", "kind", "op", "step", "attempt", "at", "payload", "hash")


class _Streams:
    """Proves streams as their events come by, some of them over several pages."""

    def __init__(self, session: Session, report: Report) -> None:
        self._session = session
        self._report = report
        self._stream: _Stream | None = None
        self._ended: list[_Stream] = []
        self.proven = ""

    def take(self, rows: Sequence[Any]) -> None:
        """Take in one more page."""
        page = _Page(self._session, rows)
        for row, payload in zip(rows, page.payloads, strict=True):
            if self._stream is None or self._stream.name != row.stream:
                self._close()
                self._stream = _Stream(row.stream)
            self._report.events += 1
            self._stream.take(row, payload, page)
        self._compare()

    def end(self) -> None:
        """No event follows."""
        self._close()
        self._compare()

    def _close(self) -> None:
        if self._stream is not None:
            self._ended.append(self._stream)
            self._report.streams += 1

    def _compare(self) -> None:
        """The streams that came to their end, with the list of runs."""
        listed = find_runs(self._session, [one.name for one in self._ended])
        for one in self._ended:
            one.report(self._report, listed.get(one.name))
            self.proven = one.name
        self._ended = []


class _Page:
    """The bodies that a page of events names: which are there, and the few whose text a summary is made of."""

    def __init__(self, session: Session, rows: Sequence[Any]) -> None:
        self.session = session
        self.payloads = [_payload(row.payload) for row in rows]
        named = {
            value[BLOB_KEY] for payload in self.payloads for value in (payload or {}).values() if _is_body(value)
        }
        self.there = _known(session, named)
        shown = (
            payload[name]
            for row, payload in zip(rows, self.payloads, strict=True)
            if payload is not None and (name := _SHOWN.get(row.kind)) in payload
        )
        self.texts = _texts(session, {value[BLOB_KEY] for value in shown if _is_body(value)})

    def event(self, row: Any, payload: dict[str, Any]) -> Event:
        """The fact, with nothing in the place of bodies that its run's summary does not show."""
        data = {name: self._filled(row.kind, name, value) for name, value in payload.items() if name != SALT}
        if ERASED in data:
            data = filled(row.kind, data)
        event: Event = EVENT.validate_python(
            {**data, "kind": row.kind, "op": row.op, "step": row.step, "attempt": row.attempt or 1}
        )
        return event

    def _filled(self, kind: str, name: str, value: Any) -> Any:
        if not _is_body(value):
            return value
        text = self.texts.get(value[BLOB_KEY]) if _SHOWN.get(kind) == name else None
        return json.loads(text) if text is not None else "" if name in _TEXTS.get(kind, ()) else value


_SHOWN: Final = {"run_started": "input", "run_finished": "output"}
"""Bodies whose beginning stands in the list of runs."""

_TEXTS: Final = {
    str(kind.model_fields["kind"].default): frozenset(
        name for name in kind.BODIES if kind.model_fields[name].annotation in {str, str | None}
    )
    for kind in FACTS
}
"""Bodies that are read as texts alone, by kind of fact."""


class _Stream:
    """One stream while it is proven: up to its first broken event."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._hash, self._seq = GENESIS, 0
        self._stubs: dict[int, str] = {}
        self._fold = Folding(name)
        self._replies = self._erased = 0
        self._problem = ""

    def take(self, row: Any, payload: dict[str, Any] | None, page: _Page) -> None:
        """Prove one more event, and add it to what its run amounts to."""
        if self._problem:
            return
        problem = _broken(row, payload, self._hash, self._seq + 1, page.there)
        if problem is None and payload is not None:
            problem = self._account(row, payload, page)
        if problem is not None:
            self._problem = f"{self.name} event {row.seq} ({row.kind}): {problem}"
        self._hash, self._seq = row.hash, row.seq

    def _account(self, row: Any, payload: dict[str, Any], page: _Page) -> str | None:
        if is_stub(row.payload):
            self._stubs[row.seq] = row.payload
            self._erased += 1
        elif row.kind == "words_erased" and (wrong := _unsigned(page.session, payload, self._stubs)) is not None:
            return wrong
        try:
            event = page.event(row, payload)
        except (ValidationError, ValueError) as error:
            return f"it cannot be read: {str(error).splitlines()[0]}"
        # A reply copied from another run's recording was not asked of a model again.
        self._replies += isinstance(event, ModelReplied) and event.source_run is None
        self._fold.take(event, row.at)
        return None

    def report(self, report: Report, listed: RunSummary | None) -> None:
        """Add what was found, and compare it with the list of runs."""
        report.erased += self._erased
        report.model_replies += self._replies
        if not self._problem and self._stubs:
            self._problem = (
                f"{self.name} event {min(self._stubs)}: its words are gone, and no erasure accounts for it"
            )
        if self._problem:
            report.problems.append(self._problem)
            return
        run = self._fold.run()
        if run is None:
            return
        report.runs += 1
        if listed is None:
            report.problems.append(f"run {self.name!r} is not in the list of runs")
        elif listed != run:
            wrong = [name for name, value in asdict(run).items() if getattr(listed, name) != value]
            report.problems.append(f"run {self.name!r}: the list differs from the ledger in {', '.join(wrong)}")


def _payload(text: str) -> dict[str, Any] | None:
    try:
        payload = json.loads(text)
    except ValueError:
        return None
    return payload if isinstance(payload, dict) else None


def _is_body(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {BLOB_KEY, "bytes"}


def _texts(session: Session, digests: set[str]) -> dict[str, str]:
    """Those that are there and can be unpacked; the others are told of when the bodies are proven."""
    try:
        return find_blobs(session, digests)
    except LedgerError:
        found: dict[str, str] = {}
        for digest in digests:
            with suppress(LedgerError):
                found[digest] = read_blob(session, digest)
        return found


def _known(session: Session, digests: set[str]) -> set[str]:
    found: set[str] = set()
    names = sorted(digests)
    for start in range(0, len(names), 500):
        query = sa.select(BLOBS.c.digest).where(BLOBS.c.digest.in_(names[start : start + 500]))
        found.update(session.execute(query).scalars())
    return found


def _broken(row: Any, payload: dict[str, Any] | None, previous: str, expected: int, bodies: set[str]) -> str | None:
    if row.seq != expected:
        return f"event {expected} is missing before it"
    if payload is None:
        return "its payload is no JSON object"
    if row.hash != _hash(row, previous):
        return "its hash does not match its content and the events before it"
    for value in payload.values():
        if _is_body(value) and value[BLOB_KEY] not in bodies:
            return f"its body {value[BLOB_KEY]} is missing"
    return None


def _unsigned(session: Session, signed: dict[str, Any], stubs: dict[int, str]) -> str | None:
    """Take the stubs that an erasure accounts for out of `stubs`; gives what is wrong with them."""
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


# --- what no stream shows ------------------------------------------------------------------------------------------


def _verify_listed(session: Session, report: Report, after: str) -> None:
    begun = sa.select(sa.literal(1)).where(EVENTS.c.stream == RUNS.c.id, EVENTS.c.seq == 1).correlate(RUNS).exists()
    query = sa.select(RUNS.c.id).where(RUNS.c.id > after, ~begun).order_by(RUNS.c.id).limit(1000)
    report.problems += [f"run {run!r} is listed but has no ledger" for run in session.execute(query).scalars()]


def _verify_bodies(session: Session, report: Report) -> None:
    rows = session.execute(sa.select(BLOBS.c.digest, BLOBS.c.data).execution_options(yield_per=200))
    for row in rows:
        report.bodies += 1
        try:
            text = unpack(row.data)
        except LedgerError as error:
            report.problems.append(f"body {row.digest} cannot be unpacked: {error}")
            continue
        if digest_text(text) != row.digest:
            report.problems.append(f"body {row.digest} has other content than its name says")


class _Anchored:
    """A sum over all events that does not depend on the order they are met in; of those up to an anchor's too."""

    def __init__(self, anchor: str) -> None:
        self._sum = self._count = self._last = 0
        self._old = _read_anchor(anchor) if anchor else None
        self._old_sum = self._old_count = 0

    def take(self, row: Any) -> None:
        """Count one event in."""
        text = f"{row.id}\n{row.stream}\n{row.seq}\n{row.hash}"
        number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
        self._sum, self._count, self._last = self._sum + number, self._count + 1, max(self._last, row.id)
        if self._old is not None and row.id <= self._old[0]:
            self._old_sum, self._old_count = self._old_sum + number, self._old_count + 1

    def told(self) -> str:
        """The anchor of what was met."""
        return f"{self._last}:{self._count}:{self._sum % 2**256:064x}"

    def problems(self) -> list[str]:
        """What is not as the earlier proof found it."""
        if self._old is None:
            return []
        last, count, total = self._old
        if self._old_count < count:
            gone = count - self._old_count
            return [f"of the {count:,} events up to id {last} that the anchor stands for, {gone:,} are gone"]
        if (self._old_count, self._old_sum % 2**256) != (count, total):
            return [f"the events up to id {last} are not those that the anchor stands for"]
        return []


def _read_anchor(text: str) -> tuple[int, int, int]:
    parts = text.strip().split(":")
    try:
        last, count, total = int(parts[0]), int(parts[1]), int(parts[2], 16)
    except (ValueError, IndexError) as error:
        raise BadInput(f"{text[:80]!r} is no anchor", hint="`strop verify` prints one: ID:EVENTS:DIGEST.") from error
    return last, count, total
