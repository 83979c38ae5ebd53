"""What a run answered and which calls it made, read back from its ledger."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from optimizer.metric import Call
from traces.events import HistoryTaken, RunDelegated, RunFinished, RunStarted, ToolCalled, ToolReturned
from traces.store import read_events, read_streams

KINDS = ("run_started", "history_taken", "tool_called", "run_delegated", "run_finished")


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
            case HistoryTaken():
                history = event.runs
            case RunFinished():
                output = event.output
            case _:
                pass
    return RecordedRun(started, output, tuple(calls), tuple(writes), tuple(history), stored[0].at)


def read_heard(session: Session, run_ids: Sequence[str]) -> dict[str, list[str]]:
    """What tools answered in each of these runs: every text in a result, one to a line."""
    found = read_streams(session, run_ids, ["tool_returned"])
    return {
        run_id: ["\n".join(_texts(one.event.result)) for one in facts if isinstance(one.event, ToolReturned)]
        for run_id, facts in found.items()
    }


def _texts(result: Any) -> Iterator[str]:
    """The words themselves: in JSON a line's end would be two letters of the next word."""
    if isinstance(result, str):
        yield result
    elif isinstance(result, Mapping):
        for value in result.values():
            yield from _texts(value)
    elif isinstance(result, list):
        for value in result:
            yield from _texts(value)
