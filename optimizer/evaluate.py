"""Playing tasks with known right answers on a bundle, live: the held-out check of `strop check` and of the demo.

Prevents a held-out message from being learned from (its runs are evaluations, marked as held out, and never mined)
and a comparison of different tasks. What is on record under the same name is not run again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agents.assembly import open_runtime
from agents.config import Workspace
from agents.errors import JournalDiverged, OutcomeUnknown, RunFailed, RunOwned
from agents.journal import ReplayMiss
from agents.prompts.store import get_bundle
from agents.runtime import Runtime
from agents.starting import Start
from agents.tasks import Task
from optimizer.answers import read_run
from optimizer.evidence import Evidence
from optimizer.gate import GateContext, GateRules, Pair, gate
from optimizer.metric import Call, score
from traces.db import Database
from traces.events import RolloutScored
from traces.ids import digest_json, digest_text, short
from traces.store import find_run, get_run, list_streams, read_events
from traces.summary import RunSummary

Told = Callable[[int, int, "TaskScore"], None]
"""(done, total, the newest) after each task."""


@dataclass(frozen=True)
class TaskScore:
    """How one task went; `output` is the last turn's answer (None: none was given)."""

    task: str
    family: str
    score: float
    feedback: str
    output: Any
    run_id: str
    tokens: int = 0
    seconds: float = 0.0
    cost: float | None = None
    diverged: bool = False
    """It came to a call that was not made: its score says nothing."""


@dataclass(frozen=True)
class Evaluation:
    """All tasks on one bundle, in the order given."""

    bundle: str
    scores: tuple[TaskScore, ...]

    @property
    def told(self) -> tuple[TaskScore, ...]:
        """Those that say something: that came to no call that was not made."""
        return tuple(one for one in self.scores if not one.diverged)

    @property
    def mean(self) -> float:
        """Mean score of those that say something; 0 for none."""
        return sum(one.score for one in self.told) / len(self.told) if self.told else 0.0

    @property
    def right(self) -> int:
        """How many tasks were wholly right."""
        return sum(one.score >= 1.0 for one in self.told)


def evaluate(
    workspace: Workspace, database: Database, bundle: str, tasks: Sequence[Task], *, name: str = "held-out",
    concurrency: int = 0, told: Told | None = None, make_runtime: Callable[[], Runtime] | None = None,
    reads_only: bool = False,
) -> Evaluation:  # fmt: skip
    """Play each task's turns as one conversation with the bundle, against the real tool servers, and score it.

    With `reads_only` no call is made that may change something; a task that comes to such a call has `diverged`, and
    says nothing.

    The same `name`, bundle and task again reads the record; another `name` plays anew. Blocking; a killed evaluation
    goes on where it stopped when it is called again.

    Raises:
        NotFound: the bundle is not in the registry.
        ModelUnavailable, ToolServerUnavailable: nothing can be said about the bundle then.
    """
    maker = make_runtime or (lambda: open_runtime(workspace, database))
    return asyncio.run(_evaluate(workspace, maker, bundle, tasks, name, concurrency, told or _untold, reads_only))


def compare(before: Evaluation, after: Evaluation, rules: GateRules | None = None) -> Evidence:
    """The paired difference of two evaluations of the same tasks, with its interval over families."""
    found = {one.task: one for one in after.scores}
    pairs = [
        Pair(one.task, one.family, one.score, other.score, tokens=(one.tokens, other.tokens))
        for one in before.told
        if (other := found.get(one.task)) is not None and not other.diverged
    ]
    return gate(pairs, rules, GateContext(a=short(before.bundle), b=short(after.bundle), metric="held-out"))


async def _evaluate(
    workspace: Workspace, maker: Callable[[], Runtime], bundle: str, tasks: Sequence[Task], name: str,
    concurrency: int, told: Told, reads_only: bool,
) -> Evaluation:  # fmt: skip
    runtime = maker()
    try:
        with runtime.database.reading() as session:
            stored = get_bundle(session, bundle).bundle
        player = Player(workspace, runtime, stored.agent, bundle, name, reads_only=reads_only)
        slots = asyncio.Semaphore(concurrency or _at_once(workspace, stored.model))
        done = 0

        async def play(task: Task) -> TaskScore:
            nonlocal done
            async with slots:
                scored = await player.play(task)
            done += 1
            told(done, len(tasks), scored)
            return scored

        async with asyncio.TaskGroup() as group:
            playing = [group.create_task(play(task)) for task in tasks]
        return Evaluation(bundle, tuple(one.result() for one in playing))
    except* Exception as errors:
        raise _first(errors) from None
    finally:
        await runtime.close()


def _at_once(workspace: Workspace, model: str) -> int:
    return workspace.local.slot_count() if model.startswith("local:") else 8


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _untold(done: int, total: int, scored: TaskScore) -> None:
    """For evaluations nobody looks at."""


def stream_of(agent: str, bundle: str, name: str) -> str:
    """The stream that has the scores of an evaluation."""
    return f"check_{short(digest_json([agent, bundle, name]))}"


class Player:
    """Plays tasks of one agent on one bundle, under one name."""

    def __init__(
        self, workspace: Workspace, runtime: Runtime, agent: str, bundle: str, name: str, *, reads_only: bool = False
    ) -> None:
        self.runtime = runtime
        self.reads_only = reads_only
        self.agent = agent
        self.bundle = bundle
        self.metric = workspace.agent(agent).block.metric
        self.name = name
        self.stream = stream_of(agent, bundle, name)
        # One name for this evaluation, whoever works on it: a killed one's runs are taken up at once.
        runtime.worker = self.stream
        self._known = self._recorded()

    def _recorded(self) -> dict[str, RolloutScored]:
        with self.runtime.database.reading() as session:
            if self.stream not in list_streams(session, self.stream):
                return {}
            stored = read_events(session, self.stream, kinds=["rollout_scored"])
        return {one.event.example: one.event for one in stored if isinstance(one.event, RolloutScored)}

    async def play(self, task: Task) -> TaskScore:
        """Play one task, or read how it went."""
        runs = [self._run_id(task, turn) for turn in range(len(task.turns))]
        if task.id not in self._known:
            await self._turns(task, runs)
        scored, summaries = self._scored(task, runs)
        if task.id not in self._known:
            self._known[task.id] = self._record(scored, summaries)
        return scored

    async def _turns(self, task: Task, runs: list[str]) -> None:
        for at, (text, run_id) in enumerate(zip(task.turns, runs, strict=True)):
            ask = Start(
                self.agent, text, f"conv_{runs[0].removeprefix('run_')}", origin="evaluation", bundle=self.bundle,
                history=tuple(runs[:at]), reads_only=self.reads_only,
                metadata={"pool": "held_out", "example": task.id, "family": task.family, "check": self.name},
            )  # fmt: skip
            try:
                if not self.runtime.exists(run_id):
                    self.runtime.start(ask, run_id=run_id)
                await self.runtime.work(run_id)
            except (OutcomeUnknown, RunOwned, JournalDiverged):
                raise
            except (
                RunFailed,
                ReplayMiss,
            ):  # the agent's own failure: the conversation ends there, and counts as it stands
                return

    def _scored(self, task: Task, runs: list[str]) -> tuple[TaskScore, list[RunSummary]]:
        with self.runtime.database.reading() as session:
            played = [run for run in runs if find_run(session, run) is not None]
            summaries = [get_run(session, run) for run in played]
            recorded = [read_run(session, run) for run in played]
        calls: list[Call] = [call for one in recorded for call in one.calls]
        output = recorded[-1].output if len(recorded) == len(runs) else None
        judged = score(self.metric, task.expected.model_dump(mode="json"), output, calls)
        failed = summaries[-1].status != "finished"
        costs = [one.cost for one in summaries if one.cost is not None]
        scored = TaskScore(
            task=task.id, family=task.family, score=0.0 if failed else judged.value,
            feedback=f"No answer: {summaries[-1].error}" if failed else judged.feedback, output=output,
            run_id=played[-1], tokens=sum(one.input_tokens + one.output_tokens for one in summaries),
            seconds=sum(one.seconds or 0.0 for one in summaries), cost=sum(costs) if costs else None,
            diverged=any(one.divergences for one in summaries),
        )  # fmt: skip
        return scored, summaries

    def _record(self, scored: TaskScore, summaries: list[RunSummary]) -> RolloutScored:
        event = RolloutScored(
            op=f"{self.bundle}:{scored.task}:0", bundle=self.bundle, example=scored.task, replica=0, pool="held_out",
            score=None if scored.diverged else scored.score, feedback=scored.feedback, run_id=scored.run_id,
            cost=scored.cost,
            input_tokens=sum(one.input_tokens for one in summaries),
            output_tokens=sum(one.output_tokens for one in summaries), seconds=scored.seconds,
        )  # fmt: skip
        self.runtime.recorder.append(self.stream, event)
        return event

    def _run_id(self, task: Task, turn: int) -> str:
        return f"run_{self.stream}_{short(digest_text(task.id))}_{turn + 1}"
