"""What a run answered and which calls it made, read back from its ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from optimizer.metric import Call
from traces.events import HistoryTaken, RunDelegated, RunFinished, RunStarted, ToolCalled, ToolReturned
from traces.ids import canonical_json
from traces.store import read_events

KINDS = ("run_started", "history_taken", "tool_called", "tool_returned", "run_delegated", "run_finished")


@dataclass(frozen=True)
class RecordedRun:
    """One run as far as scoring and learning need it."""

    started: RunStarted
    output: Any
    calls: tuple[Call, ...]
    writes: tuple[Call, ...]
    """The calls that may have changed something."""
    history: tuple[str, ...] = ()
    """The earlier turns that the agent was really told of: what its answer followed from."""
    heard: tuple[str, ...] = ()
    """What tools answered, as text."""
    started_at: datetime | None = None


def read_run(session: Session, run_id: str) -> RecordedRun:
    """Read it; `output` is None where the run gave no answer."""
    stored = read_events(session, run_id, kinds=KINDS)
    events = [one.event for one in stored]
    started = events[0]
    assert isinstance(started, RunStarted)
    output: Any = None
    history = started.history
    calls: list[Call] = []
    heard: list[str] = []
    writes: list[Call] = []
    seen: set[str | None] = set()
    for event in events:
        match event:
            case ToolCalled() if event.op not in seen:  # a repeated attempt is the same call
                seen.add(event.op)
                calls.append(Call(event.tool, dict(event.arguments or {})))
                if event.effect != "read":
                    writes.append(calls[-1])
            case RunDelegated():
                calls.append(Call(event.tool, {"request": event.request}))
            case ToolReturned():
                heard.append(event.result if isinstance(event.result, str) else canonical_json(event.result))
            case HistoryTaken():
                history = event.runs
            case RunFinished():
                output = event.output
            case _:
                pass
    return RecordedRun(started, output, tuple(calls), tuple(writes), tuple(history), tuple(heard), stored[0].at)
