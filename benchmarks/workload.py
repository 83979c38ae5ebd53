"""The rivals' workload: runs of 8 spans and 32 kB of text, as OTLP requests, the same bytes for every store.

Words are drawn by Zipf's law from 20,000 made-up ones, so text compresses about as prose does (2.1 to 1). Every run
has the same instructions; a request shows the conversation so far, as agents' requests do.
"""

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

SPANS: Final = 8
RUN_BYTES: Final = 32_000
RUNS_A_REQUEST: Final = 8
START: Final = 1_767_225_600_000_000_000
"""The first run began on 2026-01-01; each next one a minute later."""

AGENTS: Final = ("claims", "desk", "gifts", "search", "triage")
RARE: Final = "quokkalogue"
"""A word that one run in a thousand has."""


class Words:
    """Text without end, the same for the same seed."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        self._vocabulary = [
            "".join(self.random.choices(letters, k=self.random.randint(3, 10))) for _ in range(20_000)
        ]
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, 20_001)))

    def text(self, size: int) -> str:
        """About `size` bytes."""
        words = self.random.choices(self._vocabulary, cum_weights=self._weights, k=size // 5)
        return " ".join(words)[:size]


def requests(runs: int, *, a_request: int = RUNS_A_REQUEST, first: int = 0, seed: int = 7) -> Iterator[bytes]:
    """OTLP requests of `a_request` runs (64 spans) each."""
    words = Words(seed)
    numbers = iter(range(first, first + runs))
    while some := list(itertools.islice(numbers, a_request)):
        yield _request([_run(words, number) for number in some])


def trace_id(number: int) -> str:
    """The trace id of the run with this number."""
    return f"{number + 1:032x}"


def _request(runs: list[list[dict[str, Any]]]) -> bytes:
    whole = ExportTraceServiceRequest()
    resource = whole.resource_spans.add()
    resource.resource.attributes.append(_pair("service.name", "bench"))
    scope = resource.scope_spans.add()
    scope.scope.name = "strop.bench"
    for span in itertools.chain(*runs):
        attributes = [_pair(key, value) for key, value in span.pop("attributes").items()]
        scope.spans.add(**{**span, "attributes": attributes})
    return whole.SerializeToString()


def _pair(key: str, value: Any) -> KeyValue:
    told = AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
    return KeyValue(key=key, value=told)


INSTRUCTIONS: Final = "You help customers of an insurer. " * 20


def _run(words: Words, number: int) -> list[dict[str, Any]]:
    """An agent, four model requests and three tool calls; the conversation grows by each."""
    asked = words.text(1_200) + (f" {RARE}" if number % 1000 == 0 else "")
    history: list[dict[str, Any]] = [{"role": "user", "parts": [{"type": "text", "content": asked}]}]
    spans, answer = [], ""
    for step in range(4):
        answer = words.text(900)
        reply = {"role": "assistant", "parts": [{"type": "reasoning", "content": words.text(700)}]}
        if step < 3:
            call = {"type": "tool_call", "id": f"c{step}", "name": f"tool_{step}", "arguments": {"query": answer}}
            reply["parts"].append(call)  # type: ignore[attr-defined]
        else:
            reply["parts"].append({"type": "text", "content": answer})  # type: ignore[attr-defined]
        spans.append(_span(number, 2 * step + 2, "chat m-1", _model(history, reply)))
        if step < 3:
            result = words.text(1_000)
            spans.append(_span(number, 2 * step + 3, f"execute_tool tool_{step}", _tool(step, answer, result)))
            said = {"type": "tool_call_response", "id": f"c{step}", "response": result}
            history += [reply, {"role": "tool", "parts": [said]}]
    agent = {
        "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": AGENTS[number % len(AGENTS)],
        "gen_ai.conversation.id": f"conv-{number // 3}", "gen_ai.input.messages": json.dumps(history[:1]),
        "final_result": answer,
    }  # fmt: skip
    outer = _span(number, 1, "invoke_agent", agent)
    if number % 20 == 0:
        outer["status"] = {"code": 2, "message": "the tool broke"}
    return [*spans, outer]


def _model(history: list[dict[str, Any]], reply: dict[str, Any]) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1", "gen_ai.usage.input_tokens": 1_500,
        "gen_ai.usage.output_tokens": 300, "gen_ai.input.messages": json.dumps(history),
        "gen_ai.output.messages": json.dumps([reply]),
        "gen_ai.system_instructions": json.dumps([{"type": "text", "content": INSTRUCTIONS}]),
    }  # fmt: skip


def _tool(step: int, asked: str, result: str) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": f"tool_{step}",
        "gen_ai.tool.call.id": f"c{step}",
        "gen_ai.tool.call.arguments": json.dumps({"query": asked}), "gen_ai.tool.call.result": result,
    }  # fmt: skip


def _span(number: int, place: int, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    start = START + number * 60_000_000_000 + place * 1_000_000_000
    end = start + (20_000_000_000 if place == 1 else 900_000_000)
    span_id, parent = ((number * 16 + one).to_bytes(8, "big") for one in (place, 1))
    return {
        "trace_id": bytes.fromhex(trace_id(number)), "span_id": span_id, "name": name, "kind": 1,
        "parent_span_id": b"" if place == 1 else parent, "start_time_unix_nano": start,
        "end_time_unix_nano": end, "attributes": attributes,
    }  # fmt: skip
