"""From decoded spans to the ledger: one commit for a request, each span once, and an account of what was not kept.

A span is named by its trace and its own id, so a request that an exporter sends again changes nothing. Prevents:
spans that are lost without a word, counted twice, or answered before they are on disk.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.entries import Entry, entry_of
from traces.events import SpansReceived
from traces.ids import digest_json
from traces.otlp.limits import MOST_PER_TRACE, UNREADABLE
from traces.otlp.messages import Read
from traces.otlp.span import Span
from traces.otlp.trace import about, row_of, run_id_of
from traces.pen import Statement, pen_of
from traces.planned import Planned
from traces.recorder import Recorder
from traces.redact import Redactor
from traces.store import find_runs, read_recorded
from traces.summary import RunSummary, retell


@dataclass(frozen=True)
class Receipt:
    """What became of the spans of one request. `refused` says why, with how many spans that is true of."""

    kept: int = 0
    known: int = 0
    """Spans that were on record already: sent again, and not written again."""
    refused: Counter[str] = field(default_factory=Counter)
    runs: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Why spans were refused, for whoever sent them."""
        lines = [f"{why} ({count} spans)" if count > 1 else why for why, count in self.refused.most_common(20)]
        return "; ".join(lines)[:4000]


def receive(recorder: Recorder, spans: Sequence[Span], refused: Iterable[str] = ()) -> Receipt:
    """Write the spans that are new. They are durable when this returns.

    Args:
        recorder: writes them.
        spans: of any number of traces, in any order.
        refused: why other spans of the request could not be decoded; counted in the receipt.

    Raises:
        LedgerUnavailable: nothing was written; the request may be sent again.
    """
    by_trace: dict[str, list[Span]] = {}
    # Before anything is made of them: previews and words come from what may be kept.
    for span in _redacted(recorder.redactor, spans):
        by_trace.setdefault(span.trace_id, []).append(span)
    sorter = _Sorter(by_trace, Counter(refused))
    recorder.append_planned(sorter.plan)
    known = len(spans) - sorter.kept - sorter.lost.total()
    receipt = Receipt(sorter.kept, known, sorter.refused, tuple(run_id_of(trace) for trace in by_trace))
    for why, count in (Counter({UNREADABLE: receipt.refused.total() - sorter.lost.total()}) + sorter.lost).items():
        recorder.losses.add("spans", why, count, receipt.told)
    recorder.losses.settle()
    return receipt


_OUTSIDE: Final = ("name", "message", "attributes", "state")
"""What of a span somebody wrote. Ids and times are numbers that could be taken for a card's."""

_INNER: Final = ("events", "links")


LOOKED_AT: Final = 64
"""Spans whose texts are looked at in one go: some hundred kilobytes."""


def _redacted(redactor: Redactor, spans: Sequence[Span]) -> Iterator[Span]:
    """The spans as they may be kept."""
    for start in range(0, len(spans), LOOKED_AT):
        some = spans[start : start + LOOKED_AT]
        sources = {id(span.source): span.source for span in some}
        fewer = redactor.narrowed([[_written(span) for span in some], *sources.values()])
        yield from some if fewer is None else (_without(fewer, span) for span in some)


def _written(span: Span) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """What of a span somebody wrote, and the same of what is inside it."""
    written: dict[str, Any] = {name: span.data[name] for name in _OUTSIDE if name in span.data}
    return written, {name: [_noted(one) for one in span.data[name]] for name in _INNER if name in span.data}


def _without(redactor: Redactor, span: Span) -> Span:
    """The span as it may be kept; how much was taken out is told beside it."""
    (kept, inside, source), found = redactor.value([*_written(span), span.source])
    if not found:
        return span
    joined = {
        name: [{**one, **clean} for one, clean in zip(span.data[name], items, strict=True)]
        for name, items in inside.items()
    }
    return Span(span.trace_id, {**span.data, **kept, **joined, "redacted": found}, source)


def _noted(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in ("name", "attributes") if name in one}


_THERE: Final = Statement(
    {
        "sqlite": sa.text("SELECT id FROM runs WHERE id IN (SELECT value FROM json_each(:runs))"),
        "postgresql": sa.text("SELECT id FROM runs WHERE id = ANY(:runs)"),
    }
)


class _Sorter:
    """Decides, inside the transaction, which spans are new. Most are all: those are made ready before it."""

    def __init__(self, by_trace: dict[str, list[Span]], refused: Counter[str]) -> None:
        self._by_trace = by_trace
        self._before = refused
        self._ready: dict[str, _Batch] = {}
        for trace_id, spans in by_trace.items():
            new, _ = self._new(spans, frozenset())
            self._ready[trace_id] = _batch(trace_id, new)
        self.refused = refused
        self.lost: Counter[str] = Counter()
        """How many of these by one word; those that could not be decoded are not among them."""
        self.kept = 0

    def plan(self, session: Session) -> list[Planned]:
        self.kept, self.refused, self.lost = 0, Counter(self._before), Counter()
        pen = pen_of(session)
        there = pen.column(_THERE, {"runs": pen.these([run_id_of(trace) for trace in self._by_trace])})
        runs = find_runs(session, there)
        earlier = read_recorded(session, runs, ["spans_received"], bodies=False) if runs else {}
        planned = []
        for trace_id, spans in self._by_trace.items():
            stream = run_id_of(trace_id)
            known = runs.get(stream)
            if known is not None and known.erased_at is not None:
                self._lose("erased", f"run {stream} was erased: nothing can be added to it", len(spans))
                continue
            batches = [one.event for one in earlier.get(stream, ()) if isinstance(one.event, SpansReceived)]
            seen = frozenset(row[0] for batch in batches for row in batch.index)
            new, over = self._new(spans, seen)
            self._lose("trace full", f"trace {trace_id} has {MOST_PER_TRACE:,} spans already", over)
            if new:
                self.kept += len(new)
                ready = self._ready[trace_id]
                planned.append(
                    _planned(ready if len(new) == len(ready.spans) else _batch(trace_id, new), batches, known)
                )
        return planned

    def _lose(self, why: str, told: str, count: int) -> None:
        if count:
            self.lost[why] += count
            self.refused[told] += count

    def _new(self, spans: list[Span], known: frozenset[str]) -> tuple[list[Span], int]:
        """The spans that are not on record, and how many of such there is no room for."""
        room = MOST_PER_TRACE - len(known)
        new: dict[str, Span] = {}
        over = 0
        for span in spans:
            name = span.data["id"]
            if name in known or name in new:
                continue
            if len(new) >= room:
                over += 1
            else:
                new[name] = span
        return list(new.values()), over


@dataclass(frozen=True)
class _Batch:
    """Spans of one trace that are written together, and what is written of them."""

    trace_id: str
    spans: list[Span]
    event: SpansReceived
    entry: Entry


def _batch(trace_id: str, spans: list[Span]) -> _Batch:
    sources, told = _sources(spans)
    rows = [row_of(span.data) for span in spans]
    service = str(spans[0].source.get("resource", {}).get("service.name", ""))
    event = SpansReceived(
        trace_id=trace_id,
        index=[list(row) for row in rows],
        about=about([(row, Read(span.data)) for row, span in zip(rows, spans, strict=True)], service),
        spans=told,
        sources=sources,
        redacted=dict(sum((Counter(span.data.get("redacted", {})) for span in spans), Counter())),
    )
    return _Batch(trace_id, spans, event, entry_of(event))


def _planned(batch: _Batch, before: list[SpansReceived], run: RunSummary | None) -> Planned:
    stream = run_id_of(batch.trace_id)
    after = retell(run or stream, [*before, batch.event])
    return Planned(stream, batch.entry, replace(after, events=after.events + 1), is_first=run is None)


def _sources(spans: list[Span]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The different sources, and the spans with the number of theirs where it is not the first."""
    places: dict[int, int] = {}
    by_digest: dict[str, int] = {}
    sources: list[dict[str, Any]] = []
    told = []
    for span in spans:
        place = places.get(id(span.source))
        if place is None:
            place = by_digest.setdefault(digest_json(span.source), len(sources))
            places[id(span.source)] = place
            if place == len(sources):
                sources.append(span.source)
        told.append({**span.data, "source": place} if place else span.data)
    return sources, told
