"""MCP servers that misbehave, each in its own way: the first argument says how."""

import os
import sys

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

READ = ToolAnnotations(readOnlyHint=True)
behaviour = sys.argv[1]
server = MCPServer(behaviour)

if behaviour == "stillborn":
    sys.exit("the data file is missing")

if behaviour == "mortal":

    @server.tool()
    def pay(amount: int) -> str:
        """Pay; the server dies of it."""
        os._exit(3)


if behaviour == "fat":

    @server.tool(annotations=READ)
    def dump() -> str:
        """Return ten megabytes."""
        return "0123456789" * 1_000_000


if behaviour == "slow":

    @server.tool(annotations=READ)
    def wait() -> str:
        """Return what comes through the pipe that the test holds."""
        with open(os.environ["PIPE"], encoding="utf-8") as pipe:
            return pipe.read()


if behaviour == "garbled":

    @server.tool(annotations=READ)
    def say() -> str:
        """Return text with characters that drive a terminal."""
        return "before \x1b[2J\x1b]0;title\x07 after ‮ end"


server.run("stdio")
