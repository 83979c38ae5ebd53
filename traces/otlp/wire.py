"""OTLP/HTTP as protobuf: an export request's bytes to spans.

A request that is no OTLP is refused whole; a span that cannot be kept is refused alone, with the reason. Prevents: a
fuzzed body that ends as our own error, and one bad span that costs its neighbours.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.json_format import MessageToJson  # type: ignore[import-untyped]
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from traces.otlp.limits import (
    DEEPEST,
    LONGEST_NAME,
    MOST_ATTRIBUTES,
    MOST_EVENTS,
    MOST_SPANS,
    OtlpError,
    OtlpTooLarge,
    SpanRefused,
)
from traces.otlp.span import Span, Value, of_bytes, of_double, span_name, trace_name


@dataclass
class Decoded:
    """The spans of a request, and why others were refused (one reason each)."""

    spans: list[Span] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def check_room(self) -> None:
        """Raise when the request has more spans than one request may."""
        if len(self.spans) + len(self.refused) >= MOST_SPANS:
            raise OtlpTooLarge(
                f"the request has more than {MOST_SPANS:,} spans", hint="Send fewer with each request."
            )


def decode_protobuf(body: bytes) -> Decoded:
    """The spans of an ExportTraceServiceRequest.

    Raises:
        OtlpError: the body is none.
        OtlpTooLarge: more spans than one request may have.
    """
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise OtlpError(f"the body is no OTLP export request: {str(error)[:200]}") from error
    decoded = Decoded()
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            source = _source(resource, scope)
            for span in scope.spans:
                decoded.check_room()
                try:
                    decoded.spans.append(Span(trace_name(span.trace_id.hex()), _span(span), source))
                except SpanRefused as error:
                    decoded.refused.append(f"span {span.name[:80]!r}: {error}")
    return decoded


def _source(resource: Any, scope: Any) -> dict[str, Any]:
    try:
        found = {
            "resource": _attributes(resource.resource.attributes),
            "resource_schema": resource.schema_url,
            "scope": scope.scope.name,
            "scope_version": scope.scope.version,
            "scope_attributes": _attributes(scope.scope.attributes),
            "scope_schema": scope.schema_url,
        }
    except SpanRefused as error:
        raise OtlpError(f"a resource cannot be kept: {error}") from error
    return filled(found)


def export_response(rejected: int, message: str, *, as_json: bool) -> bytes:
    """An ExportTraceServiceResponse; an empty one says that all was kept."""
    response = ExportTraceServiceResponse()
    if rejected:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = message.encode("utf-8", "replace").decode()
    text: bytes = MessageToJson(response, indent=None).encode() if as_json else response.SerializeToString()
    return text


_DROPPED: Final = ("attributes", "events", "links")


def _span(span: Any) -> dict[str, Any]:
    check_counts(span.name, len(span.attributes), len(span.events), len(span.links))
    return filled(
        {
            "id": span_name(span.span_id.hex()),
            "parent": span.parent_span_id.hex(),
            "name": span.name,
            "kind": span.kind,
            "start": span.start_time_unix_nano,
            "end": span.end_time_unix_nano,
            "attributes": _attributes(span.attributes),
            "events": [_event(event) for event in span.events],
            "links": [_link(link) for link in span.links],
            "code": span.status.code,
            "message": span.status.message,
            "state": span.trace_state,
            "flags": span.flags,
            "dropped": filled({name: getattr(span, f"dropped_{name}_count") for name in _DROPPED}),
        }
    )


def filled(data: dict[str, Any]) -> dict[str, Any]:
    """Without what is not set."""
    return {name: value for name, value in data.items() if value}


def check_counts(name: str, attributes: int, events: int, links: int) -> None:
    """Pass when a span is within the limits.

    Raises:
        SpanRefused: it is not.
    """
    if len(name) > LONGEST_NAME:
        raise SpanRefused(f"its name has more than {LONGEST_NAME:,} characters")
    if attributes > MOST_ATTRIBUTES:
        raise SpanRefused(f"{attributes:,} attributes; {MOST_ATTRIBUTES:,} are the most")
    if max(events, links) > MOST_EVENTS:
        raise SpanRefused(f"{max(events, links):,} events or links; {MOST_EVENTS:,} are the most")


def _event(event: Any) -> dict[str, Any]:
    check_counts(event.name, len(event.attributes), 0, 0)
    return filled({"name": event.name, "at": event.time_unix_nano, "attributes": _attributes(event.attributes)})


def _link(link: Any) -> dict[str, Any]:
    found = {
        "trace": link.trace_id.hex(),
        "span": link.span_id.hex(),
        "state": link.trace_state,
        "flags": link.flags,
        "attributes": _attributes(link.attributes),
    }
    return filled(found)


def _attributes(pairs: Iterable[Any]) -> dict[str, Value]:
    return {pair.key: _value(pair.value, 1) for pair in pairs}


def _value(value: Any, depth: int) -> Value:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return value.int_value
        case "bool_value":
            return value.bool_value
        case "double_value":
            return of_double(value.double_value)
        case "bytes_value":
            return of_bytes(value.bytes_value)
        case None:
            return None
        case kind:
            return _nested(value, kind, depth + 1)


def _nested(value: Any, kind: str, depth: int) -> Value:
    if depth > DEEPEST:
        raise SpanRefused(f"an attribute is nested deeper than {DEEPEST} levels")
    if kind == "array_value":
        return [_value(item, depth) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value, depth) for pair in value.kvlist_value.values}
    return None  # an index into a table of strings that traces do not have
