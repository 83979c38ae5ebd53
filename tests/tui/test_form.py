"""Forms from schemas: each kind of field that MCP knows, what is refused, and what is sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.test_lines import json_values, odd
from tui.lines.form import WrongField, fields_of, filled

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["garage", "when"],
    "properties": {
        "garage": {"type": "string", "title": "Garage", "enum": ["m", "r"], "enumNames": ["Maier", "Roth"]},
        "when": {"type": "string", "format": "date"},
        "seats": {"type": "integer", "minimum": 1, "maximum": 4},
        "share": {"type": "number"},
        "express": {"type": "boolean", "default": True},
        "extras": {"type": "array", "items": {"anyOf": [{"const": "a", "title": "Air"}, {"const": "b"}]}},
        "free": {"type": "object"},
    },
}


def typed(**changes: Any) -> dict[str, Any]:
    """What the widgets hold."""
    return {"garage": "m", "when": "2026-03-12", "seats": "", "share": "", "express": False, "extras": [], "free": "",
            **changes}  # fmt: skip


def test_the_fields_of_a_schema() -> None:
    """Kinds, names, choices and bounds are as the server gave them."""
    fields = {field.name: field for field in fields_of(SCHEMA)}
    assert [one.kind for one in fields.values()] == ["one", "text", "integer", "number", "yes", "several", "json"]
    assert [one.told for one in fields["garage"].choices] == ["Maier", "Roth"]
    assert [one.told for one in fields["extras"].choices] == ["Air", "b"]
    assert (fields["when"].needed, fields["seats"].hint) == (True, "1 to 4, a whole number")


def test_what_is_sent() -> None:
    """Empty fields are left out, numbers are numbers, JSON is read."""
    sent = filled(SCHEMA, fields_of(SCHEMA), typed(seats="2", share="0.5", extras=["a"], free='{"x": 1}'))
    assert sent == {"garage": "m", "when": "2026-03-12", "seats": 2, "share": 0.5, "express": False, "extras": ["a"],
                    "free": {"x": 1}}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"when": " "}, "when is needed"), ({"garage": None}, "Garage: choose one"),
        ({"seats": "two"}, "'two' is not 1 to 4"), ({"seats": "9"}, "seats: 9 is greater than"),
        ({"free": "{"}, "is not as JSON"), ({"free": "[]"}, "is not of type 'object'"),
    ],
)  # fmt: skip
def test_what_is_refused(changes: dict[str, Any], told: str) -> None:
    """The first field that does not fit is named, with what would."""
    with pytest.raises(WrongField, match=told.replace("(", r"\(").replace("[", r"\[")):
        filled(SCHEMA, fields_of(SCHEMA), typed(**changes))


@given(st.dictionaries(odd, json_values, max_size=4) | st.just({}), json_values)
def test_no_schema_breaks_the_form(properties: Any, required: Any) -> None:
    """Whatever a server sends as a form, there are fields to type into, with names that are one line."""
    for field in fields_of({"properties": properties, "required": required}):
        assert "\n" not in field.told + field.hint
