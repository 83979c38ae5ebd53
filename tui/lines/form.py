"""A form from a JSON schema: which fields it has, what each takes, and what is wrong with what was typed. Pure.

Knows what MCP lets servers ask for (flat fields: texts, numbers, yes or no, choices of one or of several); what it
does not know is typed as JSON.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import JsonValue

from tui.lines.cells import one_line

Kind = Literal["text", "integer", "number", "yes", "one", "several", "json"]


class WrongField(ValueError):
    """What was typed does not fit its field; the message says why."""


@dataclass(frozen=True)
class Choice:
    """A value to choose, and how it is called."""

    value: JsonValue
    told: str


@dataclass(frozen=True)
class Field:
    """One field of a form."""

    name: str
    kind: Kind
    told: str
    """What stands before it."""
    hint: str = ""
    needed: bool = False
    default: JsonValue = None
    choices: tuple[Choice, ...] = ()
    schema: Mapping[str, Any] | None = None


def fields_of(schema: Mapping[str, Any]) -> list[Field]:
    """The fields of an object's schema, in its order."""
    properties = schema.get("properties")
    needed = schema.get("required")
    needed = needed if isinstance(needed, list) else []
    if not isinstance(properties, Mapping):
        return []
    return [
        _field(str(name), one if isinstance(one, Mapping) else {}, name in needed) for name, one in properties.items()
    ]


def _field(name: str, schema: Mapping[str, Any], needed: bool) -> Field:
    items = schema.get("items")
    items = items if isinstance(items, Mapping) else {}
    several = schema.get("type") == "array" and bool(_choices(items))
    choices = _choices(items if several else schema)
    simple: dict[Any, Kind] = {"string": "text", "integer": "integer", "number": "number", "boolean": "yes"}
    wanted = schema.get("type")
    kind: Kind = (
        "several" if several else "one" if choices else simple.get(wanted if isinstance(wanted, str) else "", "json")
    )
    return Field(
        name, kind, one_line(str(schema.get("title") or name)), one_line(_hint(schema, kind)), needed,
        schema.get("default"), choices, schema,
    )  # fmt: skip


def _choices(schema: Mapping[str, Any]) -> tuple[Choice, ...]:
    titled = next((schema[key] for key in ("oneOf", "anyOf") if isinstance(schema.get(key), list)), None)
    if titled is not None and all(isinstance(one, Mapping) and "const" in one for one in titled):
        return tuple(Choice(one["const"], one_line(str(one.get("title") or one["const"]))) for one in titled)
    values, names = schema.get("enum"), schema.get("enumNames")
    if not isinstance(values, list):
        return ()
    told = names if isinstance(names, list) and len(names) == len(values) else values
    return tuple(Choice(value, one_line(str(name))) for value, name in zip(values, told, strict=True))


def _hint(schema: Mapping[str, Any], kind: Kind) -> str:
    """What the server says of the field, and what bounds it."""
    parts = [str(schema.get("description") or "")]
    parts += [str(schema["format"])] if isinstance(schema.get("format"), str) else []
    low, high = (schema.get(name) for name in ("minimum", "maximum"))
    if low is not None or high is not None:
        parts.append(f"{'' if low is None else low} to {'' if high is None else high}".strip())
    parts += ["a whole number"] if kind == "integer" else ["a number"] if kind == "number" else []
    parts += ["as JSON"] if kind == "json" else []
    return ", ".join(part for part in parts if part)


def value_of(field: Field, typed: Any) -> JsonValue:
    """What a field's widget holds, as the value that is sent; None: it is left out.

    Args:
        field: which one.
        typed: a text; of `yes` a bool, of `one` a choice's value or None, of `several` a list of them.

    Raises:
        WrongField: it is needed and empty, or does not fit.
    """
    if field.kind == "yes":
        return bool(typed)
    if field.kind in {"one", "several"}:
        if field.needed and typed in (None, []):
            raise WrongField(f"{field.told}: choose one")
        chosen: JsonValue = typed
        return chosen if typed != [] else None
    text = str(typed).strip()
    if not text:
        if field.needed:
            raise WrongField(f"{field.told} is needed")
        return None
    return _read(field, text)


def _read(field: Field, text: str) -> JsonValue:
    try:
        match field.kind:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "json":
                value: JsonValue = json.loads(text)
                return value
            case _:
                return text
    except ValueError as error:
        raise WrongField(f"{field.told}: {text!r} is not {field.hint or field.kind}") from error


def written(field: Field) -> str:
    """The default as text to start from."""
    if field.default is None:
        return ""
    return field.default if isinstance(field.default, str) else json.dumps(field.default, ensure_ascii=False)


def filled(schema: Mapping[str, Any], fields: Sequence[Field], typed: Mapping[str, Any]) -> dict[str, JsonValue]:
    """The form's value, checked against its schema.

    Raises:
        WrongField: the first field that does not fit, and why.
    """
    import jsonschema  # where it is needed, and not before the first paint

    values = {field.name: value_of(field, typed.get(field.name)) for field in fields}
    kept: dict[str, JsonValue] = {name: value for name, value in values.items() if value is not None}
    told = {field.name: field.told for field in fields}
    for wrong in jsonschema.Draft202012Validator(dict(schema)).iter_errors(kept):
        where = str(wrong.absolute_path[0]) if wrong.absolute_path else ""
        raise WrongField(f"{told.get(where, where)}: {one_line(wrong.message)}" if where else one_line(wrong.message))
    return kept
