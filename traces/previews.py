"""The first characters of a text for lists, in a form that every database can hold."""

from typing import Any, Final

from traces.ids import canonical_json, is_utf8

PREVIEW: Final = 200
"""Characters of input and output kept in the list row; the whole text is in the ledger."""


def preview(value: Any) -> str:
    """The first characters of a text, or of a value's JSON, on one line, as any database can store it."""
    text = value if isinstance(value, str) else canonical_json(value)
    # Not all of a text of megabytes: white space alone may push what is shown a little further back.
    line = " ".join(text[: 20 * PREVIEW].split())[:PREVIEW]
    return storable(line)


def storable(text: str) -> str:
    """The text without what a database column cannot hold: NUL (PostgreSQL) and half surrogate pairs (both)."""
    if "\0" not in text and is_utf8(text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
