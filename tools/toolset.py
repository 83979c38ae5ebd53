"""The one place where the wrappers around a tool server are composed, and in which order.

From the inside out: the server, only what the agent may touch, the texts the bundle gives its tools.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset


def cut(result: Any, limit: int) -> Any:
    """`result` as it is, or its first `limit` bytes as text with a note of what is missing."""
    if isinstance(result, str):
        text = result
    else:
        try:
            text = json.dumps(result, ensure_ascii=False)
        except (TypeError, ValueError):
            return result
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return result
    kept = raw[:limit].decode("utf-8", "ignore")
    return f"{kept}\n[cut: {len(raw):,} bytes, the first {limit:,} are shown; ask for less at once]"


def compose(
    server: AbstractToolset[Any], *, allow: tuple[str, ...] | None, texts: Mapping[str, str]
) -> AbstractToolset[Any]:
    """The toolset as one agent sees it.

    Args:
        server: the tool server's own toolset.
        allow: names the agent may call; None for all.
        texts: replacement descriptions by tool name.
    """
    toolset = server
    if allow is not None:
        allowed = frozenset(allow)
        toolset = toolset.filtered(lambda ctx, tool: tool.name in allowed)
    if texts:

        async def retold(ctx: RunContext[Any], tools: list[ToolDefinition]) -> list[ToolDefinition]:
            return [replace(tool, description=texts.get(tool.name, tool.description)) for tool in tools]

        toolset = toolset.prepared(retold)
    return toolset
