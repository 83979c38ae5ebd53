"""Served over HTTP, many at once: the CPU of our service against pydantic-ai behind ASGI that stores nothing.

Both are real servers (uvicorn on loopback) in processes of their own, asked by the same client in turn, in rounds,
so that a busy machine is as busy for one as for the other. The tool server's own CPU is in neither figure.
"""

import asyncio
import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx2

from benchmarks.runtime.figures import Figure, progress
from benchmarks.runtime.processes import TOKEN, cpu_seconds, server
from benchmarks.runtime.work import ANSWER

ROUNDS: Final = 3


async def measure(folder: Path, at_once: int, requests: int) -> list[Figure]:
    """Ask each server so often, so many at once, after a round that is not counted."""
    cpu: dict[str, list[float]] = {"bare": [], "strop": []}
    wall: dict[str, float] = {"bare": 0.0, "strop": 0.0}
    failed = dict.fromkeys(cpu, 0)
    a_round = max(at_once, requests // ROUNDS)
    with ExitStack() as stack:
        servers = {name: stack.enter_context(server(name, folder / name)) for name in cpu}
        for number in range(ROUNDS + 1):
            for name, (process, url) in servers.items():
                before, start = cpu_seconds(process.pid), time.perf_counter()
                failed[name] += await _ask(url, at_once, a_round if number else at_once)
                if number:
                    cpu[name].append((cpu_seconds(process.pid) - before) / a_round * 1000)
                    wall[name] += time.perf_counter() - start
                progress("served", f"round {number} of {ROUNDS}: {name}")
    ratios = [ours / bare for ours, bare in zip(cpu["strop"], cpu["bare"], strict=True)]
    return [
        Figure("served.at_once", at_once),
        Figure("served.requests", a_round * ROUNDS),
        Figure("served.bare_cpu", statistics.median(cpu["bare"]), "ms"),
        Figure("served.strop_cpu", statistics.median(cpu["strop"]), "ms"),
        Figure("served.cpu_ratio", statistics.median(ratios), goal=1.25),
        Figure("served.failed", failed["strop"] + failed["bare"], goal=0),
        Figure("served.bare_per_second", a_round * ROUNDS / wall["bare"]),
        Figure("served.strop_per_second", a_round * ROUNDS / wall["strop"]),
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
                failed += not (answer.status_code == 200 and ANSWER in answer.text)
            except httpx2.HTTPError:
                failed += 1

    async with httpx2.AsyncClient(limits=bounds, timeout=300, headers=headers) as client:
        await asyncio.gather(*(one(client) for _ in range(requests)))
    return failed
