"""An MCP server whose tools are as a file says when it starts (`{"tool": "description"}`): a real process."""

import json
import os
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("changing")

for name, description in json.loads(Path(os.environ["TOOLS"]).read_text()).items():

    def answer(text: str = "") -> str:
        """Answer."""
        return f"done {text}"

    server.add_tool(answer, name=name, description=description, annotations=ToolAnnotations(read_only_hint=True))

if __name__ == "__main__":
    server.run("stdio")
