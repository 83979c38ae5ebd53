"""Served over HTTP, many at once: the CPU of our service against pydantic-ai behind ASGI that stores nothing.

Both are real servers (uvicorn on loopback) in processes of their own, asked by the same client in turn. Linux only:
the CPU of a process is read from /proc.
"""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2

from benchmarks.runtime.figures import Figure

TOKEN: Final = secrets.token_urlsafe(24)
START_SECONDS: Final = 120


async def measure(folder: Path, at_once: int, requests: int) -> list[Figure]:
    """Ask each server so often, so many at once, after a warm-up of a tenth."""
    spent: dict[str, float] = {}
    failed: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for name in ("bare", "strop"):
        with _server(name, folder / name) as (process, url):
            await _ask(url, at_once, max(10, requests // 10))
            cpu, start = cpu_seconds(process.pid), time.perf_counter()
            failed[name] = await _ask(url, at_once, requests)
            spent[name], seconds[name] = cpu_seconds(process.pid) - cpu, time.perf_counter() - start
    return [
        Figure("served.at_once", at_once),
        Figure("served.requests", requests),
        Figure("served.bare_cpu", spent["bare"] / requests * 1000, "ms"),
        Figure("served.strop_cpu", spent["strop"] / requests * 1000, "ms"),
        Figure("served.cpu_ratio", spent["strop"] / spent["bare"], goal=1.25),
        Figure("served.failed", failed["strop"] + failed["bare"], goal=0),
        Figure("served.bare_per_second", requests / seconds["bare"]),
        Figure("served.strop_per_second", requests / seconds["strop"]),
    ]


async def _ask(url: str, at_once: int, requests: int) -> int:
    """How many failed."""
    gate, failed = asyncio.Semaphore(at_once), 0
    bounds = httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    headers = {"Authorization": f"Bearer {TOKEN}"}

    async def one(client: httpx2.AsyncClient) -> None:
        nonlocal failed
        async with gate:
            try:
                body = {"agent": "worker", "input": "go", "wait": True}
                answer = await client.post(f"{url}/v1/runs", json=body)
                failed += not (answer.status_code == 200 and "All of it was found." in answer.text)
            except httpx2.HTTPError:
                failed += 1

    async with httpx2.AsyncClient(limits=bounds, timeout=300, headers=headers) as client:
        await asyncio.gather(*(one(client) for _ in range(requests)))
    return failed


@contextmanager
def _server(name: str, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.runtime.servers", name, str(folder), str(port)]
    process = subprocess.Popen(command, env={**os.environ, "STROP_TOKEN": TOKEN}, stderr=subprocess.DEVNULL)
    try:
        _wait(process, port)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not come up")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields: list[Any] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
