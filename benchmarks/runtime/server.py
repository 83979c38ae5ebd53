"""The MCP server of the runtime's benchmark: one tool that answers at once. A program of its own."""

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("bench")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def look(name: str) -> str:
    """Look something up."""
    return f"{name}: " + "a line of what was found. " * 8


if __name__ == "__main__":
    server.run("stdio")
