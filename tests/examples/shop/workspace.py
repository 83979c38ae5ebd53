"""The shop as a test sees it: its files, its oracle, and its server as a process of its own."""

import importlib.util
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import TextContent

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop"


def load_oracle() -> ModuleType:
    """examples/shop/oracle.py as a module."""
    spec = importlib.util.spec_from_file_location("shop_oracle", SHOP / "oracle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_lines(path: str) -> list[dict[str, Any]]:
    """The rows of a JSON-lines file of the workspace."""
    return [json.loads(line) for line in (SHOP / path).read_text(encoding="utf-8").splitlines()]


@asynccontextmanager
async def serving(database: Path) -> AsyncIterator[Client]:
    """A client of a fresh server process over `database`."""
    env = {**os.environ, "SHOP_DB": str(database)}
    process = StdioServerParameters(command=sys.executable, args=["server.py"], cwd=SHOP, env=env)
    async with Client(process) as client:
        yield client


async def ask(client: Client, tool: str, meta: dict[str, str] | None = None, **arguments: Any) -> str:
    """Call a tool that must succeed; returns its text."""
    text, failed = await attempt(client, tool, meta, **arguments)
    assert not failed, text
    return text


async def attempt(
    client: Client, tool: str, meta: dict[str, str] | None = None, **arguments: Any
) -> tuple[str, bool]:
    """Call a tool; returns its text and whether it was refused."""
    result = await client.call_tool(tool, arguments, meta=meta or {})  # type: ignore[arg-type]
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text, result.is_error
