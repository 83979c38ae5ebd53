"""One of our runs as OTLP spans with the attributes of the GenAI conventions.

Ids are made from the run's: sent twice it is the same spans, which a backend takes for one. A delegated run is part
of the trace of the run that asked for it, below the step that did. Prevents: two names for one step in two systems.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Proto
from ulid import ULID

from traces.events import (
    Event,
    ModelFailed,
    ModelReplied,
    ModelRequested,
    RunCancelled,
    RunDelegated,
    RunFailed,
    RunFinished,
    RunStarted,
    ToolCalled,
    ToolFailed,
    ToolReturned,
)
from traces.otlp.span import ERROR

At = tuple[datetime, Event]

_ROOT: Final = "run"
"""Stands for the run itself where an operation's key would be."""


def trace_of(run_id: str) -> bytes:
    """The 16 bytes of a trace's id: the run's own ULID, or a digest where it has another kind of name."""
    try:
        return bytes(ULID.from_str(run_id.removeprefix("run_").upper()).bytes)
    except ValueError:
        return hashlib.sha256(run_id.encode()).digest()[:16]


def span_of(run_id: str, op: str = _ROOT, attempt: int = 1) -> bytes:
    """The 8 bytes of a span's id."""
    return hashlib.sha256(f"{run_id}\n{op}\n{attempt}".encode()).digest()[:8]


def encode(runs: Iterable[tuple[str, str, Sequence[At]]], *, service: str) -> tuple[bytes, int]:
    """(ExportTraceServiceRequest, number of spans) of runs, each given as (trace's run id, run id, its facts)."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.extend(_pairs({"service.name": service}))
    scope = resource.scope_spans.add()
    scope.scope.name = "strop"
    for top, run_id, facts in runs:
        scope.spans.extend(_spans(top, run_id, facts))
    return request.SerializeToString(), len(scope.spans)


def _spans(top: str, run_id: str, facts: Sequence[At]) -> list[Proto]:
    writer = _Writer(top, run_id)
    for at, event in facts:
        writer.take(at, event)
    return writer.spans


class _Writer:
    """Takes the facts of a run in order; an operation's span begins with its request and ends with its answer."""

    def __init__(self, top: str, run_id: str) -> None:
        self._trace, self._run = trace_of(top), run_id
        self._open: dict[tuple[str | None, int], tuple[datetime, Any]] = {}
        self._shown: list[Any] = []
        self._started: tuple[datetime, RunStarted] | None = None
        self.spans: list[Proto] = []

    def take(self, at: datetime, event: Event) -> None:
        """Take in one more fact."""
        key = (event.op, event.attempt)
        match event:
            case RunStarted():
                self._started = (at, event)
            case ModelRequested() | ToolCalled():
                self._open[key] = (at, event)
            case ModelReplied() | ModelFailed() if key in self._open:
                self._model(*self._open.pop(key), at, event)
            case ToolReturned() | ToolFailed() if key in self._open:
                self._tool(*self._open.pop(key), at, event)
            case RunDelegated():
                told = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": event.tool}
                told["gen_ai.tool.call.arguments"] = event.request
                self._add(f"execute_tool {event.tool}", at, at, event, told)
            case RunFinished() | RunFailed() | RunCancelled() if self._started is not None:
                self._whole(*self._started, at, event)
            case _:
                pass

    def _model(
        self, start: datetime, asked: ModelRequested, end: datetime, event: ModelReplied | ModelFailed
    ) -> None:
        self._shown += [_message(message) for message in asked.messages if isinstance(message, dict)]
        told: dict[str, Any] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": asked.model,
            "gen_ai.input.messages": _json(self._shown),
            "gen_ai.system_instructions": _json([{"type": "text", "content": asked.instructions}])
            if asked.instructions
            else None,
            "gen_ai.tool.definitions": _json(asked.tools) if asked.tools else None,
        }
        if isinstance(event, ModelFailed):
            self._add(f"chat {asked.model}", start, end, event, told, error=event.error, message=event.message)
            return
        said = _message(event.response) if isinstance(event.response, dict) else {"role": "assistant", "parts": []}
        self._shown.append(said)
        told |= {
            "gen_ai.response.model": event.model,
            "gen_ai.output.messages": _json([said]),
            "gen_ai.usage.input_tokens": event.input_tokens,
            "gen_ai.usage.output_tokens": event.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": event.cached_tokens or None,
            "operation.cost": event.cost,
        }
        self._add(f"chat {asked.model}", start, end, event, told)

    def _tool(self, start: datetime, called: ToolCalled, end: datetime, event: ToolReturned | ToolFailed) -> None:
        told = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": called.tool,
            "gen_ai.tool.call.id": called.call_id,
            "gen_ai.tool.call.arguments": _json(called.arguments),
            "gen_ai.tool.call.result": _json(event.result) if isinstance(event, ToolReturned) else None,
            "strop.effect": called.effect,
            "strop.server": called.server,
        }
        failed = isinstance(event, ToolFailed) or event.outcome == "failed"
        message = event.message if isinstance(event, ToolFailed) else event.outcome
        error = event.error if isinstance(event, ToolFailed) else "ToolFailed"
        name = f"execute_tool {called.tool}"
        self._add(name, start, end, event, told, error=error if failed else "", message=message if failed else "")

    def _whole(self, start: datetime, started: RunStarted, end: datetime, event: Event) -> None:
        asked = [{"role": "user", "parts": [{"type": "text", "content": started.input}]}]
        told: dict[str, Any] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": started.agent,
            "gen_ai.conversation.id": started.conversation_id,
            "gen_ai.input.messages": _json(asked),
            "strop.run": self._run,
            "strop.bundle": started.bundle,
            "strop.origin": started.origin,
        }
        if isinstance(event, RunFinished):
            text = event.output if isinstance(event.output, str) else _json(event.output)
            told["gen_ai.output.messages"] = _json(
                [{"role": "assistant", "parts": [{"type": "text", "content": text}]}]
            )
        error = (
            event.error if isinstance(event, RunFailed) else "" if isinstance(event, RunFinished) else "RunCancelled"
        )
        message = event.message if isinstance(event, RunFailed) else ""
        name = f"invoke_agent {started.agent}"
        self._add(name, start, end, event.model_copy(update={"op": _ROOT}), told, error=error, message=message)
        if started.parent_run_id and started.parent_op:
            self.spans[-1].parent_span_id = span_of(started.parent_run_id, started.parent_op)

    def _add(
        self, name: str, start: datetime, end: datetime, event: Event, told: dict[str, Any], *,
        error: str = "", message: str = "",
    ) -> None:  # fmt: skip
        op = event.op or _ROOT
        span = Proto(
            trace_id=self._trace, span_id=span_of(self._run, op, event.attempt), name=name[:1000],
            parent_span_id=b"" if op == _ROOT else span_of(self._run),
            start_time_unix_nano=_nanos(start), end_time_unix_nano=_nanos(end),
            attributes=_pairs({**told, "strop.op": op, "error.type": error or None}),
        )  # fmt: skip
        if error:
            span.status.code = ERROR  # type: ignore[assignment]
            span.status.message = message.encode("utf-8", "replace").decode()
        self.spans.append(span)


def _nanos(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) * 1_000


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()


def _pairs(told: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in told.items() if value is not None]


def _any(value: Any) -> AnyValue:
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=str(value).encode("utf-8", "replace").decode())


# --- messages in the conventions' form ------------------------------------------------------------------------------


def _message(message: dict[str, Any]) -> dict[str, Any]:
    parts = [part for part in message.get("parts") or () if isinstance(part, dict)]
    kinds = {part.get("part_kind") for part in parts}
    asked = "system" if "system-prompt" in kinds else "tool" if kinds & {"tool-return", "retry-prompt"} else "user"
    role = "assistant" if message.get("kind") == "response" else asked
    return {"role": role, "parts": [_part(part) for part in parts]}


def _part(part: dict[str, Any]) -> dict[str, Any]:
    content = part.get("content")
    match part.get("part_kind"):
        case "tool-call":
            call = {"id": part.get("tool_call_id"), "name": part.get("tool_name"), "arguments": part.get("args")}
            return {"type": "tool_call", **call}
        case "tool-return" | "retry-prompt":
            return {"type": "tool_call_response", "id": part.get("tool_call_id"), "response": content}
        case "thinking":
            return {"type": "reasoning", "content": content}
        case _:
            return {"type": "text", "content": content}
