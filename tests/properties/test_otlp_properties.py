"""Whatever is sent as OTLP: it is kept or refused in our own words, never broken on, and reads the same either way."""  # noqa: E501

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.traces.otlp_samples import TRACE, genai, request, span
from traces.otlp import conventions
from traces.otlp.json_wire import decode_json
from traces.otlp.limits import OtlpError
from traces.otlp.reading import facts_of
from traces.otlp.receive import _batch, _planned
from traces.otlp.wire import decode_protobuf

LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20)
JSONS = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=12)  # fmt: skip  # noqa: E501
WORDS = st.sampled_from(["messages", "message", "content", "parts", "role", "tool_calls", "function", "type", "text", "choices", "assistant", "tool", "id", "arguments", "tool_call", "result"])  # fmt: skip  # noqa: E501
SHAPED = st.recursive(LEAVES | WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=15)  # fmt: skip  # noqa: E501
ODD_KEYS = [
    "llm.input_messages.0.message.content",
    "llm.input_messages.0",
    "gen_ai.prompt.0.role",
    "gen_ai.prompt.a.b",
    "llm.output_messages.x.1",
]
KEYS = st.sampled_from([*sorted(conventions.KNOWN), *ODD_KEYS])
VALUES = SHAPED.map(lambda value: json.dumps(value, allow_nan=True)) | st.sampled_from(
    ["chat", "LLM", "TOOL", "AGENT", "execute_tool"]
)


def as_json(body: bytes) -> bytes:
    """A protobuf request in OTLP's JSON, whose ids are hex."""
    whole = MessageToDict(ExportTraceServiceRequest.FromString(body))
    for resource in whole["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for one in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in one:
                        one[name] = __import__("base64").b64decode(one[name]).hex()
    return json.dumps(whole).encode()


def test_json_and_protobuf_say_the_same() -> None:
    """The two forms of one request are the same spans."""
    odd = span(9, "odd", attributes={"raw": b"\xff\x00", "n": 2**53 + 1, "f": 0.5, "l": [1, "a"], "m": {"k": False}})
    body = request(*genai(), odd)
    assert decode_json(as_json(body)) == decode_protobuf(body)


@given(st.binary(max_size=300))
def test_bytes_are_read_or_refused(body: bytes) -> None:
    """No bytes end as an error that is not ours."""
    for decode in (decode_protobuf, decode_json):
        try:
            decode(body)
        except OtlpError:
            continue


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=3))
def test_a_damaged_request_is_read_or_refused(place: int, damage: bytes) -> None:
    """Neither does a real request with some bytes changed."""
    body = bytearray(request(*genai()))
    place %= len(body)
    body[place : place + len(damage)] = damage
    try:
        decoded = decode_protobuf(bytes(body))
    except OtlpError:
        return
    _read_all(decoded.spans)


@given(JSONS, st.sampled_from(["resourceSpans", "resource", "scopeSpans", "scope", "spans", "traceId", "attributes", "events", "links", "status", "startTimeUnixNano", "value", "kind", "flags"]))  # fmt: skip  # noqa: E501
def test_json_of_any_shape_is_read_or_refused(value: Any, where: str) -> None:
    """Any JSON in any place of a request is read or refused."""
    whole = json.loads(as_json(request(*genai())))
    _put(whole, where, value)
    try:
        decoded = decode_json(json.dumps(whole).encode())
    except OtlpError:
        return
    _read_all(decoded.spans)


def _put(tree: Any, name: str, value: Any) -> None:
    for inner in tree if isinstance(tree, list) else list(tree.values()) if isinstance(tree, dict) else ():
        if inner is not value:
            _put(inner, name, value)
    if isinstance(tree, dict) and name in tree:
        tree[name] = value


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=6), min_size=1, max_size=3))
def test_attributes_of_any_content_can_be_told(attributes: list[dict[str, str]]) -> None:
    """A known attribute with senseless content still makes a run that can be read."""
    spans = [span(number, "s", number - 1, attributes=found) for number, found in enumerate(attributes, 1)]
    _read_all(decode_protobuf(request(*spans)).spans)


def _read_all(spans: list[Any]) -> None:
    """What the receiver and every reader do with spans, without a database."""
    for trace_id in {one.trace_id for one in spans}:
        batch = _batch(trace_id, [one for one in spans if one.trace_id == trace_id])
        assert _planned(batch, [], None).run.events == 1
        batch.event.model_dump_json()
        for at, fact in facts_of([batch.event]):
            assert at >= 0
            fact.model_dump_json()


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"resourceSpans":' * 5000, b"\x0a" * 10_000, b"{}", b"null", b"1"]
)
def test_nests_and_trifles(body: bytes) -> None:
    """Nesting without an end, and JSON that is no request."""
    for decode in (decode_protobuf, decode_json):
        try:
            assert not decode(body).spans
        except OtlpError:
            continue


def test_the_sample_is_what_the_tests_think() -> None:
    """The sample trace has the id that tests look for."""
    assert {one.trace_id for one in decode_protobuf(request(*genai())).spans} == {TRACE}
