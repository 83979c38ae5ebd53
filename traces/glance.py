"""One quick look at a text for many shapes at once: is any of them in it?

Python's engine tries a choice of words at every character; pydantic's, which is there anyway, is Rust's and looks for
all of them in one pass: 0.4 ms for 200 kB and forty words, where forty searches take 5. It knows no looking back.
"""

from collections.abc import Iterable

from pydantic_core import SchemaValidator, core_schema

from traces.ids import is_utf8


class Glance:
    """Whether one of these patterns, in the syntax of Rust's `regex`, occurs in a text."""

    def __init__(self, patterns: Iterable[str]) -> None:
        shape = core_schema.str_schema(pattern="|".join(patterns), regex_engine="rust-regex")
        self._occurs = SchemaValidator(shape).isinstance_python

    def __call__(self, text: str) -> bool:
        """Look."""
        # Half a surrogate pair is no text to it: it would find nothing.
        return self._occurs(text if is_utf8(text) else text.encode("utf-8", "replace").decode("utf-8"))
