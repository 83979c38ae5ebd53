"""What one run amounts to so far: a pure fold over its events. The `runs` table holds nothing else.

Prevents: a list that says one thing and a ledger that says another. `fold` is what `verify` runs again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from traces.db import from_micros
from traces.events import (
    Event,
    FeedbackGiven,
    FeedbackWithdrawn,
    ModelReplied,
    ReplayDiverged,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunReleased,
    RunResumed,
    RunStarted,
    RunWaited,
    SpansReceived,
    ToolCalled,
    WordsErased,
)
from traces.otlp.trace import summary_fields
from traces.previews import preview, storable

Status = Literal["running", "waiting", "finished", "failed", "cancelled"]
ENDED: Final = frozenset({"finished", "failed", "cancelled"})


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """One row of the runs list. Times are UTC, cost is US dollars (None: no price known for any reply)."""

    id: str
    agent: str
    bundle: str
    conversation_id: str
    parent_run_id: str | None
    origin: str
    model: str = ""
    """The one that replied last, by the name it was asked under; empty before the first reply."""
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
    erased_at: datetime | None = None
    """When its words were erased; its figures are as they were."""

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
    # As dataclasses.replace, which calls the class with each of its fields: every fact makes such a copy.
    after = object.__new__(RunSummary)
    vars(after).update(vars(run), events=run.events + 1, **_changes(run, event, at))
    return after


def _changes(run: RunSummary, event: Event, at: datetime) -> dict[str, Any]:
    """The fields that the event changes, beside the number of events."""
    match event:
        case ModelReplied():
            return {
                "model": storable(event.model)[:200],
                "steps": run.steps + 1,
                "input_tokens": run.input_tokens + event.input_tokens,
                "output_tokens": run.output_tokens + event.output_tokens,
                "cost": run.cost if event.cost is None else (run.cost or 0.0) + event.cost,
            }
        case ToolCalled():
            return {"tool_calls": run.tool_calls + 1}
        case ReplayDiverged():
            return {"divergences": run.divergences + 1}
        case RunResumed() | RunReleased():
            return {"status": "running", "error": None, "ended_at": None}
        case RunWaited():
            return {"status": "waiting", "error": storable(event.message)}
        case RunFinished():
            return {"status": "finished", "output": preview(event.output), "ended_at": at, "error": None}
        case RunFailed():
            return {"status": "failed", "error": storable(f"{event.error}: {event.message}"), "ended_at": at}
        case RunCancelled():
            return {"status": "cancelled", "ended_at": at}
        case FeedbackGiven():
            return {"feedback": run.feedback + 1, "score": run.score if event.score is None else event.score}
        case FeedbackWithdrawn():
            return {"feedback": run.feedback - 1, "score": event.score}
        case WordsErased(whole=True):
            return {"erased_at": at}
        case _:
            return {}


def fold(run_id: str, events: Iterable[tuple[Event, datetime]]) -> RunSummary | None:
    """The summary of a whole stream; None when its first event does not start a run."""
    folding = Folding(run_id)
    for event, at in events:
        folding.take(event, at)
    return folding.run()


class Folding:
    """A fold whose events come one at a time."""

    def __init__(self, run_id: str) -> None:
        self._id = run_id
        self._run: RunSummary | None = None
        self._batches: list[SpansReceived] = []
        self._is_other = False

    def take(self, event: Event, at: datetime) -> None:
        """Add one more event."""
        if self._is_other:
            return
        if isinstance(event, SpansReceived):
            self._batches.append(event)
            self._run = self._run or RunSummary(**_BLANK, id=self._id, started_at=at)
        if self._run is not None and not isinstance(event, RunStarted):
            self._run = advance(self._run, event, at)
        elif isinstance(event, RunStarted):
            self._run = begin(self._id, event, at)
        else:
            self._is_other = True

    def run(self) -> RunSummary | None:
        """What they amount to; None where they are not a run's."""
        return self._run if self._run is None or not self._batches else retell(self._run, self._batches)


_BLANK: Final[dict[str, Any]] = {
    "agent": "", "bundle": "", "conversation_id": "", "parent_run_id": None, "origin": "otlp", "status": "running",
}  # fmt: skip


def retell(run: RunSummary | str, batches: Sequence[SpansReceived]) -> RunSummary:
    """The summary of a run that came as spans, after all these batches of it; `run` is the one before, or the id.

    What people said about the run, and the number of its facts, is kept from before.
    """
    first = batches[0]
    fields = summary_fields(first.trace_id, [(batch.index, batch.about) for batch in batches])
    ended = fields.pop("ended_at")
    fields["started_at"] = from_micros(fields["started_at"])
    fields["ended_at"] = None if ended is None else from_micros(ended)
    if isinstance(run, str):
        return RunSummary(id=run, parent_run_id=None, events=0, **fields)
    return replace(run, **fields)
