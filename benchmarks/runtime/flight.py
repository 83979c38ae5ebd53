"""Many runs at once in one process, on a model that takes its time: memory, and how late the loop is."""

import asyncio
import resource
import statistics
import time
from pathlib import Path

from agents.runtime import Runtime, Start
from benchmarks.runtime.figures import Figure
from benchmarks.runtime.work import scripted, workspace
from traces.db import open_database

MODEL_SECONDS = 0.2
BEAT_SECONDS = 0.05


async def measure(folder: Path, runs: int) -> list[Figure]:
    """Start `runs` at once and let them end; a heartbeat beside them says how late the loop is."""
    database = open_database(f"sqlite:///{folder / 'l.db'}")
    runtime = Runtime(workspace(folder), database, make_model=lambda bundle: scripted(MODEL_SECONDS))
    await runtime.run(Start("worker", "go"))
    before, done = rss_mb(), asyncio.Event()
    late: list[float] = []

    async def beat() -> None:
        while not done.is_set():
            due = time.perf_counter() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            late.append((time.perf_counter() - due) * 1000)

    heart = asyncio.create_task(beat())
    start, cpu = time.perf_counter(), time.process_time()
    answers = await asyncio.gather(*(runtime.run(Start("worker", "go")) for _ in range(runs)), return_exceptions=True)
    seconds, spent = time.perf_counter() - start, time.process_time() - cpu
    done.set()
    await heart
    await runtime.close()
    database.close()
    late.sort()
    return [
        Figure("flight.runs", runs),
        Figure("flight.failed", sum(isinstance(one, BaseException) for one in answers), goal=0),
        Figure("flight.seconds", seconds, "s"),
        Figure("flight.cpu_per_run", spent / runs * 1000, "ms"),
        Figure("flight.rss_more", rss_mb() - before, "MB"),
        Figure("flight.lag_median", statistics.median(late), "ms"),
        Figure("flight.lag_99th", late[int(len(late) * 0.99)], "ms"),
        Figure("flight.lag_most", late[-1], "ms"),
    ]


def rss_mb() -> float:
    """Memory of this process now, in MB (Linux; elsewhere the most it ever was)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1e6
