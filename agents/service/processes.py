"""Work beside the service as a process of its own: a night, a version tried again. Ended with the service.

Prevents: work that takes the interpreter from customers' runs, and a process that outlives who started it.
"""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

PATIENCE: Final = 10.0
"""Seconds it has to leave its record in order when the service stops."""


async def run_process(command: Sequence[str], folder: Path, report: Path) -> int:
    """Run it to its end and give its exit code. What it says is added to the file `report`.

    Stopped from outside, it is told so, given time, and then killed.
    """
    report.parent.mkdir(parents=True, exist_ok=True)
    with report.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        return await process.wait()
    except asyncio.CancelledError:
        await _end(process)
        raise


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), PATIENCE)
            return
        process.kill()
        await process.wait()
