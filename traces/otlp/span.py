"""One span as it was sent, as plain JSON: nothing is left out, and unset fields take no room.

Attributes become a map. What JSON has not is written as `{"$bytes": base64}` and `{"$double": "NaN"}`, so that a span
can be exported again as it came.
"""

import base64
import math
import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from traces.otlp.limits import SpanRefused

Value: TypeAlias = Any
"""A JSON value that stands for an OTLP value."""

BYTES: Final = "$bytes"
DOUBLE: Final = "$double"

_TRACE: Final = re.compile(r"[0-9a-f]{32}")
_SPAN: Final = re.compile(r"[0-9a-f]{16}")

REMOTE_PARENT: Final = 0x300
"""Bits of `flags`: it is known whether the parent is in another process, and it is."""

ERROR: Final = 2
"""The status code of a span that went wrong."""


@dataclass(frozen=True)
class Span:
    """One span and who sent it.

    `data` has `id`, `name`, `start`, `end` (nanoseconds since 1970), and where set `parent`, `kind`, `attributes`,
    `events`, `links`, `code`, `message`, `state`, `flags`, `dropped`. `source` is its resource and scope.
    """

    trace_id: str
    data: dict[str, Any]
    source: dict[str, Any]


def trace_name(text: str) -> str:
    """A trace's id as 32 hex digits.

    Raises:
        SpanRefused: it is none.
    """
    return _checked(_TRACE, text.lower(), "trace")


def span_name(text: str) -> str:
    """A span's id as 16 hex digits.

    Raises:
        SpanRefused: it is none.
    """
    return _checked(_SPAN, text.lower(), "span")


def _checked(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text) or not text.strip("0"):
        raise SpanRefused(f"{text[:40]!r} is no {what} id")
    return text


def of_bytes(raw: bytes) -> Value:
    """Bytes as JSON can hold them."""
    return {BYTES: base64.b64encode(raw).decode()}


def of_double(number: float) -> Value:
    """A float as JSON can hold it."""
    return number if math.isfinite(number) else {DOUBLE: str(number)}


def is_root(data: dict[str, Any]) -> bool:
    """Whether the span is the outermost one of its process."""
    return not data.get("parent") or data.get("flags", 0) & REMOTE_PARENT == REMOTE_PARENT
