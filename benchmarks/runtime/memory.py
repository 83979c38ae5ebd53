"""Whether memory stays flat over many runs: the slope of a line through the second half, in kB a run."""

import asyncio
import gc
from pathlib import Path

from agents.runtime import Runtime, Start
from benchmarks.runtime.figures import Figure
from benchmarks.runtime.flight import rss_mb
from benchmarks.runtime.work import scripted, workspace
from traces.db import open_database

AT_ONCE = 20
SAMPLES = 40


async def measure(folder: Path, runs: int) -> list[Figure]:
    """Run so many, some at once, and look at the memory in between."""
    runtime = Runtime(
        workspace(folder), open_database(f"sqlite:///{folder / 'l.db'}"), make_model=lambda _: scripted()
    )
    points: list[tuple[int, float]] = []
    every = max(AT_ONCE, runs // SAMPLES)
    for done in range(0, runs, AT_ONCE):
        await asyncio.gather(*(runtime.run(Start("worker", "go")) for _ in range(AT_ONCE)))
        if done % every < AT_ONCE:
            gc.collect()
            points.append((done + AT_ONCE, rss_mb()))
    await runtime.close()
    runtime.database.close()
    half = points[len(points) // 2 :]
    return [
        Figure("memory.runs", runs),
        Figure("memory.rss_end", points[-1][1], "MB"),
        Figure("memory.slope", slope(half) * 1000, "kB/run", goal=1.0),
    ]


def slope(points: list[tuple[int, float]]) -> float:
    """Of the least-squares line through the points."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    over = sum((x - middle_x) * (y - middle_y) for x, y in points)
    under = sum((x - middle_x) ** 2 for x, _ in points)
    return over / under if under else 0.0
