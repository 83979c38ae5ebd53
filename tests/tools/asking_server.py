"""An MCP server that asks the person behind a call before it books: one line for each booking in the file NOTES."""

import os
from typing import Annotated

import anyio
from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

server = MCPServer("asking")


class Confirmed(BaseModel):
    """The form."""

    name: str = Field(min_length=2)
    nights: int = Field(ge=1, le=14)


async def who(room: str) -> Elicit[Confirmed]:
    """Ask for whom the room is."""
    return Elicit(f"For whom is room {room}, and for how long?", Confirmed)


def _note(line: str) -> None:
    with open(os.environ["NOTES"], "a", encoding="utf-8") as file:
        file.write(line + "\n")


@server.tool()
async def book(room: str, answer: Annotated[ElicitationResult[Confirmed], Resolve(who)]) -> str:
    """Book a room, once it is known for whom."""
    if not isinstance(answer, AcceptedElicitation):
        return f"not booked: {answer.action}"
    _note(f"booked {room} {answer.data.name} {answer.data.nights}")
    return f"booked {room} for {answer.data.name}, {answer.data.nights} nights"


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
async def slowly(room: str) -> str:
    """Take a moment, so that calls are under way at once."""
    _note(f"looked {room}")
    await anyio.sleep(0.3)
    return f"{room} is free"


if __name__ == "__main__":
    server.run("stdio")
