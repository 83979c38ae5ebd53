"""What one run amounts to so far: a pure fold over its events. The `runs` table holds nothing else.

Prevents: a list that says one thing and a ledger that says another. `fold` is what `verify` runs again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from traces.events import (
    Event,
    FeedbackGiven,
    ModelReplied,
    ReplayDiverged,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunReleased,
    RunResumed,
    RunStarted,
    RunWaited,
    ToolCalled,
)
from traces.ids import canonical_json, is_utf8

Status = Literal["running", "waiting", "finished", "failed", "cancelled"]
ENDED: Final = frozenset({"finished", "failed", "cancelled"})
PREVIEW: Final = 200
"""Characters of input and output kept in the list row; the whole text is in the ledger."""


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """One row of the runs list. Times are UTC, cost is US dollars (None: no price known for any reply)."""

    id: str
    agent: str
    bundle: str
    conversation_id: str
    parent_run_id: str | None
    origin: str
    status: Status
    started_at: datetime
    ended_at: datetime | None = None
    steps: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    divergences: int = 0
    feedback: int = 0
    score: float | None = None
    error: str | None = None
    input: str = ""
    output: str | None = None
    events: int = 0

    @property
    def seconds(self) -> float | None:
        """Wall time from start to end; None while it is running."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


def begin(run_id: str, event: RunStarted, at: datetime) -> RunSummary:
    """The summary after the first event of a run."""
    return RunSummary(
        id=run_id,
        agent=event.agent,
        bundle=event.bundle,
        conversation_id=event.conversation_id,
        parent_run_id=event.parent_run_id,
        origin=event.origin,
        status="running",
        started_at=at,
        input=preview(event.input),
        events=1,
    )


def advance(run: RunSummary, event: Event, at: datetime) -> RunSummary:
    """The summary after one more event. Pure: the same events always give the same summary."""
    run = replace(run, events=run.events + 1)
    match event:
        case ModelReplied():
            cost = run.cost if event.cost is None else (run.cost or 0.0) + event.cost
            return replace(
                run,
                steps=run.steps + 1,
                input_tokens=run.input_tokens + event.input_tokens,
                output_tokens=run.output_tokens + event.output_tokens,
                cost=cost,
            )
        case ToolCalled():
            return replace(run, tool_calls=run.tool_calls + 1)
        case ReplayDiverged():
            return replace(run, divergences=run.divergences + 1)
        case RunResumed() | RunReleased():
            return replace(run, status="running", error=None, ended_at=None)
        case RunWaited():
            return replace(run, status="waiting", error=storable(event.message))
        case RunFinished():
            return replace(run, status="finished", output=preview(event.output), ended_at=at, error=None)
        case RunFailed():
            return replace(run, status="failed", error=storable(f"{event.error}: {event.message}"), ended_at=at)
        case RunCancelled():
            return replace(run, status="cancelled", ended_at=at)
        case FeedbackGiven():
            return replace(run, feedback=run.feedback + 1, score=run.score if event.score is None else event.score)
        case _:
            return run


def fold(run_id: str, events: Iterable[tuple[Event, datetime]]) -> RunSummary | None:
    """The summary of a whole stream; None when its first event does not start a run."""
    run: RunSummary | None = None
    for event, at in events:
        if run is not None:
            run = advance(run, event, at)
        elif isinstance(event, RunStarted):
            run = begin(run_id, event, at)
        else:
            return None
    return run


def preview(value: Any) -> str:
    """The first characters of a text, or of a value's JSON, on one line, as any database can store it."""
    text = value if isinstance(value, str) else canonical_json(value)
    # Not all of a text of megabytes: white space alone may push what is shown a little further back.
    line = " ".join(text[: 20 * PREVIEW].split())[:PREVIEW]
    return storable(line)


def storable(text: str) -> str:
    """The text without what a database column cannot hold: NUL (PostgreSQL) and half surrogate pairs (both)."""
    if "\0" not in text and is_utf8(text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
