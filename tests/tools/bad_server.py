"""An MCP server that does each wrong thing when told to: a real process, over stdio or HTTP.

Each call leaves a line in the file NOTES, so that a test can prove what reached it. GARBAGE=1 makes it write lines
that are no protocol between its messages; HANG=1 makes it say nothing at all, not even at the start.
"""

import base64
import json
import os
import signal
import sys
import time
from typing import Any

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, ImageContent, TextContent, ToolAnnotations

server = MCPServer("bad")
READ = ToolAnnotations(read_only_hint=True)


def _note(line: str) -> None:
    with open(os.environ["NOTES"], "a", encoding="utf-8") as file:
        file.write(line + "\n")


@server.tool(annotations=READ)
def echo(text: str) -> str:
    """Say it back."""
    _note(f"echo {os.getpid()}")
    return text


@server.tool()
def die() -> str:
    """Die in the middle."""
    _note("die")
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


@server.tool()
async def hang(context: Context[Any, Any]) -> str:
    """Never answer, but hear it when the client gives up."""
    _note("hang")
    try:
        await anyio.sleep_forever()
    finally:
        _note("hang cancelled")
    return "never"


@server.tool()
def stop() -> str:
    """Hang the whole process, so that it hears nothing any more."""
    _note("stop")
    while True:
        time.sleep(60)


@server.tool(annotations=READ)
async def slowly(context: Context[Any, Any]) -> str:
    """Tell how far it is."""
    for step in (1, 2, 3):
        await context.report_progress(step, 3, f"part {step}")
    return "done"


@server.tool(annotations=READ)
def fail() -> str:
    """Answer with an error whose words sound like a broken connection."""
    raise ToolError("the database says: connection refused")


@server.tool(annotations=READ)
def odd_numbers() -> CallToolResult:
    """Numbers that JSON does not have, in the text as Python writes them."""
    return CallToolResult(content=[TextContent(text=json.dumps({"a": float("nan"), "b": [float("inf"), 1.5]}))])


@server.tool(annotations=READ)
def picture(size: int) -> CallToolResult:
    """A text and a picture of so many bytes."""
    data = base64.b64encode(b"x" * size).decode()
    return CallToolResult(content=[TextContent(text="see"), ImageContent(data=data, mime_type="image/png")])


@server.tool(annotations=READ)
def whoami(context: Context[Any, Any]) -> str:
    """Give back the header that says who asks, as a careless server might."""
    return str((context.headers or {}).get("authorization", "nobody"))


if __name__ == "__main__":
    if os.environ.get("HANG"):
        signal.pause()
    if os.environ.get("GARBAGE"):
        sys.stdout.write('loading model... 100%\n{"jsonrpc": 1}\n\x00\x01 not json\n')
        sys.stdout.flush()
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run("stdio")
