"""A process that only works: it takes up runs that nobody holds, and serves nobody.

Any number of them may share one database with any number of services. Also the promise that a stop ends: everything a
run did is on record, so a process that cannot stop its threads in time may simply go.
"""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog

from agents.assembly import open_runtime
from agents.config import Workspace
from agents.runtime import Runtime
from agents.service.log import log_to
from agents.service.work import DRAIN_SECONDS, LEAVE_SECONDS, Work

log = structlog.get_logger("strop.service")

STOP_SECONDS: Final = DRAIN_SECONDS + LEAVE_SECONDS + 3.0
"""The longest that a stop may take. What hangs beyond it (an engine's thread, a server that does not end) is left
behind: the next worker goes on from the ledger."""


def work(
    workspace: Workspace,
    *,
    runtime: Runtime | None = None,
    on_ready: Callable[[str], None] = lambda name: None,
    log_stream: Any = None,
) -> None:
    """Work on the workspace's runs until SIGINT or SIGTERM. Returns after a graceful stop.

    Args:
        workspace: whose runs.
        runtime: works on the runs; opened here unless given. Closed at the end either way.
        on_ready: told the worker's name when it looks for runs.
        log_stream: text stream for the log, one JSON object a line; default stderr.
    """
    log_to(log_stream or sys.stderr)
    runtime = runtime or open_runtime(workspace)
    with stopping_in_time() as stop:
        try:
            asyncio.run(_work(workspace, runtime, on_ready, stop))
        finally:
            runtime.database.close()


async def _work(
    workspace: Workspace, runtime: Runtime, on_ready: Callable[[str], None], stop: Callable[[], None]
) -> None:
    parts = Work(runtime, at_once=workspace.runs_at_once, queue=workspace.runs_queued)
    asked = asyncio.Event()

    def hear() -> None:
        if asked.is_set():  # a second Ctrl-C
            task = asyncio.ensure_future(parts.leave())
            task.add_done_callback(lambda done: None)
        stop()
        asked.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, hear)
    parts.open()
    settle_down()
    on_ready(runtime.worker)
    await asked.wait()
    await parts.close()
    await runtime.close()


def settle_down() -> None:
    """To be called once a process has loaded what it works with: its modules and agents are never garbage, and each
    step of a run leaves little. With Python's own settings, looking for more of it takes milliseconds of each run.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_LOOKED_FOR, 20, 20)


GARBAGE_LOOKED_FOR: Final = 10_000
"""Objects that were made and not given back since the last look; a few megabytes."""


@contextmanager
def stopping_in_time() -> Iterator[Callable[[], None]]:
    """Within this: once the function it gives was called, the process ends in time, whatever hangs."""
    timer = threading.Timer(STOP_SECONDS, _go)
    timer.daemon = True

    def begun() -> None:
        if not timer.is_alive() and not timer.finished.is_set():
            timer.start()

    try:
        yield begun
    finally:
        timer.cancel()


def _go() -> None:
    log.warning("service.left", message="something did not stop in time; its runs go on from the ledger")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
