"""From a wish to its end: how soon a run stops that is cancelled, and how soon a started service answers."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

from agents.runtime import Runtime, Start
from benchmarks.runtime.figures import Figure
from benchmarks.runtime.served import cpu_seconds
from benchmarks.runtime.work import scripted, workspace
from traces.db import open_database
from traces.events import ModelRequested
from traces.provenance import Provenance
from traces.recorder import Recorded

READY_SECONDS = 120


async def measure(folder: Path) -> list[Figure]:
    """Cancel in the middle of a reply, and start a service cold."""
    return [
        Figure("cancel.mid_reply", await _cancel(folder / "cancel"), "s", goal=2.0),
        *_cold_start(folder / "cold"),
    ]


async def _cancel(folder: Path) -> float:
    runtime = Runtime(
        workspace(folder), open_database(f"sqlite:///{folder / 'l.db'}"), make_model=lambda bundle: scripted(600)
    )
    asked = asyncio.Event()

    def heard(recorded: Recorded) -> None:
        if isinstance(recorded.event, ModelRequested):
            asked.set()

    runtime.recorder.subscribe(heard)
    run_id = runtime.start(Start("worker", "go"), hold=True)
    working = asyncio.create_task(runtime.work(run_id))
    await asked.wait()
    start = time.perf_counter()
    await runtime.cancel(run_id, Provenance(by="bench", reason="enough"))
    seconds = time.perf_counter() - start
    await asyncio.wait({working})
    await runtime.close()
    runtime.database.close()
    return seconds


def _cold_start(folder: Path) -> list[Figure]:
    """`strop serve` on an empty database, until its socket answers."""
    workspace(folder)
    place = folder / "s"
    command = [str(Path(sys.executable).with_name("strop")), "serve", "--socket", str(place)]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=os.environ.copy(), stderr=subprocess.DEVNULL)
    try:
        while not place.exists():
            if process.poll() is not None or time.perf_counter() - start > READY_SECONDS:
                raise RuntimeError("the service did not come up")
            time.sleep(0.01)
        seconds, cpu = time.perf_counter() - start, cpu_seconds(process.pid)
    finally:
        process.terminate()
        process.wait(30)
    return [Figure("cold_start.ready", seconds, "s"), Figure("cold_start.cpu", cpu, "s")]
