"""The programs that are measured from outside: two servers, and a worker. Each ends with SIGTERM.

`bare FOLDER PORT`: pydantic-ai behind FastAPI, nothing is stored. `strop FOLDER PORT`: our service, whole, on SQLite.
`worker FOLDER URL NAME`: a process that takes up runs. `killed FOLDER CALLS`: one run, killed after so many calls.
"""

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from agents.runtime import Runtime
from agents.service.server import serve
from agents.service.worker import work
from benchmarks.runtime.work import bare_agent, drain, scripted, workspace
from traces.db import open_database

BEAT_SECONDS = 0.05


class Asked(BaseModel):
    """As our own service takes it."""

    agent: str
    input: str
    wait: bool = True


def bare(given: argparse.Namespace) -> None:
    """The smallest service that does the same work."""
    app, agent = FastAPI(), bare_agent()

    @app.post("/v1/runs")
    async def run(asked: Asked) -> dict[str, str]:
        return {"output": str((await agent.run(asked.input, event_stream_handler=drain)).output)}

    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="error", access_log=False)


def strop(given: argparse.Namespace) -> None:
    """Ours, whole. With `--beat` it writes down in the end how late its loop was, and when."""
    made = workspace(given.folder, at_once=given.at_once)
    database = open_database(f"sqlite:///{given.folder / 'l.db'}")
    runtime = Runtime(made, database, make_model=lambda bundle: scripted(given.delay))
    beats: list[tuple[float, float]] = []
    tasks: list[asyncio.Task[None]] = []

    def ready(place: str) -> None:
        if given.beat is not None:
            tasks.append(asyncio.get_running_loop().create_task(_beat(beats)))

    serve(made, host="127.0.0.1", port=given.port, runtime=runtime, on_ready=ready)
    if given.beat is not None:
        given.beat.write_text(json.dumps(beats))


async def _beat(beats: list[tuple[float, float]]) -> None:
    """(when, how many seconds too late) of each beat."""
    while True:
        due = time.monotonic() + BEAT_SECONDS
        await asyncio.sleep(BEAT_SECONDS)
        beats.append((due, time.monotonic() - due))


def worker(given: argparse.Namespace) -> None:
    """Takes up runs of the database; `NAME` may be one that nobody can see the process of."""
    runtime: Any = Runtime(
        workspace(given.folder), open_database(given.url), make_model=lambda bundle: scripted(given.delay),
        worker=given.name or None,
    )  # fmt: skip
    work(runtime.workspace, runtime=runtime, on_ready=lambda name: print(name, flush=True))


def main() -> None:
    """Be one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(required=True)
    for serves in (bare, strop):
        one = kinds.add_parser(serves.__name__)
        one.add_argument("folder", type=Path)
        one.add_argument("port", type=int)
        one.add_argument("--delay", type=float, default=0.0)
        one.add_argument("--at-once", type=int, default=200)
        one.add_argument("--beat", type=Path)
        one.set_defaults(be=serves)
    one = kinds.add_parser("worker")
    one.add_argument("folder", type=Path)
    one.add_argument("url")
    one.add_argument("name", nargs="?", default="")
    one.add_argument("--delay", type=float, default=0.0)
    one.set_defaults(be=worker)
    given = parser.parse_args()
    given.be(given)


if __name__ == "__main__":
    main()
