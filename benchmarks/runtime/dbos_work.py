"""The same work through DBOS: pydantic-ai's own DBOSDurability, one workflow a run, on SQLite or PostgreSQL."""

import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig
from pydantic_ai import Agent
from pydantic_ai.durable_exec.dbos import DBOSDurability

from benchmarks.runtime.work import INSTRUCTIONS, bare_agent, drain, scripted, toolset


async def measure(url: str, runs: int) -> dict[str, Any]:
    """Median CPU and wall milliseconds of bare and of DBOS, in turn in one process, and their ratio."""
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": url,
        "run_admin_server": False,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    durable: Agent[Any, Any] = Agent(
        scripted(), name="durable", instructions=INSTRUCTIONS, toolsets=[toolset("durable")],
        capabilities=[DBOSDurability()],
    )  # fmt: skip

    @DBOS.workflow()
    async def work(text: str) -> str:
        return str((await durable.run(text)).output)

    DBOS.launch()
    bare = bare_agent()
    contenders = {"bare": lambda: bare.run("go", event_stream_handler=drain), "dbos": lambda: work("go")}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for round_ in range(runs + 2):
        for name, contender in contenders.items():
            wall, cpu = time.perf_counter(), time.process_time()
            await contender()
            if round_ >= 2:
                taken[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    DBOS.destroy()
    cpu = {name: statistics.median(one[0] for one in times) * 1000 for name, times in taken.items()}
    wall = {name: statistics.median(one[1] for one in times) * 1000 for name, times in taken.items()}
    return {"cpu_ms": cpu, "wall_ms": wall, "ratio": round(cpu["dbos"] / cpu["bare"], 2)}


if __name__ == "__main__":
    import json
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        target = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'dbos.db'}"
        print(json.dumps(asyncio.run(measure(target, int(sys.argv[1]) if len(sys.argv) > 1 else 12))))
