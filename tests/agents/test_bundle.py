"""Bundles: named by everything that shapes behaviour, immutable, rendered in a stable order, compared by words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.prompts.bundle import Bundle, Demonstration, diff_words, render
from tests.builders import make_bundle

CHANGES = {
    "agent": "other",
    "instructions": "Say goodbye.",
    "rules": ("Be brief.",),
    "demonstrations": (Demonstration(input="hi", output="ho"),),
    "model": "test:other",
    "settings": {"temperature": 0.5},
    "output_schema": {"type": "object", "properties": {"a": {"type": "string"}}},
    "tools": ({"server": "shop"},),
    "delegates": ({"agent": "b", "tool": "ask_b", "description": "asks b"},),
    "tool_texts": {"look": {"description": "Looks."}},
    "reasoning_chars": 80,
    "reasoning_hint": "what it is about",
    "limits": {"steps": 3},
    "guardrails": ({"name": "short", "where": "output", "longer_than": 500},),
    "pins": {"shop": {"look": {"description": "Looks."}}},
    "judges": ("sha256:" + "a" * 64,),
    "policies": ({"tool": "pay", "then": "ask"},),
    "layout": 2,
    "asking": {"fallback": ["test:other"]},
}


@pytest.mark.parametrize("name", sorted(Bundle.model_fields))
def test_each_field_is_part_of_the_name(name: str) -> None:
    """There is no field whose change leaves the digest as it was; a new field must be added here."""
    assert make_bundle().with_(**{name: CHANGES[name]}).digest != make_bundle().digest


def test_the_order_of_a_schemas_fields_is_content() -> None:
    """A model writes the fields in the order of the schema, so another order is another bundle."""
    one = make_bundle(output_schema={"properties": {"team": {}, "reply": {}}})
    two = make_bundle(output_schema={"properties": {"reply": {}, "team": {}}})
    assert one.digest != two.digest
    stored = Bundle.model_validate_json(one.content)
    assert stored.output_schema is not None
    assert list(stored.output_schema["properties"]) == ["team", "reply"]  # type: ignore[arg-type]


def test_the_order_of_settings_is_not() -> None:
    """Settings are a set of names and values: writing them in another order is the same bundle."""
    one = make_bundle(settings={"temperature": 0, "max_tokens": 5})
    assert one.digest == make_bundle(settings={"max_tokens": 5, "temperature": 0}).digest


@given(st.text(min_size=1), st.lists(st.text(), max_size=3), st.lists(st.tuples(st.text(), st.text()), max_size=3))
def test_what_is_stored_reads_back_equal(text: str, rules: list[str], shown: list[tuple[str, str]]) -> None:
    """Content and digest survive the way through the store, whatever the texts hold."""
    demonstrations = tuple(Demonstration(input=given, output=right) for given, right in shown)
    bundle = make_bundle(instructions=text, rules=tuple(rules), demonstrations=demonstrations)
    again = Bundle.model_validate_json(bundle.content)
    assert again == bundle
    assert again.digest == bundle.digest


def test_a_bundle_cannot_be_changed() -> None:
    """There is no way to edit a version under its name."""
    with pytest.raises(ValidationError):
        make_bundle().instructions = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        make_bundle().with_(instrctions="misspelt")


def test_the_prompt_starts_with_what_changes_least() -> None:
    """Instructions, rules, examples: adding an example keeps the start byte for byte (prefix cache)."""
    base = make_bundle(rules=("Be brief.",))
    more = base.with_(demonstrations=[{"input": "hi", "output": {"team": "Heron"}}])
    assert render(more).startswith(render(base))
    assert '{"team": "Heron"}' in render(more)


def test_the_diff_names_the_words() -> None:
    """Only the changed words are marked; both sides can be read out of the diff again."""
    old, new = make_bundle(instructions="Greet the customer."), make_bundle(instructions="Greet the guest.")
    runs = diff_words(old, new)[0].runs
    assert ("removed", "customer.") in runs
    assert ("added", "guest.") in runs
    assert "".join(text for kind, text in runs if kind != "added") == "Greet the customer."
    assert "".join(text for kind, text in runs if kind != "removed") == "Greet the guest."
