"""Nights of the example agents with an embedded model, and DSPy's optimizers for as many rollouts without a gate.

Each seed draws four fifths of an agent's development tasks, whose runs the reviewers have judged. The night, and each
of DSPy's optimizers, starts from a copy of that record. What is promoted is played on the held-out tasks, against
what served before. Hours of work: all of it is in the ledgers of FOLDER, so the same command goes on after a stop;
what is finished is a line of RESULTS, which is committed, and is not measured again.

`python -m benchmarks.nights.embedded --agents desk --seeds 5`; `make bench-nights MODEL=local:…`.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.assembly import open_runtime
from agents.config import Workspace, load_workspace
from agents.models.gateway import Gateway
from agents.prompts.bundle import Bundle
from agents.prompts.store import get_bundle
from agents.selection import current_bundle
from agents.tasks import Correction, Task, load_corrections, load_tasks
from benchmarks.nights.dspy_alone import WAYS, Given
from optimizer.bill import paid_so_far
from optimizer.evaluate import Evaluation, compare, evaluate
from optimizer.gate import GateRules
from optimizer.mine import mine
from optimizer.night_log import NightLog
from optimizer.night_stages import trial_of
from optimizer.nightly import run_night
from optimizer.pools import assign
from optimizer.progress import Progress
from optimizer.purse import Caps, Purse
from optimizer.reflection import Reflection
from optimizer.rollouts import Rollouts
from optimizer.settings import NightSettings
from optimizer.strategies.protocol import Trial, Tried
from traces.db import Database, open_database
from traces.events import NightResumed, NightStarted, RolloutScored
from traces.feedback import give_feedback
from traces.recorder import Recorder
from tui.commands.demo_play import Played, play_all
from tui.commands.demo_story import judgement
from tui.commands.demo_workspace import make_demo_workspace

MODEL = "local:qwen2.5-coder-1.5b-instruct"
RESULTS = Path(__file__).with_name("embedded.jsonl")
DRAWN = 0.8
NIGHT = "strop"

BUDGETS = {"desk": 240, "claims": 90, "gifts": 90}
"""The most rollouts of a night, and of each of DSPy's optimizers. A claim takes tens of seconds, a message one."""


def settings(agent: str, seed: int) -> NightSettings:
    """The preset for an embedded model, cut to the budget."""
    few = BUDGETS[agent] < 200
    return NightSettings(
        seed=seed, rollouts=BUDGETS[agent], minutes=None, dollars=None,
        candidates=3 if few else 6, rungs=(4, 8) if few else (8, 16, 24), noise_examples=6 if few else 12,
        gepa_rollouts=24 if few else 60, least_examples=8,
    )  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """How one way ended for one seed. `promoted`: the version that would serve from now on."""

    workspace: Workspace
    promoted: str | None
    verdict: str
    reasons: tuple[str, ...]
    tokens: float
    rollouts: int
    minutes: float


# --- the record that everything starts from ---------------------------------------------------------------------


def play_base(folder: Path, agent: str) -> tuple[Workspace, list[Played]]:
    """Every development task played once by the agent as it is; what is on record is not played again."""
    workspace = _workspace(folder / f"{agent}-base")
    tasks = _tasks(workspace, agent, "dev")
    database = open_database(workspace.database_url)
    try:
        return workspace, asyncio.run(_played(workspace, database, agent, tasks))
    finally:
        database.close()


async def _played(workspace: Workspace, database: Database, agent: str, tasks: Sequence[Task]) -> list[Played]:
    runtime = open_runtime(workspace, database)
    told = _counter(f"{agent}: development tasks", len(tasks))
    try:
        return await play_all(runtime, agent, tasks, at_once=1, told=lambda played: told())
    finally:
        await runtime.close()


def copy_for(folder: Path, base: Workspace, agent: str, seed: int, way: str, played: Sequence[Played]) -> Workspace:
    """A workspace with the base's runs, of which the seed's draw is judged; servers' data are as new."""
    root = folder / f"{agent}-{seed}-{way.split()[-1].lower()}"
    if not (root / "judged").exists():
        shutil.rmtree(root, ignore_errors=True)
        workspace = _workspace(root)
        (root / ".strop").mkdir(exist_ok=True)
        with sqlite3.connect(_file(base)) as source, sqlite3.connect(_file(workspace)) as target:
            source.backup(target)
        database = open_database(workspace.database_url)
        corrections = load_corrections(workspace.root, agent)
        for one in draw(played, seed):
            said = judgement(one, corrections.get(one.task.id) or _from_task(one.task))
            give_feedback(Recorder(database), one.runs[-1], said)
        database.close()
        (root / "judged").touch()
    return _workspace(root)


def draw(played: Sequence[Played], seed: int) -> list[Played]:
    """Four fifths of the tasks, as the seed draws them."""
    return random.Random(seed).sample(list(played), round(len(played) * DRAWN))


def _from_task(task: Task) -> Correction:
    """The right answer alone, where no reviewer of the example wrote about the task."""
    expected = task.expected.model_dump(mode="json")
    answer = expected["output"] or {"calls": expected["calls"], "no_calls": expected["no_calls"]}
    return Correction(task=task.id, reviewer="author", score=0.0, correction=answer)


# --- the ways -----------------------------------------------------------------------------------------------------


def by_night(workspace: Workspace, agent: str, seed: int) -> Ended:
    """A night of ours; its proposal counts as approved."""
    told = _Stages()
    night = run_night(workspace, agent, settings(agent, seed), told)
    told.end()
    return Ended(
        workspace, night.proposal, night.verdict, night.reasons, night.spent.tokens, night.spent.rollouts,
        night.seconds / 60,
    )  # fmt: skip


def by_dspy(way: str) -> Callable[[Workspace, str, int], Ended]:
    """One of DSPy's optimizers, on the same examples: what ours keeps sealed is for its validation."""

    def work(workspace: Workspace, agent: str, seed: int) -> Ended:
        database = open_database(workspace.database_url)
        try:
            return _alone(workspace, database, agent, seed, way)
        finally:
            database.close()

    return work


def _alone(workspace: Workspace, database: Database, agent: str, seed: int, way: str) -> Ended:
    log = NightLog(database, f"night_alone_{seed}", agent)
    definition = workspace.agent(agent)
    with database.writing() as session:
        live = current_bundle(session, log.recorder, workspace, definition)
        incumbent = get_bundle(session, live).bundle
    if not log.append(NightStarted(op="start", agent=agent, incumbent=live, settings={"way": way})):
        log.append(NightResumed(recorded_rollouts=len(log.all(RolloutScored))))
    with database.reading() as session:
        examples = mine(session, agent, definition.block.metric).examples
    families = assign(examples, settings(agent, seed).shares, {})
    train = [one for one in examples if families[one.family] == "reflect" and one.scorable]
    validation = [one for one in examples if families[one.family] != "reflect" and one.scorable]
    purse = Purse(Caps(), spent=paid_so_far(log), seconds=log.worked_seconds())
    rollouts = Rollouts(
        log, lambda: open_runtime(workspace, database), definition.block.metric, purse, incumbent=live, concurrency=1
    )
    try:
        model = Gateway(workspace.gateway, workspace.local).model(workspace.reflection_model or MODEL)
        ask = Reflection(log, model, purse, rollouts.thread, calls=1000)
        told = _counter(f"{agent} {seed} {way}", BUDGETS[agent])
        trial = _counted(trial_of(rollouts, live, train, validation), told)
        given = Given(incumbent, trial, train, validation[: BUDGETS[agent] // 6], ask, seed, BUDGETS[agent])
        best = WAYS[way](given)
        spent = purse.spent
        digest = None if best is None else rollouts.add(best, parent=live, note=way)
    finally:
        rollouts.close()
    verdict = "not tested" if digest else "nothing led on the validation set"
    return Ended(workspace, digest, verdict, (), spent.tokens, spent.rollouts, purse.seconds / 60)


def _counted(trial: Trial, told: Callable[[], None]) -> Trial:
    def counted(bundle: Bundle, name: str) -> Tried:
        tried = trial(bundle, name)
        told()
        return tried

    return counted


# --- what it was worth --------------------------------------------------------------------------------------------


def held_out(workspace: Workspace, agent: str, bundle: str) -> Evaluation:
    """The version on every held-out task, live against the example's own servers."""
    tasks = _tasks(workspace, agent, "heldout")
    told = _counter(f"{agent}: held out", len(tasks))
    database = open_database(workspace.database_url)
    try:
        return evaluate(
            workspace, database, bundle, tasks, name="bench", concurrency=1, told=lambda done, total, one: told()
        )
    finally:
        database.close()


def measure(folder: Path, agents: Sequence[str], seeds: int, model: str) -> None:
    """Measure what RESULTS has no line of yet."""
    ways: dict[str, Callable[[Workspace, str, int], Ended]] = {NIGHT: by_night}
    ways |= {way: by_dspy(way) for way in WAYS}
    for agent in agents:
        base, played = play_base(folder, agent)
        before = _before(folder, base, agent, played)
        for seed in range(1, seeds + 1):
            for way, work in ways.items():
                if any((one["model"], one["agent"], one["seed"], one["way"]) == (model, agent, seed, way)
                       for one in results()):  # fmt: skip
                    continue
                ended = work(copy_for(folder, base, agent, seed, way, played), agent, seed)
                line = {
                    "model": model, "agent": agent, "seed": seed, "way": way,
                    "on": datetime.now(UTC).date().isoformat(), "budget": BUDGETS[agent],
                    "verdict": ended.verdict, "reasons": list(ended.reasons), "promoted": ended.promoted,
                    "rollouts": ended.rollouts, "tokens": round(ended.tokens), "minutes": round(ended.minutes, 1),
                    **_worth(agent, before, ended),
                }  # fmt: skip
                with RESULTS.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
                print(_row(line), flush=True)


def _before(folder: Path, base: Workspace, agent: str, played: Sequence[Played]) -> Evaluation:
    """What serves, on the held-out tasks, in a copy of its own: its servers have seen no other version."""
    workspace = copy_for(folder, base, agent, 0, "before", played)
    database = open_database(workspace.database_url)
    try:
        with database.writing() as session:
            live = current_bundle(session, Recorder(database), workspace, workspace.agent(agent))
    finally:
        database.close()
    return held_out(workspace, agent, live)


def _worth(agent: str, before: Evaluation, ended: Ended) -> dict[str, Any]:
    """The paired difference on held-out tasks, in points, with its 95 % interval over families; none if nothing."""
    if ended.promoted is None:
        return {"before": round(100 * before.mean, 1), "gain": None, "interval": None, "held_out": len(before.told)}
    found = compare(before, held_out(ended.workspace, agent, ended.promoted), GateRules(resamples=10_000))
    return {
        "before": round(100 * found.before, 1), "gain": round(100 * found.delta, 1), "held_out": found.n,
        "interval": [round(100 * found.interval.low, 1), round(100 * found.interval.high, 1)],
    }  # fmt: skip


# --- telling ------------------------------------------------------------------------------------------------------


def results() -> list[dict[str, Any]]:
    """The finished lines, oldest first."""
    if not RESULTS.exists():
        return []
    return [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines() if line.strip()]


def summary() -> dict[str, Any]:
    """Of all that is recorded, for each model, agent and way: promotions, those that hurt, mean gain and cost."""
    told: dict[str, Any] = {}
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for one in results():
        groups.setdefault((one["model"], one["agent"], one["way"]), []).append(one)
    for (model, agent, way), lines in groups.items():
        gains = [one["gain"] for one in lines if one["gain"] is not None]
        told.setdefault(model, {}).setdefault(agent, {})[way] = {
            "seeds": len(lines), "promotions": len(gains), "that_hurt": sum(gain < 0 for gain in gains),
            "surely_hurt": sum(one["interval"][1] < 0 for one in lines if one["interval"]),
            "mean_gain": round(sum(gains) / len(gains), 1) if gains else None,
            "tokens_a_night": round(sum(one["tokens"] for one in lines) / len(lines)),
            "minutes_a_night": round(sum(one["minutes"] for one in lines) / len(lines), 1),
            "measured_on": sorted({one["on"] for one in lines}),
        }  # fmt: skip
    return told


def told() -> dict[str, Any]:
    """Print every line that is recorded, with its date; gives the summary."""
    for one in results():
        print(_row(one))
    return summary()


def _row(one: dict[str, Any]) -> str:
    gain = "nothing promoted" if one["gain"] is None else f"{one['gain']:+.1f} points {one['interval']}"
    return (
        f"  {one['agent']:7} seed {one['seed']} {one['way']:38} {one['verdict']:34} {gain}; "
        f"{one['rollouts']} rollouts, {one['tokens']} tokens, {one['minutes']} min ({one['on']})"
    )


class _Stages:
    """A night's progress, a line for each stage."""

    def __call__(self, step: Progress) -> None:
        if step.message:
            print(f"\n    {step.stage}: {step.message}", flush=True)
        elif step.total:
            print(f"\r    {step.stage} {step.done}/{step.total}", end="", flush=True)

    def end(self) -> None:
        print(flush=True)


def _counter(what: str, total: int) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        print(f"\r    {what} {done}/{total}", end="\n" if done == total else "", flush=True)

    return step


# --- the workspace ------------------------------------------------------------------------------------------------


def _workspace(root: Path) -> Workspace:
    make_demo_workspace(root)
    return load_workspace(root)


def _file(workspace: Workspace) -> str:
    return workspace.database_url.removeprefix("sqlite:///")


def _tasks(workspace: Workspace, agent: str, split: Any) -> list[Task]:
    """The desk's hand-overs are left out: they are the claims assistant's work, minutes each."""
    return [one for one in load_tasks(workspace.root, agent, split) if agent != "desk" or not one.expected.calls]


def main() -> None:
    """Measure, print every line that is recorded, then the summary as JSON."""
    parser = argparse.ArgumentParser(description="Nights with an embedded model.")
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--agents", default=",".join(BUDGETS), help="of desk, claims and gifts")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path("generated/nights"), help="where the ledgers lie")
    asked = parser.parse_args()
    os.environ["STROP_MODEL"] = os.environ["STROP_REFLECTION_MODEL"] = asked.model
    asked.folder.mkdir(parents=True, exist_ok=True)
    measure(asked.folder.resolve(), asked.agents.split(","), asked.seeds, asked.model)
    print(json.dumps(told()))


if __name__ == "__main__":
    main()
