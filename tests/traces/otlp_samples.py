"""Spans as well-known emitters send them, small, and as OTLP requests."""

from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tests.builders import NOON

TRACE = "0af7651916cd43dd8448eb211c80319c"
START = int(NOON.timestamp()) * 1_000_000_000


def any_value(value: Any) -> AnyValue:
    """An OTLP value from a plain one."""
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    for kind, name in ((str, "string_value"), (int, "int_value"), (float, "double_value"), (bytes, "bytes_value")):
        if isinstance(value, kind):
            return AnyValue(**{name: value})
    found = AnyValue()
    if isinstance(value, dict):
        found.kvlist_value.values.extend(pairs(value))
    else:
        found.array_value.values.extend(any_value(item) for item in value)
    return found


def pairs(attributes: dict[str, Any]) -> list[KeyValue]:
    """OTLP attributes from a map."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def span(number: int, name: str, parent: int = 0, *, start: int = 0, end: int = 1, **more: Any) -> dict[str, Any]:
    """One span: ids from small numbers, times in milliseconds after noon."""
    return {"number": number, "name": name, "parent": parent, "start": start, "end": end, **more}


def request(*spans: dict[str, Any], trace: str = TRACE, service: str = "claims-service") -> bytes:
    """An export request with these spans."""
    whole = ExportTraceServiceRequest()
    resource = whole.resource_spans.add()
    resource.resource.attributes.extend(pairs({"service.name": service, "host.name": "h1"}))
    scope = resource.scope_spans.add()
    scope.scope.name = "sample"
    for one in spans:
        added = scope.spans.add(
            trace_id=bytes.fromhex(one.get("trace", trace)),
            span_id=one["number"].to_bytes(8, "big"),
            parent_span_id=one["parent"].to_bytes(8, "big") if one["parent"] else b"",
            name=one["name"],
            kind=1,
            start_time_unix_nano=START + one["start"] * 1_000_000,
            end_time_unix_nano=START + one["end"] * 1_000_000,
            attributes=pairs(one.get("attributes", {})),
        )
        added.status.code = one.get("code", 0)
        added.status.message = one.get("message", "")
        for event, attributes in one.get("events", ()):
            added.events.add(name=event, attributes=pairs(attributes), time_unix_nano=START)
    return whole.SerializeToString()


def genai() -> list[dict[str, Any]]:
    """An agent of the GenAI conventions: a request, a tool call, an answer; with attributes nobody knows."""
    asked = '[{"role":"user","parts":[{"type":"text","content":"My Windschutzscheibe broke."}]}]'
    call = '{"type":"tool_call","id":"c1","name":"refund","arguments":{"amount":7}}'
    first = (
        '[{"role":"assistant","parts":[{"type":"reasoning","content":"Glass is covered, thinks the otter."},' + call
    )
    more = (
        asked[:-1]
        + ',{"role":"assistant","parts":['
        + call
        + ']},{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"paid 7"}]}]'
    )
    model = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1", "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5, "gen_ai.system_instructions": '[{"type":"text","content":"Be kind."}]',
        "gen_ai.request.temperature": 0.5, "operation.cost": 0.001,
    }  # fmt: skip
    agent = {
        "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "claims", "gen_ai.conversation.id": "conv-77",
        "gen_ai.input.messages": asked, "gen_ai.usage.input_tokens": 25, "acme.unheard_of": [1, 2.5, True, {"deep": "x"}],  # noqa: E501
        "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"I paid 7 euros."}]}]',
    }  # fmt: skip
    tool = {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "refund", "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.call.arguments": '{"amount":7}', "gen_ai.tool.call.result": '"paid 7"',
    }  # fmt: skip
    said = agent["gen_ai.output.messages"]
    return [
        span(2, "chat m-1", 1, start=10, end=20, attributes={**model, "gen_ai.input.messages": asked, "gen_ai.output.messages": first + "]}]"}),  # noqa: E501
        span(3, "execute_tool refund", 1, start=21, end=25, attributes=tool),
        span(4, "chat m-1", 1, start=30, end=40, attributes={**model, "gen_ai.input.messages": more, "gen_ai.output.messages": said}),  # noqa: E501
        span(5, "GET /rates", 3, start=22, end=23, attributes={"http.method": "GET"}),
        span(1, "invoke_agent claims", 0, start=0, end=50, attributes=agent),
    ]  # fmt: skip


def batches(spans: Iterable[dict[str, Any]]) -> list[bytes]:
    """A request for each span."""
    return [request(one) for one in spans]
