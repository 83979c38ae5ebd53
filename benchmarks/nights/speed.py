"""What a night costs without its models: rollouts a second on one core, the search's own work, memory.

The baseline of a rollout is the same scripted agent on bare pydantic-ai: no ledger, no replay, no purse. CPU time.
"""

import asyncio
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from agents.prompts.bundle import Bundle
from optimizer.examples import Example
from optimizer.mine import mine
from optimizer.night_log import NightLog
from optimizer.purse import Caps, Purse
from optimizer.race import in_rounds
from optimizer.rollouts import Rollouts
from optimizer.sampling import looked_at
from optimizer.screen import Screen, outside_of
from optimizer.search import find_candidates
from optimizer.settings import NightSettings
from optimizer.strategies.protocol import SearchContext, Tried
from tests.optimizer.night_world import make_world
from traces.db import open_database
from traces.events import NightStarted

SIZES = (50, 500, 5000)


def measure(rollouts: int) -> dict[str, Any]:
    """Rollouts a CPU second with a model of no latency, and the search on 50 to 5,000 examples."""
    told = {**_rollouts(rollouts), **_search()}
    for name, value in told.items():
        print(f"  {name}: {value}")
    return told


def _rollouts(n: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="strop-bench-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'strop.db'}")
        world = make_world(Path(folder) / "ws", database)
        world.play(24, 2)
        log = NightLog(database, "night_bench", "desk")
        log.append(NightStarted(agent="desk", incumbent="none", settings={}))
        metric = world.workspace.agent("desk").block.metric
        with database.reading() as session:
            examples = mine(session, "desk", metric).examples
        made = Rollouts(
            log, lambda: world.make_runtime(world.workspace, database), metric, Purse(Caps()), incumbent="none",
            concurrency=8,
        )  # fmt: skip
        bundle = world.workspace.agent("desk").bundle("test").with_(instructions="Route it.")
        digest = made.add(bundle, parent=examples[0].bundle, note="bench")
        made.many(digest, examples, "select")  # imports, caches
        start, done = time.process_time(), 0
        while done < n:
            done += len(made.many(digest, examples, "select", replica=1 + done // len(examples)))
        ours = (time.process_time() - start) / done
        made.close()
        bare = _bare(world.model(bundle), bundle, examples, n)
        database.close()
    return {
        "rollouts_per_cpu_second": round(1 / ours, 1), "bare_pydantic_ai_per_cpu_second": round(1 / bare, 1),
        "times_bare": round(ours / bare, 2), "rollouts": done,
    }  # fmt: skip


def _bare(model: Any, bundle: Bundle, examples: Any, n: int) -> float:
    """CPU seconds of one run of the same agent without anything of ours."""
    from pydantic_ai import Agent, StructuredDict

    assert bundle.output_schema is not None
    agent = Agent(model, instructions=bundle.instructions, output_type=StructuredDict(bundle.output_schema))

    async def run(one: Example) -> None:
        async with agent.run_stream(one.input) as stream:
            await stream.get_output()

    async def all_of_them() -> float:
        await run(examples[0])
        start = time.process_time()
        for at in range(n):
            await run(examples[at % len(examples)])
        return (time.process_time() - start) / n

    return asyncio.run(all_of_them())


def _search() -> dict[str, Any]:
    """CPU of the whole search at each size: the same trials are made, so what grows is the search's own work."""
    cpu, memory = {}, {}
    _searched(50)  # imports
    for size in SIZES:
        start = time.process_time()
        _searched(size)
        cpu[size] = round(time.process_time() - start, 2)
        memory[size] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    more = (cpu[SIZES[-1]] - cpu[SIZES[0]]) / (SIZES[-1] - SIZES[0])
    return {
        "search_cpu_seconds_by_examples": cpu, "cpu_microseconds_per_added_example": round(1e6 * more, 1),
        "peak_memory_mb_by_examples": memory,
    }  # fmt: skip


def _searched(n: int) -> None:
    examples = [
        Example(
            id=f"ex_{at}", agent="desk", input=f"a message of kind {at % 40} with number {at} and some more words",
            run=f"run_{at}", bundle="", family=f"f{at // 4}", expected={"output": {"team": str(at % 4)}},
            answer={"team": str(at % 4)}, score=0.0, comments=(f"Kind {at % 40} is for team {at % 4}.",),
        )
        for at in range(n)
    ]  # fmt: skip
    incumbent = Bundle(agent="desk", instructions="Route the message.", model="scripted")
    settings = NightSettings(strategies=("demonstrations", "rules", "evolution", "gepa"), concurrency=1)
    most = settings.looked_at
    reflect, select = looked_at(examples[: n // 2], most), in_rounds(examples[n // 2 :])[:most]
    context = SearchContext(
        incumbent=incumbent, reflect=reflect, select=select, settings=settings,
        trial=lambda bundle, example: Tried(0.5, "try again", {"team": "x"}), spent_out=lambda: False,
        reflection=lambda question: json.dumps({"new_instruction": f"Route {len(question)}."}),
        say=lambda text: None, screen=Screen(incumbent, outside_of((*reflect, *select))),
    )  # fmt: skip
    find_candidates(context)
