"""An agent's file: what it may hold, and that each mistake is told with its place and remedy."""

from pathlib import Path

import pytest

from agents.definitions import BadDefinition, load_definition
from agents.errors import WorkspaceError

WHOLE = """
name: desk
description: Sends messages on.
model: openai:gpt-5-mini
instructions: |
  You are the front desk.
output_schema: {type: object, properties: {team: {type: string}}, required: [team]}
model_settings: {temperature: 0}
strop:
  tools: [{server: insurer, allow: [find], effects: {find: read}}]
  delegates: [{agent: claims, tool: ask_claims, description: Ask.}]
  rules: [Be short.]
  demonstrations: [{input: Hello, output: {team: Heron}}]
  metric: {kind: fields, fields: {team: {weight: 2}}}
  limits: {steps: 4, tool_bytes: 1000}
"""


def written(folder: Path, text: str | bytes) -> Path:
    """The file with this content."""
    path = folder / "desk.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(folder: Path, text: str) -> list[str]:
    """What is wrong with such a file."""
    with pytest.raises(BadDefinition) as caught:
        load_definition(written(folder, text))
    return caught.value.problems


def test_every_field_reaches_the_bundle(tmp_path: Path) -> None:
    """What shapes behaviour is in the bundle, as the file says it."""
    definition = load_definition(written(tmp_path, WHOLE))
    bundle = definition.bundle("openai:gpt-5-mini")
    assert (bundle.agent, bundle.model, bundle.settings) == ("desk", "openai:gpt-5-mini", {"temperature": 0})
    assert bundle.instructions == "You are the front desk.\n"
    assert bundle.output_schema is not None
    assert bundle.tools[0].effects == {"find": "read"}
    assert bundle.delegates[0].agent == "claims"
    assert bundle.rules == ("Be short.",)
    assert bundle.demonstrations[0].output == {"team": "Heron"}
    assert (bundle.limits.steps, bundle.limits.tool_bytes) == (4, 1000)
    assert definition.block.metric.fields["team"].weight == 2


def test_what_is_about_the_agent_is_not_in_the_bundle(tmp_path: Path) -> None:
    """Another description or metric is not another version."""
    one = load_definition(written(tmp_path, WHOLE)).bundle("m")
    text = WHOLE.replace("Sends messages on.", "Does something.").replace("weight: 2", "weight: 1")
    assert load_definition(written(tmp_path, text)).bundle("m").digest == one.digest


def test_instructions_may_be_a_list(tmp_path: Path) -> None:
    """As an AgentSpec allows: joined, never shown to the model as a list."""
    text = "name: desk\ninstructions:\n  - Be kind.\n  - Be short.\n"
    assert load_definition(written(tmp_path, text)).instructions == "Be kind.\n\nBe short."


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """With the path of each field."""
    found = problems(
        tmp_path,
        "modle: x\nname: 3\nmodel_settings: hot\n"
        "strop: {tools: [{sever: x}], limits: {steps: many}, metric: {kind: luck}}\n",
    )
    for start in (
        "modle: unknown field", "name: ", "model_settings", "strop.tools.0.server", "strop.tools.0.sever",
        "strop.limits.steps", "strop.metric.kind", "instructions: missing",
    ):  # fmt: skip
        assert any(one.startswith(start) for one in found), (start, found)


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ("{type: object, properties: {team: {type: sting}}}", "output_schema.properties.team.type"),
        ("{type: array, items: {type: string}}", "output_schema: must be of type object"),
        ("{}", "output_schema: must be of type object"),
        ("text", "output_schema"),
    ],
)
def test_an_answer_that_is_no_object_schema(tmp_path: Path, schema: str, place: str) -> None:
    """It is told when the file is read, not in the middle of a run."""
    assert problems(tmp_path, f"name: desk\ninstructions: Hi.\noutput_schema: {schema}\n")[0].startswith(place)


@pytest.mark.parametrize("field", ["capabilities: [x]", "retries: 3", "end_strategy: early", "3: x"])
def test_a_field_that_would_be_dropped_is_refused(tmp_path: Path, field: str) -> None:
    """Also those that an AgentSpec has: what the file says takes effect or is an error."""
    assert "unknown field" in problems(tmp_path, f"name: desk\ninstructions: Hi.\n{field}\n")[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: desk\ninstructions: [\n", "desk.yaml:3:1"),
        ("name: desk\n\tinstructions: x\n", "desk.yaml:2:1"),
        ("name: 'desk\n", "desk.yaml:2:1"),
        (b"name: caf\xe9\n", "not UTF-8 text (byte 9)"),
        ("- name\n", "not a mapping"),
        ("", "not a mapping"),
        ("just text", "not a mapping"),
    ],
)
def test_a_file_that_is_no_definition(tmp_path: Path, text: str | bytes, told: str) -> None:
    """The line and column of a YAML error, the byte of a wrong encoding."""
    with pytest.raises(WorkspaceError) as caught:
        load_definition(written(tmp_path, text))
    assert told in str(caught.value)
    assert caught.value.hint


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Or that is a folder."""
    with pytest.raises(WorkspaceError, match="nowhere"):
        load_definition(tmp_path / "nowhere.yaml")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(WorkspaceError, match="folder"):
        load_definition(tmp_path / "folder.yaml")


def test_nothing_in_a_file_is_executed(tmp_path: Path) -> None:
    """YAML tags that make Python objects are errors."""
    with pytest.raises(WorkspaceError):
        load_definition(written(tmp_path, "name: !!python/object/apply:os.getcwd []\n"))
