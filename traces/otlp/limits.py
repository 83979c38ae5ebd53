"""What bounds telemetry from outside, and how a span that is beyond it is told."""

from typing import Final

from traces.errors import BadInput

MOST_SPANS: Final = 50_000
"""Spans of one request. Exporters send 512 at a time by default."""

MOST_ATTRIBUTES: Final = 4_000
"""Attributes of one span: flattened conversations of OpenInference have some ten a message."""

MOST_EVENTS: Final = 2_000
"""Events or links of one span."""

MOST_PER_TRACE: Final = 100_000
"""Spans of one trace: what can still be put in order and shown as one run."""

DEEPEST: Final = 32
"""Levels of lists and maps within one attribute: less than JSON readers of any language give up at."""

LONGEST_NAME: Final = 1_000
"""Characters of a span's name."""

LARGEST_INTEGER: Final = 2**63


class OtlpError(BadInput):
    """A whole request that cannot be read as OTLP; nothing of it was kept."""


class OtlpTooLarge(OtlpError):
    """A request with more than fits; nothing of it was kept."""


class SpanRefused(ValueError):
    """One span that cannot be kept; the others of its request are."""


UNREADABLE: Final = "unreadable"
"""Why spans are counted as lost: an id that is none, values of another shape."""
