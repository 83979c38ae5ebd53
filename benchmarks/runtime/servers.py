"""The two servers that are compared: `bare` (pydantic-ai behind FastAPI, nothing is stored) and `strop`."""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from agents.runtime import Runtime
from agents.service.server import serve
from benchmarks.runtime.work import bare_agent, drain, scripted, workspace
from traces.db import open_database


class Asked(BaseModel):
    """As our own service takes it."""

    agent: str
    input: str
    wait: bool = True


def bare(port: int) -> None:
    """The smallest service that does the same work."""
    app, agent = FastAPI(), bare_agent()

    @app.post("/v1/runs")
    async def run(asked: Asked) -> dict[str, str]:
        return {"output": str((await agent.run(asked.input, event_stream_handler=drain)).output)}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def strop(folder: Path, port: int) -> None:
    """Ours, whole, on SQLite."""
    made = workspace(folder)
    runtime = Runtime(made, open_database(f"sqlite:///{folder / 'l.db'}"), make_model=lambda bundle: scripted())
    serve(made, host="127.0.0.1", port=port, runtime=runtime)


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        bare(int(sys.argv[3]))
    else:
        strop(Path(sys.argv[2]), int(sys.argv[3]))
