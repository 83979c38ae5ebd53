"""The same work for every contender: five requests of a scripted model, four calls of a tool over MCP (stdio)."""

import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from fastmcp.client import Client
from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel

from agents.config import Workspace, load_workspace

CALLS: Final = 4
INSTRUCTIONS: Final = "Look everything up, then say what you found."
SERVER: Final = str(Path(__file__).with_name("server.py"))
AGENT: Final = f"""
name: worker
model: test
instructions: {INSTRUCTIONS}
strop:
  tools: [{{server: bench}}]
"""


def scripted(delay: float = 0.0) -> FunctionModel:
    """A model that calls the tool four times, then answers; each reply takes `delay` seconds."""

    async def reply(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        import asyncio

        if delay:
            await asyncio.sleep(delay)
        turn = sum(isinstance(message, ModelResponse) for message in messages) % (CALLS + 1)
        if turn < CALLS:
            yield {0: DeltaToolCall(name="look", json_args=json.dumps({"name": f"n{turn}"}), tool_call_id=f"c{turn}")}
        else:
            yield "All of it was found."

    async def whole(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        said = await anext(reply(messages, info))
        if isinstance(said, str):
            return ModelResponse(parts=[TextPart(said)])
        return ModelResponse(parts=[ToolCallPart(said[0].name, said[0].json_args, said[0].tool_call_id)])

    return FunctionModel(whole, stream_function=reply, model_name="scripted")


def toolset(name: str = "bench") -> MCPToolset[Any]:
    """The tool server as pydantic-ai itself reaches it: its process is kept between runs, as ours is."""
    transport = StdioTransport(command=sys.executable, args=[SERVER], keep_alive=True, log_file=Path("/dev/null"))
    client: Client[Any] = Client(transport, timeout=60, init_timeout=60)
    return MCPToolset(client, id=name, tool_error_behavior="failed")


def bare_agent(delay: float = 0.0) -> Agent[Any, Any]:
    """pydantic-ai alone: nothing is recorded, nothing survives."""
    return Agent(scripted(delay), name="bare", instructions=INSTRUCTIONS, toolsets=[toolset()])


async def drain(ctx: Any, events: Any) -> None:
    """Streams, as a service does."""
    async for _ in events:
        pass


def workspace(root: Path) -> Workspace:
    """A workspace with the one agent."""
    (root / "agents").mkdir(parents=True, exist_ok=True)
    (root / "strop.toml").write_text('[workspace]\nname = "bench"\n')
    (root / "agents" / "worker.yaml").write_text(AGENT)
    entry = {"command": sys.executable, "args": [SERVER]}
    (root / "mcp.json").write_text(json.dumps({"mcpServers": {"bench": entry}}))
    return load_workspace(root, {"STROP_TOKEN": os.environ.get("STROP_TOKEN", "")})
