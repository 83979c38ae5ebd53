"""A small MCP server that counts what it was really asked to do: one line per call in the file COUNT_FILE.

`pay` changes something and has no protection of its own; `look` only reads. With KILL_CLIENT set, `pay` carries out
its effect and then kills the client that asked, before the answer can reach it: the worst moment to crash.
"""

import os
import signal

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("counting")


def _count(line: str) -> None:
    with open(os.environ["COUNT_FILE"], "a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def look(name: str) -> str:
    """Look something up."""
    _count(f"look {name}")
    return f"{name} is there"


@server.tool()
def pay(amount: int) -> str:
    """Pay an amount. Twice is twice."""
    _count(f"pay {amount}")
    flag = os.environ.get("KILL_CLIENT", "")
    if flag and os.path.exists(flag):
        os.remove(flag)
        os.kill(os.getppid(), signal.SIGKILL)
    return f"paid {amount}"


if __name__ == "__main__":
    server.run("stdio")
