"""From a wish to its end: how soon a run stops that is cancelled, and how soon a started service answers."""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import httpx2

from agents.runtime import Runtime
from agents.starting import Start
from benchmarks.runtime.figures import Figure, progress
from benchmarks.runtime.processes import cpu_seconds, program, started, until
from benchmarks.runtime.work import scripted, workspace
from traces.db import open_database
from traces.leases import list_held
from traces.provenance import Provenance
from traces.store import read_events

BY: Final = Provenance(by="bench", reason="enough")
TIMES: Final = 5


async def cancelling(folder: Path) -> list[Figure]:
    """Cancel in the middle of a reply and of a tool call: here, and on another worker. The longest of some times."""
    figures = []
    for name, agent, kind in (("mid_reply", "worker", "model_requested"), ("mid_call", "waiter", "tool_called")):
        delay = 600.0 if agent == "worker" else 0.0
        place = folder / name
        runtime = Runtime(
            workspace(place), open_database(f"sqlite:///{place / 'l.db'}"), make_model=lambda _, s=delay: scripted(s)
        )

        async def here(run_id: str, runtime: Runtime = runtime) -> None:
            await asyncio.wait({asyncio.create_task(runtime.work(run_id))})

        figures += await _figures(f"cancel.{name}", runtime, agent, kind, here)
        await runtime.close()
        runtime = Runtime(
            runtime.workspace, runtime.database, make_model=lambda _: scripted(), worker="somebody-else"
        )
        with program("worker", place, runtime.database.url, "--delay", delay) as process:
            assert process.stdout is not None
            await asyncio.to_thread(process.stdout.readline)  # its name: it looks for runs now
            figures += await _figures(f"cancel.{name}_elsewhere", runtime, agent, kind, None)
        runtime.database.close()
    return figures


async def _figures(
    name: str, runtime: Runtime, agent: str, kind: str, work: Callable[[str], Awaitable[None]] | None
) -> list[Figure]:
    seconds = []
    for number in range(TIMES):
        seconds.append(await _cancelled(runtime, agent, kind, work))
        progress("cancel", f"{name}: {number + 1} of {TIMES}")
    return [
        Figure(f"{name}_median", statistics.median(seconds), "s"),
        Figure(f"{name}_most", max(seconds), "s", goal=2.0),
    ]


async def _cancelled(runtime: Runtime, agent: str, kind: str, work: Callable[[str], Awaitable[None]] | None) -> float:
    """Seconds from the wish until nobody works on the run any more: its lease has been given back."""
    run_id = runtime.start(Start(agent, "go"), hold=work is not None)
    working = None if work is None else asyncio.ensure_future(work(run_id))
    await _seen(lambda: _has(runtime, run_id, kind))
    start = time.perf_counter()
    run = await runtime.cancel(run_id, BY)
    await _seen(lambda: not _is_held(runtime, run_id))
    seconds = time.perf_counter() - start
    if working is not None:
        await working
    assert run.status == "cancelled"
    return seconds


async def _seen(condition: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(condition):  # noqa: ASYNC110  # it happens in another process
        await asyncio.sleep(0.01)


def _has(runtime: Runtime, run_id: str, kind: str) -> bool:
    with runtime.database.reading() as session:
        return bool(read_events(session, run_id, kinds=[kind]))


def _is_held(runtime: Runtime, run_id: str) -> bool:
    with runtime.database.reading() as session:
        return run_id in list_held(session, runtime.recorder.now())


def cold_start(folder: Path) -> list[Figure]:
    """`strop serve` on an empty database, until it answers that it is ready; its files are in memory."""
    seconds, cpu = [], []
    for number in range(TIMES):
        place = folder / str(number)
        workspace(place)
        command = [str(Path(sys.executable).with_name("strop")), "serve", "--socket", str(place / "s")]
        start = time.perf_counter()
        with started(command, cwd=place) as process:
            until(process, lambda place=place: _is_ready(place / "s"), pause=0.01)  # type: ignore[misc]
            seconds.append(time.perf_counter() - start)
            cpu.append(cpu_seconds(process.pid))
        progress("cold_start", f"{number + 1} of {TIMES}")
    return [
        Figure("cold_start.ready_median", statistics.median(seconds), "s"),
        Figure("cold_start.ready_most", max(seconds), "s"),
        Figure("cold_start.cpu_median", statistics.median(cpu), "s"),
    ]


def _is_ready(place: Path) -> bool:
    if not place.exists():
        return False
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(place)), timeout=10) as client:
        try:
            return client.get("http://strop/ready").status_code == 200
        except httpx2.HTTPError:
            return False
