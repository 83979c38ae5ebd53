"""The grammar that makes a small model's reply well formed: ONE compact JSON object, nothing before or after.

Owns the shape of a reply (`reply.py` reads it back) and the narrowing of any JSON schema to what the
engine's grammar can hold. Prevents two mistakes: a reply that babbles until `max_tokens` (each string, number
and list has an end), and a schema the engine cannot compile, which it would ignore in silence.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.models.narrow import narrow

Schema = Mapping[str, Any]

COMPACT = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}
# An answer in words is bounded by max_tokens too; this bound only stops a loop earlier.
ANSWER_CHARS = 2000


@dataclass(frozen=True, slots=True)
class ToolForm:
    """A tool the model may call: its name and the JSON schema of its arguments."""

    name: str
    parameters: Schema


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """What one reply may be: a call of one of `tools`, or an answer. `answer` is None, a text, or a schema.

    `reasoning_chars` is the most a model may think aloud before it, in characters; 0 leaves the field out.
    """

    tools: tuple[ToolForm, ...] = ()
    answer: Schema | None = None
    reasoning_chars: int = 0

    @property
    def free(self) -> bool:
        """True if nothing has to be forced: plain text is all that is wanted."""
        return not self.tools and not self.reasoning_chars and self.answer == TEXT

    @property
    def answer_is_json(self) -> bool:
        """True if the answer is structured rather than a text."""
        return self.answer is not None and self.answer != TEXT


TEXT: Schema = {"type": "string", "maxLength": ANSWER_CHARS}


def reply_grammar(form: ReplyForm) -> str:
    """The llguidance text of `form`, for the engine's `grammar`; empty if the form is free.

    Raises ValueError if the form allows no reply at all.
    """
    if form.free:
        return ""
    schema = {**reply_schema(form), "x-guidance": COMPACT}
    return f"%llguidance {{}}\nstart: %json {json.dumps(schema)}"


def reply_schema(form: ReplyForm) -> dict[str, Any]:
    """The JSON schema of a reply of this form: keys in the order the model has to write them."""
    branches = [_call(tool, form.reasoning_chars) for tool in form.tools]
    if form.answer is not None:
        branches.append(_closed({**_reasoning(form.reasoning_chars), "answer": narrow(form.answer)}))
    if not branches:
        raise ValueError("a reply must be allowed to call a tool or to answer")
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def _call(tool: ToolForm, reasoning_chars: int) -> dict[str, Any]:
    return _closed(
        {
            **_reasoning(reasoning_chars),
            "tool": {"const": tool.name},
            "arguments": narrow(tool.parameters or {"type": "object", "properties": {}}),
        }
    )


def _reasoning(chars: int) -> dict[str, Any]:
    return {"reasoning": {"type": "string", "maxLength": chars}} if chars else {}


def _closed(properties: Mapping[str, Any], required: Sequence[str] | None = None) -> dict[str, Any]:
    names = list(properties) if required is None else list(required)
    return {"type": "object", "properties": dict(properties), "required": names, "additionalProperties": False}
