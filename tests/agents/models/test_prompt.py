"""The prompt: the same start for the same bundle, past replies as the model wrote them, text only."""

from typing import Any

import pytest
from pydantic_ai.exceptions import UserError
from pydantic_ai.messages import (
    BinaryContent,
    InstructionPart,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from agents.models.local import make_ask
from agents.models.prompt import signature, type_words

FIND = ToolDefinition(
    name="find_policy",
    description="Find a policy\nby its number.",
    parameters_json_schema={
        "type": "object",
        "properties": {
            "number": {"type": "string", "description": "as printed"},
            "kinds": {"type": "array", "items": {"enum": ["home", "car"]}},
        },
        "required": ["number"],
    },
)
FINISH = ToolDefinition(name="final_result", parameters_json_schema={"type": "object"}, kind="output")
TALK = ModelRequestParameters(function_tools=[FIND], instruction_parts=[InstructionPart("Be brief.")])
DECIDE = ModelRequestParameters(
    function_tools=[FIND], output_tools=[FINISH], allow_text_output=False, instruction_parts=[InstructionPart("Go.")]
)


def user(text: str) -> ModelRequest:
    return ModelRequest(parts=[UserPromptPart(text)])


def chat(params: ModelRequestParameters, *messages: ModelMessage, **settings: Any) -> list[dict[str, str]]:
    return make_ask(list(messages), settings, params).messages  # type: ignore[arg-type]


CALL = ModelResponse(parts=[ThinkingPart("I look."), ToolCallPart("find_policy", {"number": "P-1"}, "c1")])
RESULT = ModelRequest(parts=[ToolReturnPart("find_policy", {"kind": "home"}, "c1")])


def test_the_start_is_the_same_bytes_for_every_message() -> None:
    """What the engine has read once for a bundle it never reads again."""
    first, second = chat(TALK, user("One")), chat(TALK, user("Two"), CALL, RESULT)
    assert first[0] == second[0]
    assert first[0]["content"].startswith("Be brief.\n\nTools:\n- find_policy(")


def test_a_conversation_grows_only_at_its_end() -> None:
    """A step more costs what is new, not the whole conversation."""
    before, after = chat(TALK, user("Hi")), chat(TALK, user("Hi"), CALL, RESULT)
    assert after[: len(before)] == before


def test_a_tool_is_one_line() -> None:
    """Name, arguments with their types, which may be left out, and what is said of them."""
    assert signature(FIND) == (
        'find_policy(number: string, kinds?: "home" | "car"[]): Find a policy by its number. [number: as printed]'
    )


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": ["string", "null"]}, "string | null"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer | null"),
        ({"type": "object", "properties": {"a": {"const": 1}}}, "{a: 1}"),
        ({"$ref": "#/$defs/Team"}, '"mill"'),
        (True, "any"),
    ],
)
def test_types_in_few_words(schema: Any, words: str) -> None:
    """A small model reads a type as a person would write it."""
    assert type_words(schema, {"$defs": {"Team": {"enum": ["mill"]}}}) == words


def test_past_replies_are_written_as_the_model_wrote_them() -> None:
    """The engine finds its own words again and need not read them."""
    past = chat(TALK, user("Hi"), CALL, RESULT)
    assert past[2] == {
        "role": "assistant",
        "content": '{"reasoning": "I look.", "tool": "find_policy", "arguments": {"number": "P-1"}}',
    }
    assert past[3] == {"role": "user", "content": 'find_policy returned: {"kind":"home"}'}


def test_a_refused_call_is_told_as_such() -> None:
    """The model sees that its call failed and why."""
    refused = ModelRequest(parts=[ToolReturnPart("find_policy", "no such number", "c1", outcome="failed")])
    assert chat(TALK, user("Hi"), CALL, refused)[-1]["content"] == "find_policy failed: no such number"


def test_the_example_ends_as_this_agent_ends() -> None:
    """The turn that is shown ends with an answer, or with the output tool, as the agent's own turns do."""
    assert chat(TALK, user("Hi"))[0]["content"].endswith('"answer": "It opens at 9:00."}')
    assert chat(DECIDE, user("Hi"))[0]["content"].endswith('"tool": "final_result", "arguments": {...}}')


def test_without_reasoning_nothing_speaks_of_it() -> None:
    """A bundle without the reasoning field does not pay for it."""
    assert "reasoning" not in chat(TALK, user("Hi"), CALL, RESULT, local_reasoning_chars=0)[0]["content"]
    assert "reasoning" not in chat(TALK, user("Hi"), CALL, RESULT, local_reasoning_chars=0)[2]["content"]


def test_standing_system_prompts_follow_the_instructions() -> None:
    """There is one system message, whatever the history holds."""
    standing = ModelRequest(parts=[SystemPromptPart("Standing."), UserPromptPart("Hi")])
    messages = chat(TALK, standing)
    assert [message["role"] for message in messages] == ["system", "user"]
    assert messages[0]["content"].startswith("Be brief.\n\nStanding.\n\nTools:")


def test_an_answer_in_the_history_is_an_answer() -> None:
    """What the agent said in an earlier turn keeps the form of a reply."""
    said = ModelResponse(parts=[TextPart("Good morning")])
    assert chat(TALK, user("Hi"), said, user("And now?"))[2]["content"] == '{"answer": "Good morning"}'


def test_an_image_is_refused_clearly() -> None:
    """A text model says that it is one, instead of answering about a picture it never saw."""
    picture = ModelRequest(parts=[UserPromptPart(["What is this?", BinaryContent(b"x", media_type="image/png")])])
    with pytest.raises(UserError, match="text only"):
        chat(TALK, picture)


@pytest.mark.parametrize(
    ("choice", "tools", "answers"),
    [
        ("auto", ["find_policy"], True),
        ("none", [], True),
        ("required", ["find_policy"], False),
        (["find_policy"], ["find_policy"], False),
    ],
)
def test_tool_choice_is_a_matter_of_the_grammar(choice: Any, tools: list[str], answers: bool) -> None:
    """What the caller forbids the model cannot write."""
    form = make_ask([user("Hi")], {"tool_choice": choice}, TALK).form
    assert [tool.name for tool in form.tools] == tools
    assert (form.answer is not None) is answers


def test_a_text_without_tools_needs_no_reasoning_before_it() -> None:
    """A cut-off thought took the answer's place: without tools the text itself is the thinking, unless asked for."""
    plain = ModelRequestParameters(instruction_parts=[InstructionPart("Answer.")])
    assert make_ask([user("Hi")], {}, plain).form.free
    wanted: Any = {"local_reasoning_chars": 80}
    assert make_ask([user("Hi")], wanted, plain).messages[0]["content"].endswith('"answer": "It opens at 9:00."}')


def test_a_tool_called_in_a_circle_is_left_out_of_the_grammar() -> None:
    """Told the same twice, the model must take another step; the user's next message gives the tool back."""

    def tools(*messages: ModelMessage, params: ModelRequestParameters = DECIDE) -> list[str]:
        return [tool.name for tool in make_ask([user("Hi"), *messages], {}, params).form.tools]

    other = ModelRequest(parts=[ToolReturnPart("find_policy", {"kind": "car"}, "c1")])
    assert tools(CALL, RESULT) == ["find_policy", "final_result"]
    assert tools(CALL, RESULT, CALL, other) == ["find_policy", "final_result"]
    assert tools(CALL, RESULT, CALL, RESULT) == ["final_result"]
    assert tools(CALL, RESULT, CALL, RESULT, user("And now?")) == ["find_policy", "final_result"]
    first, later = chat(DECIDE, user("Hi")), chat(DECIDE, user("Hi"), CALL, RESULT, CALL, RESULT)
    assert first[0] == later[0]
    only = ModelRequestParameters(function_tools=[FIND], allow_text_output=False)
    assert tools(CALL, RESULT, CALL, RESULT, params=only) == ["find_policy"]


def test_what_the_reasoning_is_for_is_said_in_the_form() -> None:
    """In the words of the bundle; without any, only that there is such a field."""
    told = chat(DECIDE, user("Hi"), local_reasoning_hint='what "it" is about')[0]["content"]
    assert '{"reasoning": "what \\"it\\" is about", "tool": "NAME"' in told
    assert '{"reasoning": "...", "tool": "NAME"' in chat(DECIDE, user("Hi"))[0]["content"]


def test_a_file_that_the_model_cannot_see_is_told() -> None:
    """A picture in a tool's result is not lost in silence: the text says that there is one."""
    part = ToolReturnPart("shot", ["the page", BinaryContent(b"x", media_type="image/png")], tool_call_id="c1")
    said = make_ask([ModelRequest(parts=[part])], {}, TALK).messages[-1]["content"]
    assert "the page" in said
    assert "image/png, which you cannot see" in said
