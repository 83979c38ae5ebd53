"""Any JSON schema -> a schema the engine's grammar can hold: closed, without references, every value bounded.

Whatever a narrowed schema accepts, the original accepts too, except where the original leans on something
a grammar cannot say (`not`, look-ahead, formats): there the caller's own validation still decides.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

STRING_CHARS = 400
STRING_CHARS_MOST = 2000
LIST_ITEMS = 12
LIST_ITEMS_MOST = 64
INTEGER_MOST = 10**12
# Four digits after the point: money, rates and scores; without it a small model writes 0.3333... for ever.
NUMBER_STEP = 0.0001
# References may be recursive; deeper than this a value is left out or replaced by a plain one.
DEPTH_MOST = 8

_FORMATS = frozenset({"date", "time", "date-time", "uuid"})
# Look-around, back-references, named groups, word boundaries, lazy repetition: not in the engine's regex.
_UNHELD = re.compile(r"\(\?(?!:)|\\[1-9bBAZzpP]|[*+?}]\?|[*+?}]\+")
_PLAIN: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "maxLength": STRING_CHARS},
        {"type": "number", "minimum": -INTEGER_MOST, "maximum": INTEGER_MOST, "multipleOf": NUMBER_STEP},
        {"type": "boolean"},
        {"type": "null"},
    ]
}


def narrow(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the closed, bounded form of `schema`. Pure; the same schema gives the same form."""
    return _narrow(schema, schema, 0)


def _narrow(schema: Any, root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or depth > DEPTH_MOST:
        return _PLAIN
    schema = _merged(schema, root, depth)
    if "const" in schema:
        return {"const": schema["const"]}
    if "enum" in schema:
        return {"enum": list(schema["enum"])}
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return _any_of([{**_rest(schema, key), **branch} for branch in schema[key]], root, depth)
    kind = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kind, list):
        return _any_of([{**schema, "type": one} for one in kind], root, depth)
    return _of_kind(kind, schema, root, depth)


def _of_kind(kind: Any, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    match kind:
        case "string":
            return _string(schema)
        case "integer" | "number":
            return _number(kind, schema)
        case "array":
            return _array(schema, root, depth)
        case "object":
            return _object(schema, root, depth)
        case "boolean" | "null":
            return {"type": kind}
        case _:
            return _PLAIN


def _merged(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
    """Follow `$ref` and fold `allOf` into one schema; keys beside them win."""
    for _ in range(DEPTH_MOST):
        if "$ref" in schema:
            schema = {**_target(schema["$ref"], root), **_rest(schema, "$ref")}
        elif schema.get("allOf"):
            folded: dict[str, Any] = {}
            for part in schema["allOf"]:
                folded = _fold(folded, _merged(part, root, depth + 1) if depth < DEPTH_MOST else part)
            schema = _fold(folded, _rest(schema, "allOf"))
        else:
            return schema
    return {}


def _target(pointer: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for step in str(pointer).removeprefix("#").split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _fold(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    folded = {**first, **second}
    if "properties" in first and "properties" in second:
        folded["properties"] = {**first["properties"], **second["properties"]}
    if "required" in first and "required" in second:
        folded["required"] = [*first["required"], *second["required"]]
    return folded


def _rest(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}


def _any_of(branches: list[Any], root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    narrowed: list[dict[str, Any]] = []
    for branch in branches:
        form = _narrow(branch, root, depth + 1)
        if form not in narrowed:
            narrowed.append(form)
    return narrowed[0] if len(narrowed) == 1 else {"anyOf": narrowed}


def _string(schema: Mapping[str, Any]) -> dict[str, Any]:
    if schema.get("format") in _FORMATS and "pattern" not in schema:
        return {"type": "string", "format": schema["format"]}
    least = min(int(schema.get("minLength", 0)), STRING_CHARS_MOST)
    most = max(least, min(int(schema.get("maxLength", STRING_CHARS)), STRING_CHARS_MOST))
    form: dict[str, Any] = {"type": "string", "maxLength": most}
    if least:
        form["minLength"] = least
    if holds_pattern(schema.get("pattern")):
        form["pattern"] = schema["pattern"]
    return form


def holds_pattern(pattern: Any) -> bool:
    """Whether the engine's regular expressions can hold `pattern`; False for None and for broken ones."""
    if not isinstance(pattern, str) or _UNHELD.search(pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _number(kind: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    whole = kind == "integer"
    step = 1 if whole else NUMBER_STEP
    low = max([-INTEGER_MOST, *_bound(schema, "minimum", 0), *_bound(schema, "exclusiveMinimum", step)])
    high = min([INTEGER_MOST, *_bound(schema, "maximum", 0), *_bound(schema, "exclusiveMaximum", -step)])
    if whole:
        return {"type": kind, "minimum": math.ceil(low), "maximum": math.floor(high)}
    return {"type": kind, "minimum": low, "maximum": high, "multipleOf": NUMBER_STEP}


def _bound(schema: Mapping[str, Any], key: str, inward: float) -> list[float]:
    value = schema.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return []
    return [value + inward]


def _array(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if schema.get("prefixItems"):
        items = [_narrow(item, root, depth + 1) for item in schema["prefixItems"]]
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}
    least = min(int(schema.get("minItems", 0)), LIST_ITEMS_MOST)
    most = max(least, min(int(schema.get("maxItems", LIST_ITEMS)), LIST_ITEMS_MOST))
    item = _narrow(schema.get("items"), root, depth + 1)
    return {"type": "array", "items": item, "minItems": least, "maxItems": most}


def _object(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    extra = schema.get("additionalProperties", True)
    if not properties and extra is not False:
        values = _narrow(extra, root, depth + 1)
        return {"type": "object", "additionalProperties": values, "maxProperties": LIST_ITEMS}
    required = [name for name in schema.get("required", ()) if name in properties]
    narrowed = {
        name: _narrow(value, root, depth + 1)
        for name, value in properties.items()
        if name in required or depth < DEPTH_MOST
    }
    return {"type": "object", "properties": narrowed, "required": required, "additionalProperties": False}
