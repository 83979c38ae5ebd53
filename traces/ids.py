"""Names for things: run ids that sort by time, canonical JSON, and digests over it.

Prevents: two spellings of one value getting two names. Everything that is named by its content goes through
`canonical_json` first, and the bytes that were hashed are the bytes that are stored.
"""

import hashlib
import json
import re
from typing import Any, Final

from pydantic_core import PydanticSerializationError, to_json
from ulid import ULID

DIGEST_PREFIX: Final = "sha256:"
"""Every digest says which function made it, so that a later one can stand beside it."""

_LONE_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def new_id(prefix: str) -> str:
    """A fresh id such as `run_01jd…`: 26 characters that sort by creation time behind the prefix."""
    return f"{prefix}_{str(ULID()).lower()}"


def canonical_json(value: Any) -> str:
    """JSON text that is the same for equal values: sorted keys, no white space, UTF-8 as it is.

    Half a surrogate pair, which a broken tool may send and no database can store, is written as its escape.

    Args:
        value: JSON-ready data (dict, list, str, int, float, bool, None).

    Raises:
        ValueError: for NaN and infinities, which JSON does not have.
        TypeError: for anything that is not JSON-ready.
    """
    return _escaped(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False))


def _escaped(text: str) -> str:
    return text if is_utf8(text) else _LONE_SURROGATES.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def is_utf8(text: str) -> bool:
    """Whether the text can be encoded: a lone surrogate cannot."""
    try:
        return text.isascii() or bool(text.encode("utf-8"))
    except UnicodeEncodeError:
        return False


def ordered_json(value: Any) -> str:
    """Compact JSON text that keeps the order of keys.

    For what a model reads: the order of a schema's properties, of tools and of an example's fields shapes its answer,
    so it is part of the content and of the name.
    """
    return _escaped(json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False))


def quick_json(ready: Any) -> str:
    """As `ordered_json` in a fifth of its time, of what pydantic made JSON-ready. Of other things it refuses none."""
    try:
        text = to_json(ready).decode("utf-8")
    except PydanticSerializationError:  # half a surrogate pair
        return ordered_json(ready)
    return ordered_json(ready) if "NaN" in text or "Infinity" in text else text


def digest_text(text: str) -> str:
    """`sha256:<64 hex>` of the text's UTF-8 bytes; lone surrogates keep their own (reversible) bytes."""
    return DIGEST_PREFIX + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_json(value: Any) -> str:
    """The digest of a JSON-ready value: equal values have equal digests, whatever the order of their keys."""
    return digest_text(canonical_json(value))


def short(digest: str) -> str:
    """The first 12 hex characters: enough for people to tell bundles apart on a screen."""
    return digest.removeprefix(DIGEST_PREFIX)[:12]
