"""Facts that came from, or went to, another framework over OpenTelemetry."""

from typing import Literal

from traces.events.fact import Event, Json


class SpansReceived(Event):
    """A batch of spans of one trace came in. What they amount to is read from them (`traces.otlp.reading`)."""

    BODIES = frozenset({"spans", "sources"})
    OUTSIDE = frozenset({"spans", "sources"})
    kind: Literal["spans_received"] = "spans_received"
    trace_id: str
    index: Json
    """A row a span, in the order of `spans`: what the list of runs is computed from (`traces.otlp.trace.Row`)."""
    about: Json = {}
    spans: Json
    sources: Json = []
    """Resources and scopes; a span's `source` counts them from 0."""


class SpanObserved(Event):
    """A step of another framework that is neither a model request nor a tool call. Read from spans, never written."""

    kind: Literal["span_observed"] = "span_observed"
    name: str
    attributes: dict[str, Json] = {}
    notes: list[Json] = []
    error: str | None = None
    seconds: float


class SpansSent(Event):
    """Runs that ended up to the fact `through` were taken by another backend."""

    kind: Literal["spans_sent"] = "spans_sent"
    target: str
    through: int
    runs: int
    spans: int
