"""Processes that are measured from outside: started, waited for, asked for their CPU and memory, ended by their id.

Linux only: what a process has used is read from /proc.
"""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

TOKEN: Final = secrets.token_urlsafe(24)
START_SECONDS: Final = 120
STOP_SECONDS: Final = 40


@contextmanager
def program(name: str, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """One of `benchmarks.runtime.programs`, as a process of its own."""
    command = [sys.executable, "-m", "benchmarks.runtime.programs", name, *map(str, arguments)]
    with started(command) as process:
        yield process


@contextmanager
def started(command: Sequence[str], cwd: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is stopped in order at the end, and ended where it does not stop in time."""
    environment = {**os.environ, "STROP_TOKEN": TOKEN}
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


@contextmanager
def server(name: str, folder: Path, *options: object) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """One of the two servers on loopback: (its process, its URL)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with program(name, folder, port, *options) as process:
        until(process, lambda: _answers(port))
        yield process, f"http://127.0.0.1:{port}"


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def until(process: subprocess.Popen[bytes], condition: Callable[[], bool], pause: float = 0.02) -> None:
    """Wait for something that a process is to bring about.

    Raises:
        RuntimeError: it has ended before, or takes too long.
    """
    end = time.monotonic() + START_SECONDS
    while not condition():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"{process.args!r} did not come up")
        time.sleep(pause)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields: list[Any] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int | None = None) -> float:
    """Memory of a process now, in MB; default this one's."""
    pages = int(Path(f"/proc/{pid or os.getpid()}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
