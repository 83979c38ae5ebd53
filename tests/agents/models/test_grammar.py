"""The forced reply: its form, and that reading it back is the inverse of writing it, however it is cut."""

import itertools
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models.grammar import TEXT, ReplyForm, ToolForm, reply_grammar, reply_schema
from agents.models.reply import BrokenReply, ReplyReader
from tests.agents.models.schemas_drawn import ARGUMENTS

FIND = ToolForm("find", {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]})
FORM = ReplyForm((FIND,), TEXT, 160)


def read(text: str, *cuts: int, answer_is_json: bool = False) -> dict[str, str]:
    """Feed `text` in pieces cut at `cuts`; the sum of each field's deltas."""
    reader, fields = ReplyReader(answer_is_json=answer_is_json), dict[str, str]()
    edges = [0, *sorted(cuts), len(text)]
    for start, end in itertools.pairwise(edges):
        for delta in reader.feed(text[start:end]):
            fields[delta.kind] = fields.get(delta.kind, "") + delta.text
    assert reader.complete
    return fields


def test_a_reply_calls_one_tool_or_answers() -> None:
    """Nothing else passes: no second call, no unknown tool, no field left out."""
    schema = reply_schema(FORM)
    jsonschema.validate({"reasoning": "r", "tool": "find", "arguments": {"id": "1"}}, schema)
    jsonschema.validate({"reasoning": "r", "answer": "a"}, schema)
    for wrong in (
        {"tool": "find", "arguments": {"id": "1"}},
        {"reasoning": "r", "tool": "other", "arguments": {"id": "1"}},
        {"reasoning": "r", "tool": "find", "arguments": {}},
        {"reasoning": "r", "tool": "find", "arguments": {"id": "1"}, "answer": "a"},
        {"reasoning": "r" * 161, "answer": "a"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_reasoning_comes_first_and_can_be_left_out() -> None:
    """A model thinks before it decides, or not at all."""
    assert list(reply_schema(ReplyForm((FIND,), None, 80))["properties"]) == ["reasoning", "tool", "arguments"]
    assert list(reply_schema(ReplyForm((FIND,), None, 0))["properties"]) == ["tool", "arguments"]


def test_plain_text_needs_no_grammar() -> None:
    """Without tools and without reasoning the model just talks."""
    assert reply_grammar(ReplyForm((), TEXT, 0)) == ""
    assert reply_grammar(ReplyForm((), TEXT, 1)) != ""


def test_a_form_that_allows_nothing_is_refused() -> None:
    """A model can always do something."""
    with pytest.raises(ValueError, match="allowed"):
        reply_schema(ReplyForm())


@given(ARGUMENTS)
def test_the_grammar_is_one_line_of_the_engines_language(parameters: dict[str, Any]) -> None:
    """Whatever the tool's schema, the text is a header and one rule with valid JSON."""
    grammar = reply_grammar(ReplyForm((ToolForm("t", parameters),), None, 10))
    header, rule = grammar.split("\n")
    assert header == "%llguidance {}"
    assert json.loads(rule.removeprefix("start: %json "))["x-guidance"]["whitespace_flexible"] is False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.data(), st.text(), st.dictionaries(st.text(), JSON, max_size=3), st.booleans())
def test_a_call_is_read_back_however_it_is_cut(
    data: st.DataObject, reasoning: str, arguments: dict[str, Any], ascii_only: bool
) -> None:
    """A streamed call and a whole one are the same call, with any character and any escape in it."""
    text = json.dumps({"reasoning": reasoning, "tool": "find", "arguments": arguments}, ensure_ascii=ascii_only)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
    fields = read(text, *cuts)
    assert fields.get("reasoning", "") == reasoning
    assert fields["tool"] == "find"
    assert json.loads(fields["arguments"]) == arguments


@given(st.data(), st.text())
def test_an_answer_is_read_back_however_it_is_cut(data: st.DataObject, answer: str) -> None:
    """What the user sees grow is what the model wrote."""
    text = json.dumps({"reasoning": "r", "answer": answer})
    assert read(text, *data.draw(st.lists(st.integers(0, len(text)), max_size=8))).get("answer", "") == answer


@given(JSON)
def test_a_structured_answer_stays_json(answer: Any) -> None:
    """An answer with a schema is handed on as the model wrote it."""
    assert json.loads(read(json.dumps({"answer": answer}), answer_is_json=True)["answer"]) == answer


@pytest.mark.parametrize("text", ["Sure! ", '{"unknown": 1}', '{"answer": "a"} and more', '{ "answer": "a"}'])
def test_text_of_another_form_is_told(text: str) -> None:
    """The engine drops a grammar it cannot compile without a word; the reader is what notices."""
    with pytest.raises(BrokenReply):
        ReplyReader().feed(text)


@given(st.integers(0, 60))
def test_a_reply_cut_off_is_read_as_far_as_it_came(length: int) -> None:
    """What `max_tokens` cut is not lost: it is on record, and not complete."""
    text = '{"reasoning": "because \\u00e9", "tool": "find", "arguments": {"id": "1"}}'
    reader = ReplyReader()
    reader.feed(text[:length])
    assert not reader.complete
