"""Taking words out of the ledger for good: payloads become stubs, their bodies and index entries go, the chain holds.

Each stream in which something was erased ends with a fact that names the stubs, who made them and why; nothing more
can be added to an erased run. A body goes when no fact refers to it any longer. Prevents: words that survive beside
the fact they were taken from, and a stub that nobody signed for.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces import search
from traces.bodies import dump, store_blobs
from traces.chain import content_of, is_stub
from traces.events import Event, WordsErased
from traces.events.erasures import Because
from traces.ids import new_id
from traces.marks import forget_marks
from traces.planned import upsert_runs
from traces.provenance import Provenance
from traces.quotes import Quotes
from traces.recorder import Recorder
from traces.store import list_streams, read_stream
from traces.stubs import stub, stub_of
from traces.summary import fold
from traces.tables import BLOBS, EVENTS

CHUNK: Final = 100
"""Streams a transaction: a writer of another process waits for no more than that."""

PAGE: Final = 2_000
"""Facts that are read at once."""

MOST_STREAMS: Final = 100_000
"""Nights and agents that are looked at."""

QUOTING: Final = ("night_", "decisions_", "rollout_")
"""Beginnings of the names of streams that may quote what was said in a run."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Erasure:
    """One act: its name, who does it and why."""

    provenance: Provenance
    because: Because = "forget"
    id: str = field(default_factory=lambda: new_id("er"))


@dataclass
class Erased:
    """What an act took away."""

    streams: list[str] = field(default_factory=list)
    runs: int = 0
    events: int = 0
    bodies: int = 0


def erase_runs(
    recorder: Recorder, runs: Mapping[str, str | None], erasure: Erasure, *, progress: Progress = lambda done: None
) -> Erased:
    """Erase these runs whole. What is done is durable after each hundred; doing it again does the rest.

    Args:
        recorder: of the ledger.
        runs: run -> what stands for its conversation's id from now on (None: the id stays).
        erasure: the act.
        progress: gets the number of runs done so far.
    """
    return _carry_out(
        recorder,
        list(runs),
        lambda session, run: _stubs(session, run, erasure, runs[run]),
        erasure,
        progress,
        whole=True,
    )


def erase_quotes(recorder: Recorder, streams: Iterable[str], quotes: Quotes, erasure: Erasure) -> Erased:
    """Take quotations out of the facts of these streams, and leave the rest of each fact as it is."""
    return _carry_out(
        recorder, list(streams), lambda session, stream: _unquoted(session, stream, quotes, erasure), erasure,
        lambda done: None, whole=False,
    )  # fmt: skip


def find_quoting(session: Session, quotes: Quotes, *, prefixes: Sequence[str] = QUOTING) -> list[str]:
    """The streams, other than runs, with a fact that quotes."""
    streams = [stream for prefix in prefixes for stream in list_streams(session, prefix, limit=MOST_STREAMS)]
    return [
        stream
        for stream in streams
        if any(_rid(stored.event, quotes) is not None for stored in read_stream(session, stream))
    ]


def digest_of(stubs: Iterable[str]) -> str:
    """SHA-256 (hex) over stubs in the order of their seqs, as a `WordsErased` names it."""
    text = "\n".join(stubs)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def ranges(seqs: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as ranges, both ends included."""
    found: list[tuple[int, int]] = []
    for seq in sorted(seqs):
        if found and found[-1][1] == seq - 1:
            found[-1] = (found[-1][0], seq)
        else:
            found.append((seq, seq))
    return found


def _carry_out(
    recorder: Recorder, streams: Sequence[str], plan: "Plan", erasure: Erasure, progress: Progress, *, whole: bool
) -> Erased:
    done = Erased()
    chunks = [streams[start : start + CHUNK] for start in range(0, len(streams), CHUNK)]
    bodies = _Bodies(recorder, chunks, plan)
    for number, chunk in enumerate(chunks):
        with recorder.database.writing() as session:
            if not recorder.database.is_sqlite:
                # Whoever looked a body up and has not committed yet is waited for: it may be about to refer to it.
                session.execute(sa.text("LOCK TABLE blobs IN ACCESS EXCLUSIVE MODE"))
            freed: set[str] = set()
            for stream in chunk:
                changes = plan(session, stream)
                if changes:
                    _replace(recorder, session, stream, changes, erasure, whole=whole)
                    freed.update(*(change.freed for change in changes.values()))
                    done.streams.append(stream)
                    done.events += len(changes)
                    done.runs += whole
            done.bodies += bodies.remove(session, number, freed)
        progress(min((number + 1) * CHUNK, len(streams)))
    return done


# --- one stream ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Change:
    """The stub that replaces a payload, with the bodies that it needs and did not have."""

    before: str
    stub: str
    blobs: Mapping[str, str] = field(default_factory=dict)

    @property
    def freed(self) -> set[str]:
        """The bodies that it refers to no longer."""
        return digests_in(self.before) - digests_in(self.stub)


Plan = Callable[[Session, str], dict[int, _Change]]


def _rows(session: Session, stream: str) -> list[Any]:
    """Those that could be changed."""
    columns = (EVENTS.c.seq, EVENTS.c.kind, EVENTS.c.payload)
    query = sa.select(*columns).where(EVENTS.c.stream == stream, EVENTS.c.kind != "words_erased")
    return [row for row in session.execute(query.order_by(EVENTS.c.seq)) if not is_stub(row.payload)]


def _stubs(session: Session, stream: str, erasure: Erasure, conversation: str | None) -> dict[int, _Change]:
    changes = {}
    for row in _rows(session, stream):
        content = content_of(row.payload)
        text = stub_of(row.kind, json.loads(row.payload), content, erasure.id, conversation=conversation)
        if text is not None:
            changes[row.seq] = _Change(row.payload, text)
    return changes


def _unquoted(session: Session, stream: str, quotes: Quotes, erasure: Erasure) -> dict[int, _Change]:
    changes = {}
    events = {stored.seq: stored.event for stored in read_stream(session, stream)}
    for row in _rows(session, stream):
        event = _rid(events[row.seq], quotes)
        if event is not None:
            blobs: dict[str, str] = {}
            text = stub(content_of(row.payload), erasure.id, dump(event, blobs))
            changes[row.seq] = _Change(row.payload, text, blobs)
    return changes


def _rid(event: Event, quotes: Quotes) -> Event | None:
    """The fact without what it quotes; None where it quotes nothing. Who decided is no quotation."""
    data = event.model_dump(mode="json", exclude={"kind", "op", "attempt", "step", "provenance"})
    rid = {name: quotes.without(value) for name, value in data.items()}
    changed = {name: value for name, value in rid.items() if value is not data[name]}
    if getattr(event, "example", None) in quotes.examples:
        changed |= {name: "" for name in event.OUTSIDE & data.keys() if data[name]}
    return event.model_copy(update=changed) if changed else None


def _replace(
    recorder: Recorder,
    session: Session,
    stream: str,
    changes: Mapping[int, _Change],
    erasure: Erasure,
    *,
    whole: bool,
) -> None:
    """Put the stubs in place, take the words out of the index, sign for it, and tell the run's summary anew."""
    for change in changes.values():
        store_blobs(session, change.blobs)
    before = {one.id: one.event for one in read_stream(session, stream) if one.seq in changes}
    search.forget(session, before)
    update = sa.update(EVENTS).where(EVENTS.c.stream == stream, EVENTS.c.seq == sa.bindparam("at_seq"))
    rows = [{"at_seq": seq, "text": change.stub} for seq, change in changes.items()]
    session.connection().execute(update.values(payload=sa.bindparam("text")), rows)
    signed = WordsErased(
        erasure=erasure.id, because=erasure.because, events=ranges(changes), whole=whole,
        stubs=digest_of(changes[seq].stub for seq in sorted(changes)), provenance=erasure.provenance,
    )  # fmt: skip
    recorder.append_in(session, stream, signed)
    if whole:
        forget_marks(session, stream)
    after = read_stream(session, stream)
    run = fold(stream, [(stored.event, stored.at) for stored in after])
    if run is not None:
        upsert_runs(session, [run])
    if not whole:
        search.index(session, {one.id: one.event for one in after if one.seq in changes})


# --- bodies --------------------------------------------------------------------------------------------------------


class _Bodies:
    """Which bodies lose their last fact with which chunk of streams.

    The ledger is read once before, in a transaction that holds nobody up; what came since is looked at again behind
    the lock.
    """

    def __init__(self, recorder: Recorder, chunks: Sequence[Sequence[str]], plan: Plan) -> None:
        self._last: dict[str, int] = {}
        kept: set[str] = set()
        with recorder.database.reading() as session:
            for number, chunk in enumerate(chunks):
                for stream in chunk:
                    changes = plan(session, stream)
                    for row in _rows(session, stream):
                        change = changes.get(row.seq)
                        kept |= digests_in(row.payload if change is None else change.stub)
                        self._last.update(dict.fromkeys(() if change is None else change.freed, number))
            self._through = session.execute(sa.select(sa.func.max(EVENTS.c.id))).scalar() or 0
            skip = {stream for chunk in chunks for stream in chunk}
            self._needed = kept | referenced(session, self._last.keys(), skip=skip)

    def remove(self, session: Session, number: int, freed: Collection[str]) -> int:
        """Delete the bodies that nothing refers to after this chunk; gives how many."""
        gone = {digest for digest, last in self._last.items() if last == number} - self._needed
        gone -= referenced(session, gone, after=self._through)
        late = set(freed) - self._last.keys()  # of facts that came in between
        gone |= late - referenced(session, late)
        names = sorted(gone)
        for start in range(0, len(names), 500):
            session.execute(sa.delete(BLOBS).where(BLOBS.c.digest.in_(names[start : start + 500])))
        return len(names)


_DIGEST: Final = re.compile(r'"\$blob":"([^"]+)"')


def digests_in(payload: str) -> set[str]:
    """The bodies that a payload refers to."""
    return set(_DIGEST.findall(payload))


def referenced(session: Session, digests: Collection[str], *, after: int = 0, skip: Collection[str] = ()) -> set[str]:
    """Those of these bodies that a fact behind the id `after` refers to, but for the facts of `skip`."""
    found: set[str] = set()
    if not digests:
        return found
    for row in payloads(session, after=after, like='%"$blob":"%'):
        if row.stream not in skip:
            found.update(one for one in _DIGEST.findall(row.payload) if one in digests)
    return found


def payloads(session: Session, *, after: int = 0, like: str = "%") -> Iterator[Any]:
    """(id, stream, seq, kind, payload) of all facts in order of arrival, a page at a time."""
    columns = (EVENTS.c.id, EVENTS.c.stream, EVENTS.c.seq, EVENTS.c.kind, EVENTS.c.payload)
    while True:
        query = sa.select(*columns).where(EVENTS.c.id > after, EVENTS.c.payload.like(like)).order_by(EVENTS.c.id)
        rows = list(session.execute(query.limit(PAGE)))
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1].id
