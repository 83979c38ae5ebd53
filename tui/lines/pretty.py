"""Values as people read them: JSON that is broken only where it is too long for a line. Pure."""

import json
from typing import Any, Final

NARROW: Final = 72
"""Characters up to which a value stays on one line."""


def pretty(value: Any) -> str:
    """A text as it is; a JSON text or a value as JSON, a line for each part that does not fit on one."""
    if isinstance(value, str):
        text = value
        if text[:1] not in {"{", "["}:
            return text
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
    return _laid_out(value, 0)


def _laid_out(value: Any, indent: int) -> str:
    flat = json.dumps(value, ensure_ascii=False, default=str)
    if len(flat) + indent <= NARROW or not isinstance(value, dict | list) or indent > NARROW // 2:
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [
            f"{inner}{json.dumps(str(key), ensure_ascii=False)}: {_laid_out(one, indent + 2)}"
            for key, one in value.items()
        ]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    parts = [inner + _laid_out(one, indent + 2) for one in value]
    return "[\n" + ",\n".join(parts) + "\n" + " " * indent + "]"
