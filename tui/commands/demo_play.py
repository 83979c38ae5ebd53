"""Playing conversations with known right answers: each turn a run of the deployed agent, named by what it is for.

A run's id is made of task and turn: a demo that was stopped goes on where it was, and plays nothing twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agents.errors import RunFailed
from agents.runtime import Runtime
from agents.starting import Start
from agents.tasks import Task
from optimizer.answers import read_run
from optimizer.metric import score
from traces.store import get_run


@dataclass(frozen=True)
class Played:
    """One conversation that came to its end. `score` is in 0..1 by the agent's own metric."""

    task: Task
    runs: tuple[str, ...]
    output: Any
    score: float
    seconds: float
    error: str | None = None


async def play_all(
    runtime: Runtime, agent: str, tasks: Sequence[Task], *, at_once: int, told: Callable[[Played], None]
) -> list[Played]:
    """Play the conversations, some at once; `told` hears of each as it ends. In the order of `tasks`."""
    slots = asyncio.Semaphore(at_once)

    async def one(task: Task) -> Played:
        async with slots:
            played = await play(runtime, agent, task)
        told(played)
        return played

    return list(await asyncio.gather(*(one(task) for task in tasks)))


async def play(runtime: Runtime, agent: str, task: Task) -> Played:
    """Play one conversation turn by turn and score how it ended."""
    conversation = f"conv_dev_{task.id}"
    runs: list[str] = []
    error: str | None = None
    output: Any = None
    for number, text in enumerate(task.turns, start=1):
        run_id = f"run_dev_{task.id}_{number}"
        if not runtime.exists(run_id):
            about = {"task": task.id, "family": task.family, "changes_state": task.changes_state}
            runtime.start(Start(agent, text, conversation, metadata=about), run_id=run_id)
        runs.append(run_id)
        try:
            output = (await runtime.work(run_id)).output
        except RunFailed as failed:  # the agent gave no answer: that is its result, and the ledger says why
            error, output = str(failed), None
            break
    return _scored(runtime, agent, task, tuple(runs), output, error)


def _scored(
    runtime: Runtime, agent: str, task: Task, runs: tuple[str, ...], output: Any, error: str | None
) -> Played:
    with runtime.database.reading() as session:
        calls = [call for run_id in runs for call in read_run(session, run_id).calls]
        seconds = sum(get_run(session, run_id).seconds or 0.0 for run_id in runs)
    metric = runtime.workspace.agent(agent).block.metric
    value = 0.0 if error else score(metric, task.expected.model_dump(mode="json"), output, calls).value
    return Played(task, runs, output, value, seconds, error)
