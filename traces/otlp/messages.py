"""The messages of a model request, from whatever form they were sent in, in the form the ledger keeps messages.

One message is `{"kind": "request" | "response", "parts": [...]}` with parts `system-prompt`, `user-prompt`,
`tool-return`, `text`, `thinking` and `tool-call`, as pydantic-ai writes them, so that transcript, history and miner
read foreign runs as our own. Prevents: a reader for each vendor in every place that shows a message.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final

from traces.otlp.conventions import INPUT, OUTPUT, TOOLS, Attributes, parsed, value_of
from traces.previews import preview

Message = dict[str, Any]

_ASSISTANT: Final = frozenset({"assistant", "ai", "model", "aimessage", "aimessagechunk"})
_SYSTEM: Final = frozenset({"system", "developer", "systemmessage"})
_TOOL: Final = frozenset({"tool", "function", "toolmessage"})

DEEPEST: Final = 6
"""Wrappers around a list of messages that are looked through."""


def input_messages(data: dict[str, Any]) -> list[Message]:
    """What the model was shown, system prompts included, oldest first."""
    return _first_that_says(_shown_in(data), "user")


def output_messages(data: dict[str, Any]) -> list[Message]:
    """What the model said."""
    return _first_that_says(_said_in(data), "assistant")


def _shown_in(data: dict[str, Any]) -> Iterator[Any]:
    """Where messages to the model may stand, the most telling place first; looked into one after the other."""
    attributes: Attributes = data.get("attributes", {})
    yield value_of(attributes, ("gen_ai.input.messages",))
    yield _flattened(attributes, "llm.input_messages.")
    yield _flattened(attributes, "gen_ai.prompt.")
    yield value_of(attributes, ("ai.prompt.messages", "pydantic_ai.all_messages", "all_messages_events"))
    yield _events(data, reply=False)
    yield value_of(attributes, ("gen_ai.prompt", "mlflow.spanInputs", "request_data", "input.value", "ai.prompt"))


def _said_in(data: dict[str, Any]) -> Iterator[Any]:
    """The same of its replies."""
    attributes: Attributes = data.get("attributes", {})
    yield value_of(attributes, ("gen_ai.output.messages",))
    yield _flattened(attributes, "llm.output_messages.")
    yield _flattened(attributes, "gen_ai.completion.")
    yield _events(data, reply=True)
    yield _vercel(attributes)
    yield value_of(attributes, ("gen_ai.completion", "mlflow.spanOutputs", "response_data", "output.value"))


def _first_that_says(places: Iterable[Any], role: str) -> list[Message]:
    """The messages of the first place that has any word: some instrumentations name a role there and nothing else."""
    for raw in places:
        found = _messages(raw, role)
        if any(message["parts"] for message in found):
            return found
    return []


def _vercel(attributes: Attributes) -> Any:
    text, calls = attributes.get("ai.response.text"), value_of(attributes, ("ai.response.toolCalls",))
    return {"role": "assistant", "content": text or "", "tool_calls": calls or []} if text or calls else None


def tool_definitions(attributes: Attributes) -> list[Any]:
    """The tools that the model was offered, as they were told."""
    told = value_of(attributes, TOOLS)
    if isinstance(told, list):
        return told
    flat = _flattened(attributes, "llm.tools.")
    return [_tool_definition(one) for one in flat]


def _tool_definition(raw: Any) -> Any:
    """OpenInference has each tool's schema as a text, in the form of the provider."""
    inner = raw.get("tool") if isinstance(raw, dict) else None
    schema = parsed(inner.get("json_schema")) if isinstance(inner, dict) else None
    if not isinstance(schema, dict):
        return raw
    function = schema.get("function")
    return function if isinstance(function, dict) else schema


# --- forms ---------------------------------------------------------------------------------------------------------


def _flattened(attributes: Attributes, start: str) -> list[Any]:
    """`llm.input_messages.0.message.content` and its like, put together again."""
    tree: dict[str, Any] = {}
    for key, value in attributes.items():
        if key.startswith(start):
            *path, last = key[len(start) :].split(".")
            place = tree
            for name in path[:12]:
                place = place.setdefault(name, {}) if isinstance(place, dict) else {}
                place = place if isinstance(place, dict) else {}
            place[last] = value
    found = _lists(tree)
    return found if isinstance(found, list) else []


def _lists(tree: Any) -> Any:
    """Maps whose keys are all numbers become lists, in the order of the numbers."""
    if not isinstance(tree, dict):
        return tree
    if tree and all(re.fullmatch(r"\d{1,6}", key) for key in tree):
        return [_lists(tree[key]) for key in sorted(tree, key=int)]
    return {key: _lists(value) for key, value in tree.items()}


_EVENT: Final = re.compile(r"gen_ai\.(system|user|assistant|tool)\.message|gen_ai\.choice|gen_ai\.content\.(\w+)")


def _events(data: dict[str, Any], *, reply: bool) -> list[Any]:
    """The older convention: each message is an event of the span, or an item of its `events` attribute."""
    attributes: Attributes = data.get("attributes", {})
    listed = value_of(attributes, ("events",))
    events = [(event.get("name", ""), event.get("attributes", {})) for event in data.get("events", ())]
    if isinstance(listed, list):
        events += [(str(item.get("event.name", "")), item) for item in listed if isinstance(item, dict)]
    found: list[Any] = []
    for name, body in events:
        matched = _EVENT.fullmatch(name)
        whole = value_of(body, ("gen_ai.output.messages" if reply else "gen_ai.input.messages",))
        if isinstance(whole, list):  # gen_ai.client.inference.operation.details
            found += whole
        elif matched and (name in {"gen_ai.choice", "gen_ai.content.completion"}) is reply:
            inner = parsed(body.get("message", body)) if name == "gen_ai.choice" else body
            text = value_of(body, ("gen_ai.prompt", "gen_ai.completion", "gen_ai.event.content"))
            role = matched[1] or ("assistant" if reply else "user")
            found.append({"role": role, **inner} if isinstance(inner, dict) and text is None else text or inner)
    return found


def _messages(raw: Any, role: str, depth: int = 1) -> list[Message]:
    if raw is None or raw in ("", [], {}) or depth > DEEPEST:
        return []
    if isinstance(raw, list):
        return [message for item in raw for message in _messages(item, role, depth + 1)]
    if not isinstance(raw, dict):
        return [_message(role, [{"type": "text", "content": raw}])]
    for inner in ("message", "messages", "generations", "choices", "data", "kwargs"):
        if isinstance(raw.get(inner), list | dict) and raw[inner]:
            value = {"role": _role(raw, role), **raw[inner]} if isinstance(raw[inner], dict) else raw[inner]
            return _messages(value, role, depth + 1)
    if raw.keys() & {"role", "content", "contents", "parts", "tool_calls"}:
        return [_message(_role(raw, role), _raw_parts(raw))]
    text = next((raw[key] for key in ("text", "input", "prompt", "query", "question", "output") if raw.get(key)), raw)
    return [_message(role, [{"type": "text", "content": text}])]


def _role(raw: dict[str, Any], otherwise: str) -> str:
    found = raw.get("role") or (raw.get("type") if "content" in raw else None) or otherwise
    name = str(found).lower().replace("human", "user")
    return "assistant" if name in _ASSISTANT else name


def _raw_parts(raw: dict[str, Any]) -> list[Any]:
    parts = raw.get("parts") or raw.get("contents")
    if isinstance(parts, list):
        return parts
    content = parsed(raw.get("content")) if _looks_like_parts(raw.get("content")) else raw.get("content")
    found = list(content) if isinstance(content, list) else [content] if content not in (None, "") else []
    if reasoning := raw.get("reasoning_content") or raw.get("reasoning"):
        found.insert(0, {"type": "reasoning", "content": reasoning})
    calls = raw.get("tool_calls")
    found += [
        {"type": "tool_call", **call} for call in (calls if isinstance(calls, list) else ()) if isinstance(call, dict)
    ]
    if raw.get("tool_call_id") and str(raw.get("role", "")).lower() in _TOOL | {""}:
        said = {"id": raw["tool_call_id"], "name": raw.get("name"), "result": _plain(found)}
        found = [{"type": "tool_call_response", **said}]
    return found


def _looks_like_parts(content: Any) -> bool:
    return isinstance(content, str) and content.startswith('[{"type"')


def _plain(parts: list[Any]) -> Any:
    texts = [part.get("text", part) if isinstance(part, dict) else part for part in parts]
    return texts[0] if len(texts) == 1 else texts


# --- in the ledger's form -------------------------------------------------------------------------------------------


def _message(role: str, parts: list[Any]) -> Message:
    if role in _ASSISTANT:
        return {"kind": "response", "parts": [_reply_part(part) for part in parts]}
    kind = "system-prompt" if role in _SYSTEM else "user-prompt"
    return {"kind": "request", "parts": [_request_part(kind, role, part) for part in parts]}


def _request_part(kind: str, role: str, part: Any) -> dict[str, Any]:
    if isinstance(part, dict) and _type(part) in {"tool_call_response", "tool_result", "tool-result"}:
        result = next((part[key] for key in ("result", "response", "content", "output") if key in part), None)
        name, call = part.get("name") or part.get("tool_name") or "", part.get("id") or part.get("toolCallId") or ""
        return {"part_kind": "tool-return", "tool_name": str(name), "content": result, "tool_call_id": str(call)}
    if role in _TOOL:
        return {"part_kind": "tool-return", "tool_name": "", "content": _content(part), "tool_call_id": ""}
    return {"part_kind": kind, "content": _text(part)}


def _reply_part(part: Any) -> dict[str, Any]:
    match _type(part):
        case "tool_call" | "tool-call" | "tool_use" | "function_call" | "function":
            return _call(part.get("tool_call") or part)
        case "reasoning" | "thinking":
            return {"part_kind": "thinking", "content": _text(part)}
        case _:
            return {"part_kind": "text", "content": _text(part)}


def _call(part: dict[str, Any]) -> dict[str, Any]:
    part = part if isinstance(part, dict) else {}
    function = part.get("function")
    inner: dict[str, Any] = function if isinstance(function, dict) else part
    arguments: Any = next((inner[key] for key in ("arguments", "args", "input") if key in inner), {})
    name = inner.get("name") or part.get("toolName") or ""
    call = part.get("id") or part.get("call_id") or part.get("toolCallId") or ""
    return {"part_kind": "tool-call", "tool_name": str(name), "args": parsed(arguments), "tool_call_id": str(call)}


def _type(part: Any) -> str:
    if not isinstance(part, dict):
        return "text"
    if isinstance(part.get("tool_call"), dict):
        return "tool_call"
    kind = part.get("type") or part.get("message_content.type") or "text"
    return "tool_call" if isinstance(part.get("function"), dict) and part["function"].get("name") else str(kind)


def _content(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    inner = part.get("message_content")
    part = inner if isinstance(inner, dict) else part
    return next((part[key] for key in ("content", "text", "thinking", "reasoning", "value") if key in part), part)


def _text(part: Any) -> str:
    """A part as text; one that is no text (an image, an audio) as its JSON."""
    content = _content(part)
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


class Conversation:
    """What models were shown one request after the other, each of which shows the conversation so far: of a list of
    messages that goes on from the one before it, only what is new is read.
    """

    def __init__(self) -> None:
        self._before = ""

    def new_in(self, read: "Read") -> list[Message]:
        """The messages that the request before did not show, as far as that is seen at once; else all."""
        text = read.attributes.get("gen_ai.input.messages")
        if not isinstance(text, str):
            return read.shown
        before, self._before = self._before, text
        if before[:1] == "[" and before[-1] == "]" and text.startswith(f"{before[:-1]},"):
            more = parsed(f"[{text[len(before) :]}")
            if isinstance(more, list):
                return _messages(more, "user")
        return read.shown


class Read:
    """A span and the messages in it, read when they are first asked for."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.attributes: Attributes = data.get("attributes", {})

    @cached_property
    def shown(self) -> list[Message]:
        """What the model (or agent) was shown."""
        return input_messages(self.data)

    @cached_property
    def said(self) -> list[Message]:
        """What it said."""
        return output_messages(self.data)

    @property
    def asked(self) -> str:
        """What the span was asked: the last thing a user said in its input, else the input as it is."""
        said = [text for message in self.shown for text in text_parts(message, "user-prompt")]
        if said:
            return said[-1]
        value = value_of(self.attributes, INPUT)
        return value if isinstance(value, str) else "" if value is None else preview(value)

    @property
    def answered(self) -> Any:
        """What the span answered: a final result, else the last text of its output, else the output as it is.

        Empty where all it said is a call.
        """
        if (final := value_of(self.attributes, ("final_result",))) is not None:
            return final
        said = [text for message in self.said for text in text_parts(message, "text")]
        if said:
            return said[-1]
        calls = any(part["part_kind"] == "tool-call" for message in self.said for part in message["parts"])
        return "" if calls else value_of(self.attributes, OUTPUT) or ""


def text_parts(message: Message, *kinds: str) -> list[str]:
    """The texts of a message's parts of these kinds."""
    found = (part.get("content") for part in message["parts"] if part["part_kind"] in kinds)
    return [text for text in found if isinstance(text, str) and text]
