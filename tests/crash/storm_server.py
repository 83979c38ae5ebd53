"""The counting MCP server of the storm, over HTTP: it outlives the killed workers, so every effect is counted.

`python -m tests.crash.storm_server PORT FILE`: `pay` has no protection of its own; one line a payment.
"""

import os
import sys

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("counting")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def look(name: str) -> str:
    """Look something up."""
    return f"{name} is there"


@server.tool()
def pay(amount: int) -> str:
    """Pay an amount. Twice is twice."""
    with open(sys.argv[2], "a", encoding="utf-8") as file:
        file.write(f"{amount}\n")
        file.flush()
        os.fsync(file.fileno())
    return f"paid {amount}"


if __name__ == "__main__":
    server.run("streamable-http", port=int(sys.argv[1]))
