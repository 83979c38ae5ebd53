"""What of a tool's result is kept: the same value is recorded and shown to the model.

Prevents: a number that JSON does not have breaking the record, a picture vanishing without a word, and one huge
result filling the model's context.
"""

import base64
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_ai.messages import BinaryContent

SHORTEST_SECRET = 6
"""A credential shorter than this is not searched for: it would stand in ordinary words and numbers."""


@dataclass(frozen=True)
class Bounds:
    """How much of a result is kept, in bytes, and what must never be."""

    text: int
    file: int = 1_048_576
    secrets: tuple[str, ...] = ()


def keep(result: Any, bounds: Bounds) -> Any:
    """The result as it is recorded and shown: JSON-ready data, files, or a list of both.

    NaN and the infinities, which JSON does not have, become the texts "NaN", "Infinity" and "-Infinity". Data longer
    than `bounds.text` is cut and says so; a file larger than `bounds.file` is left out, and a text says which.
    """
    result = _finite(result, bounds.secrets)
    if not any(isinstance(one, BinaryContent) for one in _items(result)):
        return cut(result, bounds.text)
    kept = [_file(one, bounds.file) if isinstance(one, BinaryContent) else one for one in _items(result)]
    texts = [one for one in kept if not isinstance(one, BinaryContent)]
    if len(json.dumps(texts, ensure_ascii=False).encode("utf-8", "replace")) > bounds.text:
        kept = [cut(texts, bounds.text), *(one for one in kept if isinstance(one, BinaryContent))]
    return kept if isinstance(result, list) or len(kept) > 1 else kept[0]


def cut(result: Any, limit: int) -> Any:
    """`result` as it is, or its first `limit` bytes as text with a note of what is missing."""
    text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return result
    kept = raw[:limit].decode("utf-8", "ignore")
    return f"{kept}\n[cut: {len(raw):,} bytes, the first {limit:,} are shown; ask for less at once]"


def without(text: str, secrets: Sequence[str]) -> str:
    """The text with each of the secrets replaced by a word that says so."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "[credential]")
    return text


def finite(value: Any) -> bool:
    """Whether JSON has all of the value's numbers."""
    match value:
        case float():
            return math.isfinite(value)
        case dict():
            return all(finite(item) for item in value.values())
        case list() | tuple():
            return all(finite(item) for item in value)
        case _:
            return True


def _items(result: Any) -> Iterator[Any]:
    yield from result if isinstance(result, list) else [result]


def _finite(value: Any, secrets: Sequence[str]) -> Any:
    match value:
        case str():
            return without(value, secrets)
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case dict():
            return {without(str(key), secrets): _finite(item, secrets) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item, secrets) for item in value]
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return value


def _file(file: BinaryContent, limit: int) -> BinaryContent | str:
    size = len(file.data)
    if size <= limit:
        return file
    return f"[left out: a file of type {file.media_type}, {size:,} bytes; up to {limit:,} are kept]"
