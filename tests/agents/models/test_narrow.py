"""Narrowing: what the engine may write is always something the tool takes, and it always ends."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models.narrow import LIST_ITEMS_MOST, STRING_CHARS_MOST, holds_pattern, narrow
from tests.agents.models.schemas_drawn import ARGUMENTS, accepted

HELD = {
    "type", "properties", "required", "additionalProperties", "maxProperties", "items", "prefixItems", "minItems",
    "maxItems", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "multipleOf", "enum", "const",
    "anyOf",
}  # fmt: skip


def walk(schema: Any) -> list[dict[str, Any]]:
    """A narrowed schema and every schema inside it."""
    if not isinstance(schema, dict):
        return []
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *schema.get("prefixItems", [])]
    inner += [schema.get("items"), schema.get("additionalProperties")]
    return [schema, *(found for one in inner for found in walk(one))]


@given(st.data())
def test_what_a_narrowed_schema_accepts_the_original_accepts(data: st.DataObject) -> None:
    """No call that keeps to the grammar is refused by the tool's own validation."""
    schema = data.draw(ARGUMENTS)
    value = data.draw(accepted(narrow(schema)))
    jsonschema.validate(value, schema)


@given(ARGUMENTS)
def test_everything_has_an_end_and_nothing_unheld_stays(schema: dict[str, Any]) -> None:
    """A small model cannot babble in a string, a list or a number, and the engine knows every keyword it is given."""
    for form in walk(narrow(schema)):
        assert set(form) <= HELD
        if form.get("type") == "string" and "format" not in form:
            assert form["maxLength"] <= STRING_CHARS_MOST
        if form.get("type") == "array":
            assert form["maxItems"] <= LIST_ITEMS_MOST
        if form.get("type") in ("integer", "number"):
            assert form["minimum"] <= form["maximum"]
        if "properties" in form:
            assert form["additionalProperties"] is False


@given(ARGUMENTS)
def test_narrowing_is_pure_and_settles(schema: dict[str, Any]) -> None:
    """The same schema gives the same bytes, and a narrowed one stays as it is."""
    once = narrow(schema)
    assert json.dumps(once) == json.dumps(narrow(schema))
    assert json.dumps(narrow(once)) == json.dumps(once)


def test_optional_arguments_stay_optional() -> None:
    """A tool's default is used by leaving the argument out."""
    schema = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "limit": {"type": "integer"}},
        "required": ["id"],
    }
    assert narrow(schema)["required"] == ["id"]
    assert list(narrow(schema)["properties"]) == ["id", "limit"]


def test_references_are_followed_even_round_in_a_circle() -> None:
    """A schema that contains itself ends."""
    node = {"type": "object", "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/Node"}}}
    schema = {"$defs": {"Node": node}, "type": "object", "properties": {"first": {"$ref": "#/$defs/Node"}}}
    narrowed = narrow(schema)
    assert "$ref" not in json.dumps(narrowed)
    assert narrowed["properties"]["first"]["properties"]["name"]["type"] == "string"


def test_all_of_is_folded() -> None:
    """`allOf` says the same in pieces."""
    pieces = [{"properties": {"a": {"type": "null"}}, "required": ["a"]}, {"properties": {"b": {"type": "boolean"}}}]
    narrowed = narrow({"type": "object", "allOf": pieces})
    assert set(narrowed["properties"]) == {"a", "b"}
    assert narrowed["required"] == ["a"]


@pytest.mark.parametrize(
    ("pattern", "held"),
    [
        ("^P-[0-9]{4}$", True),
        ("^(?:a|b)+$", True),
        ("^(?=x)y$", False),
        (r"^(a)\1$", False),
        (r"\bword\b", False),
        ("a*?", False),
        ("([", False),
        (None, False),
    ],
)
def test_a_pattern_the_engine_cannot_hold_is_left_out(pattern: str | None, held: bool) -> None:
    """The engine would drop the whole grammar for one pattern it cannot compile, in silence."""
    assert holds_pattern(pattern) is held
    assert ("pattern" in narrow({"type": "string", "pattern": pattern})) is held


@pytest.mark.parametrize("schema", [{}, {"type": "unheard-of"}, {"not": {"type": "string"}}])
def test_a_schema_that_says_nothing_takes_a_plain_value(schema: dict[str, Any]) -> None:
    """Any value would have no end; a text, a number, yes or no, or nothing has."""
    assert {branch["type"] for branch in narrow(schema)["anyOf"]} == {"string", "number", "boolean", "null"}
