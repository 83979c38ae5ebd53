"""An MCP server that asks the person behind a call before it books: one line for each booking in the file NOTES."""

import os
from typing import Annotated

import anyio
from mcp import UrlElicitationRequiredError
from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import ElicitRequestURLParams, ToolAnnotations
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


@server.tool()
async def connect(room: str, ctx: Context) -> str:
    """Connect a room's account, on a page that the person visits: asked for in the older protocol's way."""
    said = await ctx.elicit_url(f"Sign in for room {room}.", f"https://hotel.example/sign-in/{room}", f"id-{room}")
    if said.action != "accept":
        return f"not connected: {said.action}"
    _note(f"booked {room} online")
    return f"room {room} is connected"


@server.tool()
def charge(room: str) -> str:
    """Charge a room, which is refused until a page was visited: the error that names the page."""
    if not os.path.exists(os.environ["NOTES"] + f".paid-{room}"):
        page = ElicitRequestURLParams(
            message=f"Pay for room {room}.", url=f"https://hotel.example/pay/{room}", elicitation_id=f"pay-{room}"
        )
        raise UrlElicitationRequiredError([page])
    _note(f"booked {room} paid")
    return f"room {room} is paid"


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
async def slowly(room: str) -> str:
    """Take a moment, so that calls are under way at once."""
    _note(f"looked {room}")
    await anyio.sleep(0.3)
    return f"{room} is free"


if __name__ == "__main__":
    server.run("stdio")
