"""Descriptions of tools and of their parameters, written anew by the reflection model. Off unless asked for.

Published results are against it: rewritten tool texts hurt as often as they help, so `--strategy tool_texts` says
that you want it measured on your agent.
"""

from collections.abc import Iterator
from typing import Any

from agents.prompts.bundle import ToolText
from optimizer.purse import PurseEmpty
from optimizer.strategies.asking import QUOTED, failures, read_json, shown, without
from optimizer.strategies.protocol import Candidate, SearchContext

FAILURES = 12


def propose(context: SearchContext) -> Iterator[Candidate]:
    """All tools' texts together, then the descriptions without those of parameters."""
    if without("tool_texts", context):
        return
    assert context.reflection is not None
    called = sorted({call.tool for one in context.reflect for call in one.calls})
    if not called:
        context.say("tool_texts: left out, no reviewed run called a tool")
        return
    known = {tool: text.description for tool, text in context.incumbent.tool_texts.items()}
    question = (
        f"An agent calls these tools: {', '.join(called)}. Write for each when to call it and what its parameters "
        f"mean, so that runs like these go right. {QUOTED}\n"
        'Answer with JSON alone: {"TOOL": {"description": "...", "parameters": {"NAME": "..."}}}.\n\n'
        f"Texts it has now instead of the servers' own: {known or 'none'}\n\n{shown(failures(context, FAILURES))}"
    )
    try:
        found: Any = read_json(context.reflection(question))
    except PurseEmpty as empty:
        context.say(f"tool_texts: stopped, {empty}")
        return
    texts = {tool: text for tool in called if (text := _text(found, tool)) is not None}
    if not texts:
        return
    for note, chosen in (
        ("with their parameters", texts),
        ("alone", {tool: ToolText(description=one.description) for tool, one in texts.items()}),
    ):
        every = {**context.incumbent.tool_texts, **chosen}
        bundle = context.incumbent.with_(tool_texts={tool: one.model_dump() for tool, one in every.items()})
        yield Candidate(bundle, "tool_texts", f"descriptions of {len(texts)} tools {note}")


def _text(found: Any, tool: str) -> ToolText | None:
    told = found.get(tool) if isinstance(found, dict) else None
    if not isinstance(told, dict) or not isinstance(told.get("description"), str):
        return None
    parameters = told.get("parameters")
    named = {str(k): str(v) for k, v in parameters.items()} if isinstance(parameters, dict) else {}
    return ToolText(description=told["description"], parameters=named)
