"""From a bundle to a pydantic-ai agent. The only place that knows how each field of a bundle takes effect."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import jsonschema
from pydantic_ai import Agent, ModelRetry, RunContext, StructuredDict, Tool
from pydantic_ai.models import Model
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset, FunctionToolset

from agents.durability import METADATA_KEY, JournalDurability
from agents.errors import WorkspaceError
from agents.guardrails import output_check
from agents.held_calls import answer_held
from agents.prompts.bundle import Bundle, Delegate, ToolAccess, render
from tools.toolset import compose
from traces.events import Effect

TRIES: Final = 2
"""How often the model may mend a wrong answer or wrong arguments before the run fails."""

Hand = Callable[[Delegate, RunContext[Any], str], Awaitable[str]]
"""Hands a request over to another agent and gives its answer as text."""


def build_agent(
    bundle: Bundle, model: Model[Any], servers: Mapping[str, AbstractToolset[Any]], hand_over: Hand
) -> Agent[Any, Any]:
    """The agent that a bundle describes.

    Args:
        bundle: everything that shapes its behaviour.
        model: the model that `bundle.model` names.
        servers: a toolset for each tool server the bundle uses.
        hand_over: carries out a delegation.

    Raises:
        WorkspaceError: the bundle names a server that is not declared.
    """
    toolsets = [_server(bundle, access, servers) for access in bundle.tools]
    if bundle.delegates:
        toolsets.append(_delegates(bundle, hand_over))
    schema = bundle.output_schema
    agent: Agent[Any, Any] = Agent(
        model,
        name=bundle.agent,
        instructions=render(bundle),
        output_type=str if schema is None else StructuredDict(schema, name="final_result"),
        model_settings=_settings(bundle),
        toolsets=toolsets,
        retries={"tools": TRIES, "output": TRIES},
        capabilities=[JournalDurability(answer_held if toolsets else None)],
    )
    if schema is not None:
        agent.output_validator(_validator(schema))
    if any(rail.where == "output" for rail in bundle.guardrails):
        agent.output_validator(output_check(bundle.guardrails))
    return agent


def effect_of(bundle: Bundle, server: str, tool: str, definition: Any) -> Effect:
    """What a call does: as the house declares it, else as the server claims, else a write (the careful guess)."""
    for access in bundle.tools:
        if access.server == server and tool in access.effects:
            return access.effects[tool]
    hints = ((definition.metadata or {}) if definition is not None else {}).get("annotations") or {}
    if hints.get("readOnlyHint") is True:
        return "read"
    return "idempotent" if hints.get("idempotentHint") is True else "write"


def answer_text(output: Any) -> str:
    """An answer as text, for another agent or a screen."""
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)


def _settings(bundle: Bundle) -> Any:
    settings: dict[str, Any] = dict(bundle.settings)
    if bundle.model.startswith("local:"):
        settings["local_reasoning_chars"] = bundle.reasoning_chars
        settings["local_reasoning_hint"] = bundle.reasoning_hint
    return settings


def _server(bundle: Bundle, access: ToolAccess, servers: Mapping[str, AbstractToolset[Any]]) -> AbstractToolset[Any]:
    name = access.server
    if name not in servers:
        listed = ", ".join(sorted(servers)) or "none"
        raise WorkspaceError(
            f"agent {bundle.agent!r} uses the tool server {name!r}, which mcp.json does not declare",
            hint=f"Declared servers: {listed}.",
        )
    texts = {tool: (text.description, text.parameters) for tool, text in bundle.tool_texts.items()}
    names = {tool: text.name for tool, text in bundle.tool_texts.items() if text.name is not None}
    return compose(
        servers[name], name, names=names, allow=access.allow, deny=access.deny, texts=texts, prefix=access.prefix,
        policies=bundle.policies,
    )  # fmt: skip


def _delegates(bundle: Bundle, hand_over: Hand) -> AbstractToolset[Any]:
    toolset: FunctionToolset[Any] = FunctionToolset(id="delegates")
    for delegate in bundle.delegates:
        toolset.add_tool(_delegate_tool(delegate, hand_over))
    return compose(toolset, "delegates", allow=None, texts={}, policies=bundle.policies)


def _delegate_tool(delegate: Delegate, hand_over: Hand) -> Tool[Any]:
    async def call(ctx: RunContext[Any], request: str) -> str:
        return await hand_over(delegate, ctx, request)

    async def offered(ctx: RunContext[Any], tool: ToolDefinition) -> ToolDefinition | None:
        return tool if delegate.when is None or re.search(delegate.when, str(ctx.prompt or "")) else None

    # Not an operation of this run: the other agent's run has its own ledger and is walked from there.
    return Tool(
        call, name=delegate.tool, description=delegate.description, prepare=offered, metadata={METADATA_KEY: False}
    )


def _validator(schema: dict[str, Any]) -> Callable[[Any], Any]:
    # pydantic-ai passes a structured answer's values on unchecked; a wrong one is given back to the model to mend.
    checker = jsonschema.Draft202012Validator(schema)

    def validate(output: Any) -> Any:
        wrong = next(iter(checker.iter_errors(output)), None)
        if wrong is not None:
            where = ".".join(str(part) for part in wrong.absolute_path) or "the answer"
            raise ModelRetry(f"{where}: {wrong.message}")
        return output

    return validate
