"""CPU of a durable and recorded run against the same work of bare pydantic-ai, in turn in one process.

Beside them stands what no ledger goes below (`floor`): the durable surface alone, and the least that records.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic_ai.mcp import MCPToolset

from agents.runtime import Runtime
from agents.starting import Start
from benchmarks.runtime.floor import Rows, durable_agent
from benchmarks.runtime.work import bare_agent, drain, scripted, workspace
from traces.db import open_database


async def measure(folder: Path, urls: dict[str, str], runs: int) -> dict[str, Any]:
    """Median CPU milliseconds per run of each contender, and the ratio to bare.

    Args:
        folder: for the workspace.
        urls: database URLs by name.
        runs: how many of each.
    """
    bare, rows = bare_agent(), Rows(folder / "rows.db")
    dispatched, least = durable_agent("dispatched"), durable_agent("least", rows)

    async def recorded() -> None:
        await least.run("go")
        rows.commit()

    runtimes = {name: _runtime(folder / name, url) for name, url in urls.items()}
    contenders: dict[str, Callable[[], Awaitable[Any]]] = {
        "bare": lambda: bare.run("go", event_stream_handler=drain),
        "dispatched": lambda: dispatched.run("go"),
        "least": recorded,
        **{name: _durable(runtime) for name, runtime in runtimes.items()},
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for contender in contenders.values():  # servers start, statements are compiled
        await contender()
        await contender()
    for _ in range(runs):
        for name, contender in contenders.items():
            taken[name].append(await _timed(contender))
    for runtime in runtimes.values():
        await runtime.close()
        runtime.database.close()
    for agent in (bare, dispatched, least):
        for one in agent.toolsets:
            if isinstance(one, MCPToolset):
                await one.client.close()  # type: ignore[no-untyped-call]
    return _figures(taken)


def _runtime(folder: Path, url: str) -> Runtime:
    return Runtime(workspace(folder), open_database(url), make_model=lambda bundle: scripted())


def _durable(runtime: Runtime) -> Callable[[], Awaitable[Any]]:
    return lambda: runtime.run(Start("worker", "go"), on_delta=lambda kind, text: None)


async def _timed(contender: Callable[[], Awaitable[Any]]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    await contender()
    return time.process_time() - cpu, time.perf_counter() - wall


def _figures(taken: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    cpu = {name: statistics.median(one[0] for one in times) * 1000 for name, times in taken.items()}
    wall = {name: statistics.median(one[1] for one in times) * 1000 for name, times in taken.items()}
    return {
        "cpu_ms": {name: round(value, 1) for name, value in cpu.items()},
        "wall_ms": {name: round(value, 1) for name, value in wall.items()},
        "cpu_ratio": {name: round(value / cpu["bare"], 2) for name, value in cpu.items() if name != "bare"},
    }


if __name__ == "__main__":
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = {"sqlite": f"sqlite:///{folder / 'l.db'}"}
        print(asyncio.run(measure(folder, url, int(sys.argv[1]) if len(sys.argv) > 1 else 15)))
