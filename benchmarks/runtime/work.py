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
SLOW_SERVER: Final = str(Path(__file__).with_name("slow_server.py"))
AGENTS: Final = {
    "worker": f"""
name: worker
model: test
instructions: {INSTRUCTIONS}
strop:
  tools: [{{server: bench}}]
""",
    "talker": """
name: talker
model: test
instructions: Answer at once.
""",
    "long": """
name: long
model: test
instructions: Go on.
strop:
  tools: [{server: bench}]
  limits: {steps: 100000, seconds: null}
""",
    "waiter": """
name: waiter
model: test
instructions: Wait.
strop:
  tools: [{server: slow}]
""",
}
RESULT_CHARACTERS: Final = 200
"""What the tool adds to the name that it is given, about."""

ANSWER: Final = "All of it was found."


def scripted(delay: float = 0.0) -> FunctionModel:
    """A model that calls the agent's tool four times, then answers; each reply takes `delay` seconds.

    An agent without tools is answered at once; the tool that takes its time is called once, for ten minutes.
    """

    async def reply(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        import asyncio

        if delay:
            await asyncio.sleep(delay)
        turn = sum(isinstance(message, ModelResponse) for message in messages) % (CALLS + 1)
        tool = info.function_tools[0].name if info.function_tools else ""
        if tool == "look" and turn < CALLS:
            yield {0: DeltaToolCall(name=tool, json_args=json.dumps({"name": f"n{turn}"}), tool_call_id=f"c{turn}")}
        elif tool == "wait" and turn == 0:
            yield {0: DeltaToolCall(name=tool, json_args='{"seconds": 600}', tool_call_id="c0")}
        else:
            yield ANSWER

    async def whole(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        said = await anext(reply(messages, info))
        if isinstance(said, str):
            return ModelResponse(parts=[TextPart(said)])
        return ModelResponse(parts=[ToolCallPart(said[0].name, said[0].json_args, said[0].tool_call_id)])

    return FunctionModel(whole, stream_function=reply, model_name="scripted")


def long_script(calls: int, characters: int) -> FunctionModel:
    """A model that calls the tool at each but its last of so many replies; each call and its result are so long."""

    async def reply(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        turn = sum(isinstance(message, ModelResponse) for message in messages) + 1
        if turn < calls:
            name = f"n{turn} ".ljust(max(8, characters - RESULT_CHARACTERS), "x")
            yield {0: DeltaToolCall(name="look", json_args=json.dumps({"name": name}), tool_call_id=f"c{turn}")}
        else:
            yield ANSWER

    return FunctionModel(stream_function=reply, model_name="scripted")


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


def workspace(root: Path, *, at_once: int = 200) -> Workspace:
    """A workspace with the agents; a service of it works on so many runs at once."""
    (root / "agents").mkdir(parents=True, exist_ok=True)
    (root / "strop.toml").write_text(f'[workspace]\nname = "bench"\n[service]\nruns = {at_once}\n')
    for name, text in AGENTS.items():
        (root / "agents" / f"{name}.yaml").write_text(text)
    servers = {"bench": SERVER, "slow": SLOW_SERVER}
    entries = {name: {"command": sys.executable, "args": [path]} for name, path in servers.items()}
    (root / "mcp.json").write_text(json.dumps({"mcpServers": entries}))
    return load_workspace(root, {"STROP_TOKEN": os.environ.get("STROP_TOKEN", "")})
