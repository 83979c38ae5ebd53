"""Tools that a small model calls in a circle: the same arguments, the same result, again and again.

Measured with the 1.5B weights: two of four claims ended at the step limit, reading the same two documents in turn.
A tool that has told the same thing twice since the user last spoke is left out of the grammar, so the next reply has
to be another step. It stays in the prompt, whose start must not change.
"""

import json
from collections import Counter
from collections.abc import Sequence

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

TOLD_TWICE = 2


def circling(messages: Sequence[ModelMessage]) -> frozenset[str]:
    """Names of the tools that gave one result for one call twice since the last message of the user."""
    calls: dict[str, str] = {}
    told: Counter[tuple[str, str, str]] = Counter()
    for message in messages:
        if isinstance(message, ModelResponse):
            calls |= {part.tool_call_id: _arguments(part) for part in message.parts if isinstance(part, ToolCallPart)}
            continue
        if isinstance(message, ModelRequest):
            for part in message.parts:
                if isinstance(part, UserPromptPart):
                    told.clear()
                elif isinstance(part, ToolReturnPart) and part.tool_call_id in calls:
                    told[part.tool_name, calls[part.tool_call_id], part.model_response_str()] += 1
    return frozenset(name for (name, _, _), times in told.items() if times >= TOLD_TWICE)


def _arguments(part: ToolCallPart) -> str:
    try:
        return json.dumps(part.args_as_dict(), sort_keys=True, ensure_ascii=False)
    except (ValueError, AssertionError):
        return str(part.args)
