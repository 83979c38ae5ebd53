"""OTLP/HTTP as JSON: the same request in the protocol's own JSON (ids in hex, long integers as strings).

Not protobuf's JSON reader: OTLP writes ids differently from it, and asks readers to ignore unknown fields.
"""

import base64
import binascii
import json
import math
from typing import Any

from traces.otlp.limits import DEEPEST, LARGEST_INTEGER, OtlpError, SpanRefused
from traces.otlp.span import Span, Value, of_bytes, of_double, span_name, trace_name
from traces.otlp.wire import Decoded, check_counts, filled


def decode_json(body: bytes) -> Decoded:
    """The spans of an export request written as JSON.

    Raises:
        OtlpError: the body is none.
        OtlpTooLarge: more spans than one request may have.
    """
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise OtlpError(f"the body is not JSON: {str(error)[:200]}") from error
    decoded = Decoded()
    try:
        for resource in _list(_map(request), "resourceSpans"):
            for scope in _list(_map(resource), "scopeSpans"):
                _add_spans(decoded, _source(resource, _map(scope)), _list(scope, "spans"))
    except SpanRefused as error:
        raise OtlpError(f"the body is no OTLP export request: {error}") from error
    return decoded


def _add_spans(decoded: Decoded, source: dict[str, Any], spans: list[Any]) -> None:
    for span in spans:
        decoded.check_room()
        try:
            read = _map(span)
            decoded.spans.append(Span(trace_name(_text(read, "traceId")), _span(read), source))
        except SpanRefused as error:
            name = str(span.get("name", ""))[:80] if isinstance(span, dict) else ""
            decoded.refused.append(f"span {name!r}: {error}")


def _source(resource: dict[str, Any], scope: dict[str, Any]) -> dict[str, Any]:
    about, inner = _map(resource.get("resource") or {}), _map(scope.get("scope") or {})
    return filled(
        {
            "resource": _attributes(about),
            "resource_schema": _text(resource, "schemaUrl"),
            "scope": _text(inner, "name"),
            "scope_version": _text(inner, "version"),
            "scope_attributes": _attributes(inner),
            "scope_schema": _text(scope, "schemaUrl"),
        }
    )


def _span(span: dict[str, Any]) -> dict[str, Any]:
    name, status = _text(span, "name"), _map(span.get("status") or {})
    events, links = _list(span, "events"), _list(span, "links")
    check_counts(name, len(_list(span, "attributes")), len(events), len(links))
    dropped = {kind: _integer(span, f"dropped{kind.title()}Count") for kind in ("attributes", "events", "links")}
    return filled(
        {
            "id": span_name(_text(span, "spanId")),
            "parent": _text(span, "parentSpanId").lower()[:32],
            "name": name,
            "kind": _enum(span, "kind", _KINDS),
            "start": _integer(span, "startTimeUnixNano"),
            "end": _integer(span, "endTimeUnixNano"),
            "attributes": _attributes(span),
            "events": [_event(_map(event)) for event in events],
            "links": [_link(_map(link)) for link in links],
            "code": _enum(status, "code", _CODES),
            "message": _text(status, "message"),
            "state": _text(span, "traceState"),
            "flags": _integer(span, "flags"),
            "dropped": filled(dropped),
        }
    )


_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_CODES = ("UNSET", "OK", "ERROR")


def _enum(data: dict[str, Any], name: str, words: tuple[str, ...]) -> int:
    """An enum's number; senders that use protobuf's JSON write its name."""
    value = data.get(name)
    if isinstance(value, str) and (word := value.rsplit("_", 1)[-1]) in words:
        return words.index(word)
    return _integer(data, name)


def _event(event: dict[str, Any]) -> dict[str, Any]:
    name = _text(event, "name")
    check_counts(name, len(_list(event, "attributes")), 0, 0)
    return filled({"name": name, "at": _integer(event, "timeUnixNano"), "attributes": _attributes(event)})


def _link(link: dict[str, Any]) -> dict[str, Any]:
    found = {
        "trace": _text(link, "traceId"),
        "span": _text(link, "spanId"),
        "state": _text(link, "traceState"),
        "flags": _integer(link, "flags"),
        "attributes": _attributes(link),
    }
    return filled(found)


def _attributes(data: dict[str, Any]) -> dict[str, Value]:
    return {_text(_map(pair), "key"): _value(_map(pair.get("value") or {}), 1) for pair in _list(data, "attributes")}


def _value(value: dict[str, Any], depth: int) -> Value:
    if depth > DEEPEST:
        raise SpanRefused(f"an attribute is nested deeper than {DEEPEST} levels")
    for kind, raw in value.items():
        match kind:
            case "stringValue":
                return _text(value, kind)
            case "intValue":
                return _integer(value, kind, lowest=-LARGEST_INTEGER)
            case "boolValue":
                return raw is True
            case "doubleValue":
                return of_double(_double(raw))
            case "bytesValue":
                return of_bytes(_bytes(raw))
            case "arrayValue":
                return [_value(_map(item), depth + 1) for item in _list(_map(raw), "values")]
            case "kvlistValue":
                pairs = (_map(pair) for pair in _list(_map(raw), "values"))
                return {_text(pair, "key"): _value(_map(pair.get("value") or {}), depth + 1) for pair in pairs}
            case _:
                continue
    return None


# --- shapes of JSON that a sender may get wrong --------------------------------------------------------------------


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SpanRefused(f"an object should be where {_shown(value)} is")
    return value


def _list(data: dict[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise SpanRefused(f"{name} should be a list, not {_shown(value)}")
    return value


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SpanRefused(f"{name} should be a text, not {_shown(value)}")
    return value


def _integer(data: dict[str, Any], name: str, *, lowest: int = 0) -> int:
    value = data.get(name)
    if value is None:
        return 0
    try:
        number = int(value) if not isinstance(value, str) or len(value) <= 20 else None
    except (ValueError, TypeError, OverflowError):
        number = None
    if number is None or not lowest <= number < 2 * LARGEST_INTEGER:
        raise SpanRefused(f"{name} should be a whole number of 64 bits, not {_shown(value)}")
    return number


def _double(value: Any) -> float:
    words = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    if isinstance(value, str) and value in words:
        return words[value]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise SpanRefused(f"doubleValue should be a number, not {_shown(value)}")
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise SpanRefused(f"doubleValue should be a number, not {_shown(value)}") from error


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise SpanRefused(f"bytesValue should be base64, not {_shown(value)}") from error


def _shown(value: Any) -> str:
    return repr(value)[:40] if isinstance(value, str | int | float | bool) else f"a {type(value).__name__}"
