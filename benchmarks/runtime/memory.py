"""Whether memory stays flat over many runs: the slope of a line through its second half, in kB a run.

Two kinds of runs: short ones (one model request), of which there can be many, and whole ones with tool calls.
"""

import asyncio
import gc
from pathlib import Path
from typing import Final

from agents.runtime import Runtime
from agents.service.log import log_to
from agents.service.work import Work
from agents.starting import Start
from benchmarks.runtime.figures import Figure, progress
from benchmarks.runtime.processes import rss_mb
from benchmarks.runtime.work import scripted, workspace
from traces.db import open_database

AT_ONCE: Final = 20
SAMPLES: Final = 40
WHOLE: Final = 20
"""One whole run for so many short ones."""


async def measure(folder: Path, runs: int) -> list[Figure]:
    """Work on so many as a service does, some at once, and look at the memory in between."""
    return [
        *await _slope(folder / "short", "talker", runs, "memory"),
        *await _slope(folder / "whole", "worker", max(AT_ONCE, runs // WHOLE), "memory.whole"),
    ]


async def _slope(folder: Path, agent: str, runs: int, name: str) -> list[Figure]:
    runtime = Runtime(
        workspace(folder), open_database(f"sqlite:///{folder / 'l.db'}"), make_model=lambda _: scripted()
    )
    log_to((folder / "log").open("w"))  # as a service's, for a line of it is a part of what a run costs
    work, points = Work(runtime), list[tuple[int, float]]()
    every, due = max(AT_ONCE, runs // SAMPLES), 0
    for done in range(0, runs, AT_ONCE):
        ids = [runtime.start(Start(agent, "go"), hold=True) for _ in range(AT_ONCE)]
        await asyncio.gather(*(work.begin(run_id) for run_id in ids))
        if done >= due:
            gc.collect()
            points.append((done + AT_ONCE, rss_mb()))
            due += every
        progress(name, f"{done + AT_ONCE:,} of {runs:,} runs, {points[-1][1]:,.0f} MB")
    await work.close()
    await runtime.close()
    runtime.database.close()
    half = points[len(points) // 2 :]
    return [
        Figure(f"{name}.runs", runs),
        Figure(f"{name}.rss_end", points[-1][1], "MB"),
        Figure(f"{name}.slope", slope(half) * 1000, "kB/run", goal=1.0),
    ]


def slope(points: list[tuple[int, float]]) -> float:
    """Of the least-squares line through the points."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    over = sum((x - middle_x) * (y - middle_y) for x, y in points)
    under = sum((x - middle_x) ** 2 for x, _ in points)
    return over / under if under else 0.0
