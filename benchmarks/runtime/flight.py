"""Many runs in flight in one service, on a model that takes its time: memory, how late the loop is, and whether
health checks still get their answers. The service is a process of its own; its loop's heart says how late it beats.
"""

import asyncio
import json
import statistics
import time
from pathlib import Path
from typing import Any, Final

import httpx2
import sqlalchemy as sa

from benchmarks.runtime.figures import Figure, progress
from benchmarks.runtime.processes import TOKEN, cpu_seconds, rss_mb, server
from traces.db import Database, connect

MODEL_SECONDS: Final = 0.2
LOOK_SECONDS: Final = 0.1
LONGEST: Final = 900.0
"""Seconds after which the section gives up."""


async def measure(folder: Path, runs: int) -> list[Figure]:
    """Start `runs` at once and let them end, and ask for the service's health meanwhile."""
    beat, place = folder / "beat.json", folder / "service"
    with server("strop", place, "--delay", MODEL_SECONDS, "--at-once", runs, "--beat", beat) as (process, url):
        async with _client(url) as client, asyncio.timeout(LONGEST):
            await client.post("/v1/runs", json={"agent": "worker", "input": "go", "wait": True})
            seen = _Seen(connect(f"sqlite:///{place / 'l.db'}"), process.pid)
            before, begun, cpu = rss_mb(process.pid), time.monotonic(), cpu_seconds(process.pid)
            looking = asyncio.create_task(seen.look(url, runs))
            answers = await asyncio.gather(*(_start(client) for _ in range(runs)))
            await looking
            ended, spent = time.monotonic(), cpu_seconds(process.pid) - cpu
            after = rss_mb(process.pid)
    late = sorted(late * 1000 for due, late in json.loads(beat.read_text()) if begun <= due <= ended)
    waited = sorted(seen.answered)
    return [
        Figure("flight.runs", runs),
        Figure("flight.most_at_once", seen.most),
        Figure("flight.failed", sum(status != 202 for status in answers) + seen.failed, goal=0),
        Figure("flight.seconds", ended - begun, "s"),
        Figure("flight.cpu_per_run", spent / runs * 1000, "ms"),
        Figure("flight.rss_before", before, "MB"),
        Figure("flight.rss_most", seen.rss, "MB"),
        Figure("flight.rss_after", after, "MB"),
        Figure("flight.rss_per_run", (seen.rss - before) / runs * 1000, "kB"),
        Figure("flight.lag_median", statistics.median(late), "ms"),
        Figure("flight.lag_99th", late[int(len(late) * 0.99)], "ms"),
        Figure("flight.lag_most", late[-1], "ms"),
        Figure("flight.health_checks", len(waited)),
        Figure("flight.health_unanswered", seen.unanswered, goal=0),
        Figure("flight.health_median", statistics.median(waited), "ms"),
        Figure("flight.health_most", waited[-1], "ms"),
    ]


class _Seen:
    """What is seen from outside while the runs are in flight."""

    def __init__(self, database: Database, pid: int) -> None:
        self._database, self._pid = database, pid
        self.most, self.failed, self.rss, self.unanswered = 0, 0, 0.0, 0
        self.answered: list[float] = []

    async def look(self, url: str, runs: int) -> None:
        """Until all have ended: a health check, the memory and the number of runs at work, again and again."""
        async with _client(url) as client:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                start = time.perf_counter()
                try:
                    answer = await client.get("/health")
                    self.unanswered += answer.status_code != 200
                except httpx2.HTTPError:
                    self.unanswered += 1
                self.answered.append((time.perf_counter() - start) * 1000)
                self.rss = max(self.rss, rss_mb(self._pid))
                counts = await asyncio.to_thread(self._count)
                self.most = max(self.most, counts.get("running", 0))
                ended = sum(counts.values()) - counts.get("running", 0) - 1  # the first was before
                progress("flight", f"{ended} of {runs} ended, {counts.get('running', 0)} at work")
                if ended >= runs:
                    self.failed = runs + 1 - counts.get("finished", 0)
                    self._database.close()
                    return

    def _count(self) -> dict[str, int]:
        with self._database.reading() as session:
            rows = session.execute(sa.text("SELECT status, count(*) FROM runs GROUP BY status"))
            return {str(row[0]): int(row[1]) for row in rows}


def _client(url: str) -> Any:
    bounds = httpx2.Limits(max_connections=50)
    return httpx2.AsyncClient(
        base_url=url, limits=bounds, timeout=LONGEST, headers={"Authorization": f"Bearer {TOKEN}"}
    )


async def _start(client: Any) -> int:
    answer = await client.post("/v1/runs", json={"agent": "worker", "input": "go"})
    return int(answer.status_code)
