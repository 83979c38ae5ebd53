"""The service in the test's own process: a real app over a real ledger, asked over ASGI, with a scripted model."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.runtime import Runtime
from agents.service.app import create_app
from agents.service.deps import Service
from agents.service.log import log_to
from tests.builders import open_workspace, scripted_runtime, write_workspace
from tests.fakes import ScriptedModel
from traces.db import Database, open_database


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """The service's log as it is in service: JSON, not structlog's pictures of every local variable."""
    log_to(io.StringIO())


@dataclass
class House:
    """One running service and everything about it."""

    http: httpx.AsyncClient
    runtime: Runtime
    parts: Service
    script: ScriptedModel

    async def get(self, path: str, status: int = 200, **options: Any) -> Any:
        """The JSON of a GET that must answer with this status."""
        return self._json(await self.http.get(path, **options), status)

    async def post(self, path: str, body: Any = None, status: int = 200, **options: Any) -> Any:
        """The JSON of a POST that must answer with this status."""
        return self._json(await self.http.post(path, json=body, **options), status)

    async def delete(self, path: str, status: int = 200) -> Any:
        """The JSON of a DELETE that must answer with this status."""
        return self._json(await self.http.delete(path), status)

    async def ask(self, text: str = "good morning", **more: Any) -> Any:
        """A run of `hello` to its end."""
        return await self.post("/v1/runs", {"agent": "hello", "input": text, "wait": True, **more})

    async def live(self) -> str:
        """Digest of the version that serves `hello`."""
        return str((await self.get("/v1/agents"))[0]["live"])

    @staticmethod
    def _json(response: httpx.Response, status: int) -> Any:
        assert response.status_code == status, response.text
        problem = response.headers["content-type"] == "application/problem+json"
        assert problem == (status >= 400), response.text
        return response.json()


@asynccontextmanager
async def serving(folder: Path, database: Database, script: ScriptedModel, *agents: str) -> AsyncIterator[House]:
    """A service over this workspace and database, stopped at the end."""
    workspace = open_workspace(write_workspace(folder, *agents))
    runtime = scripted_runtime(workspace, database, script)
    app = create_app(workspace, runtime)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://strop") as http:
            yield House(http, runtime, app.state.service, script)


@pytest.fixture
async def house(tmp_path: Path, sqlite_url: str) -> AsyncIterator[House]:
    """A service with one agent that says what it is asked to."""
    database = open_database(sqlite_url)
    script = ScriptedModel(lambda prompt, reply: f"You said: {prompt}")
    async with serving(tmp_path / "ws", database, script) as house:
        yield house
    database.close()
