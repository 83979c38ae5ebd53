"""A reply is recorded without its empty fields: pydantic-ai reads the same reply back from it."""

from dataclasses import MISSING, fields
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter
from pydantic_ai import messages
from pydantic_ai.messages import ModelResponse, TextPart, ThinkingPart, ToolCallPart
from pydantic_ai.usage import RequestUsage

from agents.operations import lean

REPLIES = TypeAdapter(ModelResponse)


@pytest.mark.parametrize(
    "reply",
    [
        ModelResponse(
            parts=[TextPart("Hello.")], model_name="m", usage=RequestUsage(input_tokens=5, output_tokens=2)
        ),
        ModelResponse(parts=[ToolCallPart("look", {"name": None, "none": {"deep": None}}, "c1"), TextPart("")]),
        ModelResponse(parts=[ThinkingPart("why", signature="s", provider_details={"a": None})], finish_reason="stop"),
        ModelResponse(parts=[], usage=RequestUsage(details={"reasoning": 3}), provider_details={"x": None}),
    ],
)
def test_what_is_kept_reads_back_as_the_same_reply(reply: ModelResponse) -> None:
    """Also empty words, and empty values inside what a tool or a provider was told."""
    whole = REPLIES.dump_python(reply, mode="json")
    kept = lean(whole)
    assert REPLIES.validate_python(kept) == REPLIES.validate_python(whole)
    assert len(str(kept)) < len(str(whole)) / 2


def test_no_part_of_a_reply_needs_an_empty_field() -> None:
    """What is left out reads back as None: no part may want the field, or mean something else by its absence."""
    union = get_args(messages.ModelResponsePart)[0]
    parts = [get_args(one)[0] if get_args(one) else one for one in get_args(union)]
    assert {TextPart, ThinkingPart, ToolCallPart} <= set(parts)
    for kind in [*parts, ModelResponse]:
        for field in fields(kind):
            if "None" in str(field.type) and field.init:
                assert field.default is None or _made(field) is None, f"{kind.__name__}.{field.name}"
    assert not any(_made(field) for field in fields(RequestUsage) if field.init)


def _made(field: Any) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
