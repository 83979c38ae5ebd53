"""Our runs to another backend, each at least once: what has been sent is a fact of the ledger.

It is written after the answer. A sender that is killed sends its last page again, with the
same ids. Runs that came from elsewhere are not sent on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from traces.events import SpansSent
from traces.ids import digest_text, short
from traces.otlp.encode import encode
from traces.recorder import Recorder
from traces.store import StoredEvent, find_run, read_events, read_feed, read_stream

ENDS: Final = ("run_finished", "run_failed", "run_cancelled")
PAGE: Final = 20
"""Runs a request: some hundred kilobytes."""

SETTLED: Final = timedelta(seconds=5)
"""How old a fact must be: PostgreSQL gives ids out before transactions commit, and none of ours takes this long."""


@dataclass(frozen=True)
class Sent:
    """What one call of `forward` sent."""

    runs: int = 0
    spans: int = 0
    requests: int = 0
    through: int = 0
    """Id of the last fact that was looked at: the next call goes on behind it."""


def forward(
    recorder: Recorder,
    target: str,
    post: Callable[[bytes], None],
    *,
    service: str = "strop",
    now: datetime | None = None,
) -> Sent:
    """Send every run that ended since the last call to the same target, oldest first.

    Args:
        recorder: of the ledger that is sent.
        target: the backend's address; each has a place of its own in the ledger.
        post: sends one ExportTraceServiceRequest, and raises when it was not taken.
        service: `service.name` of the spans.
        now: runs that ended just before are left for the next call.
    """
    stream = f"forward_{short(digest_text(target))}"
    until = (now or datetime.now(UTC)) - SETTLED
    with recorder.database.reading() as session:
        done = [one.event for one in read_stream(session, stream)]
    last = done[-1] if done else None
    sent = Sent(through=last.through if isinstance(last, SpansSent) else 0)
    while True:
        with recorder.database.reading() as session:
            ends = [one for one in read_feed(session, after=sent.through, kinds=ENDS, limit=PAGE) if one.at <= until]
            body, runs, spans = _page(session, ends, service)
        if not ends:
            return sent
        if runs:
            post(body)
        through = ends[-1].id
        recorder.append(stream, SpansSent(target=target, through=through, runs=runs, spans=spans))
        sent = Sent(sent.runs + runs, sent.spans + spans, sent.requests + bool(runs), through)


def _page(session: Session, ends: list[StoredEvent], service: str) -> tuple[bytes, int, int]:
    streams = list(dict.fromkeys(one.stream for one in ends))
    runs = [
        (_top(session, stream), stream, [(one.at, one.event) for one in read_events(session, stream)])
        for stream in streams
    ]
    body, spans = encode(runs, service=service)
    return body, len(runs), spans


def _top(session: Session, run_id: str) -> str:
    """The run that a person asked for, above this one: they share a trace."""
    seen: set[str] = set()
    while run_id not in seen:
        seen.add(run_id)
        run = find_run(session, run_id)
        if run is None or run.parent_run_id is None:
            break
        run_id = run.parent_run_id
    return run_id
