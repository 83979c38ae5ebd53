"""The one place where the wrappers around a tool server are composed, and in which order.

From the inside out: the server, only what the agent may touch, what the house says about a call, the texts and
names the bundle gives its tools, its prefix. All names in an agent's file are the server's own:
others are seen by the model alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset

from tools.approval import PolicedToolset
from tools.policies import Policy


def compose(
    server: AbstractToolset[Any],
    name: str,
    *,
    allow: tuple[str, ...] | None,
    texts: Mapping[str, tuple[str, Mapping[str, str]]],
    names: Mapping[str, str] | None = None,
    deny: tuple[str, ...] = (),
    prefix: str | None = None,
    policies: Sequence[Policy] = (),
) -> AbstractToolset[Any]:
    """The toolset as one agent sees it.

    Args:
        server: the tool server's own toolset.
        name: the server's name.
        allow: names the agent may call; None for all.
        texts: by tool name, a replacement description, and those of parameters.
        names: by tool name, the name that the model sees instead.
        deny: names it may not call, whatever `allow` says.
        prefix: put before each name, with an underscore, as the model sees it.
        policies: what the house says about calls, in their order.
    """
    toolset = server
    if allow is not None or deny:
        toolset = toolset.filtered(lambda ctx, tool: (allow is None or tool.name in allow) and tool.name not in deny)
    if policies:
        toolset = PolicedToolset(toolset, server=name, policies=policies)
    if texts:

        async def retold(ctx: RunContext[Any], tools: list[ToolDefinition]) -> list[ToolDefinition]:
            return [_retold(tool, *texts[tool.name]) if tool.name in texts else tool for tool in tools]

        toolset = toolset.prepared(retold)
    if names:
        toolset = toolset.renamed({new: old for old, new in names.items()})
    return toolset if prefix is None else toolset.prefixed(prefix)


def _retold(tool: ToolDefinition, description: str, parameters: Mapping[str, str]) -> ToolDefinition:
    schema = tool.parameters_json_schema
    known = {
        name: {**value, "description": parameters[name]} if name in parameters and isinstance(value, dict) else value
        for name, value in (schema.get("properties") or {}).items()
    }
    schema = {**schema, "properties": known} if parameters and known else schema
    return replace(tool, description=description or tool.description, parameters_json_schema=schema)
