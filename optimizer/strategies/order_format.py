"""Order and form instead of content: how the answer is asked for, thinking first or not, the order of examples."""

from collections.abc import Iterator
from typing import Any

from agents.prompts.bundle import Bundle
from optimizer.strategies.protocol import Candidate, SearchContext

THINKING_CHARS = 160
"""Length of the short reasoning that embedded models can be made to write before the answer."""


def propose(context: SearchContext) -> Iterator[Candidate]:
    """A hint on the form of the answer, thinking first (or not), the examples in reverse."""
    incumbent = context.incumbent
    hint = _hint(incumbent)
    if hint:
        bundle = incumbent.with_(instructions=f"{incumbent.instructions.rstrip()}\n{hint}")
        yield Candidate(bundle, "order_format", "the form of the answer said in words")
    if incumbent.model.startswith("local:"):
        chars = 0 if incumbent.reasoning_chars else THINKING_CHARS
        note = f"{chars} characters of reasoning before the answer"
        yield Candidate(incumbent.with_(reasoning_chars=chars), "order_format", note)
    if len(incumbent.demonstrations) > 1:
        turned = [one.model_dump() for one in reversed(incumbent.demonstrations)]
        yield Candidate(incumbent.with_(demonstrations=turned), "order_format", "the examples in reverse order")


def _hint(bundle: Bundle) -> str:
    """The required fields and their allowed values; empty where the instructions name them already."""
    schema: Any = bundle.output_schema or {}
    properties = schema.get("properties") or {}
    said = []
    for name in schema.get("required") or properties:
        values = (properties.get(name) or {}).get("enum")
        said.append(f"{name} (one of: {', '.join(map(str, values))})" if values else name)
    hint = f"Answer with exactly these fields: {'; '.join(said)}." if said else ""
    return "" if hint in bundle.instructions else hint
