"""What the embedded model reads: pydantic-ai messages -> chat messages, in one fixed order.

Instructions, then the tools as one-line signatures, then how to reply, then the conversation. For the same
bundle the START is the same bytes at every call, because the engine only reuses what it has read if
nothing before it changed (a changed start costs a second and more per call).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic_ai.exceptions import UserError
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    RetryFeedbackPart,
    RetryPromptPart,
    SystemPromptPart,
    TextContent,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.tools import ToolDefinition

from agents.models.grammar import ReplyForm

ChatMessage = dict[str, str]


@dataclass(frozen=True, slots=True)
class Prompt:
    """The parts of a prompt that do not depend on the conversation."""

    instructions: tuple[str, ...]
    tools: tuple[ToolDefinition, ...]
    form: ReplyForm
    hint: str = ""
    """What the reasoning field is for."""

    def system(self, standing: Iterable[str] = ()) -> str:
        """The system message: standing system prompts of the history come right after the instructions."""
        sections = [*self.instructions, *standing, _tool_section(self.tools), _format_section(self)]
        return "\n\n".join(section.strip() for section in sections if section.strip())


def chat_messages(prompt: Prompt, history: Sequence[ModelMessage]) -> list[ChatMessage]:
    """The chat the engine is given: one system message, then user and assistant in turns.

    Raises pydantic-ai's `UserError` for content a text model cannot read (an image, audio, a file).
    """
    standing, chat = [], list[ChatMessage]()
    for message in history:
        if isinstance(message, ModelResponse):
            _append(chat, "assistant", _assistant_text(message, prompt.form))
            continue
        for part in message.parts:
            if isinstance(part, SystemPromptPart) and not chat:
                standing.append(part.content)
            else:
                _append(chat, "user", _request_text(part))
    if not chat:
        chat.append({"role": "user", "content": "Begin."})
    return [{"role": "system", "content": prompt.system(standing)}, *chat]


def history_instructions(history: Sequence[ModelMessage]) -> str:
    """The instructions written in the last request, for callers that pass no instruction parts."""
    for message in reversed(history):
        if isinstance(message, ModelRequest) and message.instructions:
            return message.instructions
    return ""


def _append(chat: list[ChatMessage], role: str, text: str) -> None:
    if not text:
        return
    if chat and chat[-1]["role"] == role:
        chat[-1] = {"role": role, "content": f"{chat[-1]['content']}\n{text}"}
    else:
        chat.append({"role": role, "content": text})


# --- tools and format ------------------------------------------------------------------------------------


def _tool_section(tools: Sequence[ToolDefinition]) -> str:
    return "\n".join(["Tools:", *(f"- {signature(tool)}" for tool in tools)]) if tools else ""


def signature(tool: ToolDefinition) -> str:
    """One line: `name(argument: type, optional?: type): description [argument: its description]`."""
    schema = tool.parameters_json_schema
    properties: Mapping[str, Any] = schema.get("properties") or {}
    required = set(schema.get("required") or ())
    arguments = ", ".join(
        f"{name}{'' if name in required else '?'}: {type_words(value, schema)}" for name, value in properties.items()
    )
    notes = "; ".join(
        f"{name}: {_one_line(value['description'])}"
        for name, value in properties.items()
        if isinstance(value, Mapping) and value.get("description")
    )
    line = f"{tool.name}({arguments}): {_one_line(tool.description or '')}".rstrip(": ")
    return f"{line} [{notes}]" if notes else line


def type_words(schema: Any, root: Mapping[str, Any], depth: int = 0) -> str:
    """A JSON schema in the fewest words a model understands: `string`, `"a" | "b"`, `number[]`."""
    if not isinstance(schema, Mapping) or depth > 3:
        return "any"
    if "$ref" in schema:
        target = (root.get("$defs") or {}).get(str(schema["$ref"]).rpartition("/")[2])
        return type_words(target, root, depth + 1)
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches:
        return " | ".join(type_words(branch, root, depth + 1) for branch in branches)
    kind = schema.get("type", "any")
    if kind == "array":
        return f"{type_words(schema.get('items'), root, depth + 1)}[]"
    if kind == "object" and schema.get("properties"):
        inner = (f"{name}: {type_words(value, root, depth + 1)}" for name, value in schema["properties"].items())
        return "{" + ", ".join(inner) + "}"
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def _format_section(prompt: Prompt) -> str:
    form = prompt.form
    if form.free:
        return ""
    thought = prompt.hint or "..."
    shapes = [_shape(form, thought=thought, tool="NAME")] if form.tools else []
    if form.answer is not None:
        shapes.append(_shape(form, thought=thought, answer="{...}" if form.answer_is_json else '"..."'))
    lines = ["Reply with one JSON object only: " + " or ".join(shapes) + "."]
    if form.tools:
        lines.append("Call one tool at a time and read its result before the next.")
    return " ".join(lines) + _example(prompt)


def _shape(form: ReplyForm, *, thought: str, tool: str = "", arguments: str = "{...}", answer: str = "") -> str:
    lead = f'"reasoning": {_compact(thought)}, ' if form.reasoning_chars else ""
    body = f'"tool": "{tool}", "arguments": {arguments}' if tool else f'"answer": {answer}'
    return f"{{{lead}{body}}}"


def _example(prompt: Prompt) -> str:
    """One turn shown, with a tool that does not exist here.

    Measured: without it the 1.5B model repeats the same call until the step limit, although its reasoning
    already holds the answer; with it it answers, in a third of the words.
    """
    form, ends = prompt.form, [tool.name for tool in prompt.tools if tool.kind == "output"]
    if not form.tools and not form.answer_is_json:
        shape = _shape(form, thought="The opening hours are 9:00 to 17:30.", answer='"It opens at 9:00."')
        return f"\n\nAn example:\nuser: When does the Harbour Street branch open?\nyou: {shape}"
    if len(ends) == len(form.tools) or (form.answer is None and not ends):
        return ""
    known = "I have the opening hours."
    if ends:
        last = _shape(form, thought=known, tool=ends[0])
    else:
        answer = "{...}" if form.answer_is_json else '"It opens at 9:00."'
        last = _shape(form, thought=known, answer=answer)
    first = _shape(
        form, thought="I need the opening hours.", tool="get_hours", arguments='{"branch": "Harbour Street"}'
    )
    return (
        "\n\nAn example of one turn, with another tool:\n"
        "user: When does the Harbour Street branch open?\n"
        f"you: {first}\n"
        "user: get_hours returned: 9:00 to 17:30\n"
        f"you: {last}"
    )


# --- the conversation ------------------------------------------------------------------------------------


def _assistant_text(message: ModelResponse, form: ReplyForm) -> str:
    """A past reply, written exactly as the model wrote it, so that the engine need not read it again."""
    thought = "".join(part.content for part in message.parts if isinstance(part, ThinkingPart))
    lead = {"reasoning": thought} if thought and form.reasoning_chars else {}
    lines = []
    for part in message.parts:
        if isinstance(part, ToolCallPart):
            lines.append(_compact({**lead, "tool": part.tool_name, "arguments": _arguments(part)}))
        elif isinstance(part, TextPart) and part.content:
            lines.append(part.content if form.free else _compact({**lead, "answer": _answer(part, form)}))
    return "\n".join(lines)


def _answer(part: TextPart, form: ReplyForm) -> Any:
    if form.answer_is_json:
        with suppress(ValueError):
            return json.loads(part.content)
    return part.content


def _arguments(part: ToolCallPart) -> Any:
    try:
        return part.args_as_dict()
    except (ValueError, AssertionError):
        return {}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _request_text(part: ModelRequestPart) -> str:
    match part:
        case UserPromptPart():
            return _user_text(part)
        case SystemPromptPart():
            return part.content
        case ToolReturnPart(outcome="retried" | "failed"):
            return f"{part.tool_name} failed: {part.model_response_str(wrap_if_error=False)}"
        case ToolReturnPart():
            return " ".join([f"{part.tool_name} returned: {part.model_response_str()}", *_unseen(part)])
        case RetryPromptPart() | RetryFeedbackPart():
            return part.model_response()
        case _:
            return ""


def _unseen(part: ToolReturnPart) -> Iterator[str]:
    for file in part.files:
        yield f"[and a file of type {file.media_type}, which you cannot see]"


def _user_text(part: UserPromptPart) -> str:
    if isinstance(part.content, str):
        return part.content
    return "\n".join(_content_text(part))


def _content_text(part: UserPromptPart) -> Iterator[str]:
    for item in part.content:
        if isinstance(item, str):
            yield item
        elif isinstance(item, TextContent):
            yield item.content
        elif getattr(item, "kind", "") != "cache-point":
            raise UserError(f"an embedded model reads text only, not {type(item).__name__}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
