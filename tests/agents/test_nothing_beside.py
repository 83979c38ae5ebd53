"""Nothing beside the bundle changes what a model is asked: each field of the files is tried.

A field either changes the digest of the version that serves, or the request to the model stays the same to the last
byte. A new field must be added to the tables here, with one of the two. One thing is beside every version alike, and
named: what the house takes out of words before they are written or seen by any agent.
"""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel

from agents.budgets import Budgets
from agents.config import Workspace
from agents.definitions import Definition, Metric, StropBlock
from agents.models.settings import GatewaySettings, Price, Retries
from agents.prompts.bundle import Asking, Delegate, Demonstration, Limits, ToolAccess, ToolText
from agents.retention import Rules
from agents.runtime import Runtime
from agents.sections import GovernanceSection, NightsSection
from agents.starting import Start
from tests.builders import open_workspace, write_workspace
from tools.catalog import ServerSpec
from tools.guardrails import Guardrail
from tools.policies import Policy
from traces.db import open_database
from traces.redact import Policy as Redaction
from traces.redact import Redactor
from traces.store import read_events
from traces.summary import RunSummary

AGENT = """\
    name: hello
    description: greets
    model: test:scripted
    instructions: Greet the customer.
    model_settings: {temperature: 0.2}
    output_schema: {type: object, properties: {team: {type: string}}, required: [team]}
    strop: {rules: [Be brief.], metric: {kind: fields, fields: {team: {weight: 1}}}}
    """

BLOCK: dict[str, Any] = {
    "tools": (ToolAccess(server="nowhere"),), "tool_texts": {"look": ToolText(description="Looks.")},
    "delegates": (Delegate(agent="other", tool="ask_other", description="asks"),),
    "guardrails": (Guardrail(name="short", where="output", longer_than=500),),
    "policies": (Policy(then="ask"),), "reasoning_chars": 50, "reasoning_hint": "what it is about",
    "rules": ("Be kind.",), "demonstrations": (Demonstration(input="hi", output={"team": "a"}),),
    "metric": Metric(kind="text"), "limits": Limits(steps=3), "asking": Asking(fallback=("test:other",)),
}  # fmt: skip
"""Another value for each field of the `strop:` block."""

DEFINITION: dict[str, Any] = {
    "description": "says goodbye", "path": Path("elsewhere.yaml"), "instructions": "Say goodbye.",
    "model": "test:other", "settings": {"temperature": 0.9},
    "output_schema": {"type": "object", "properties": {"a": {}}, "required": ["a"]},
}  # fmt: skip
"""Another value for each field of a definition; `name` is the agent itself, `block` is above."""

WORKSPACE: dict[str, Any] = {
    "name": "another house", "environment": "production", "default_model": "test:other",
    "forced_model": "test:other", "reflection_model": "test:strong", "budgets": Budgets(100.0, {"hello": 50.0}),
    "gateway": GatewaySettings(("test:*",), {"test:*": 1}, Retries(9, 0.0), {"test:*": Price(1.0, 2.0, 3.0)}),
    "socket": Path("/nowhere/strop.sock"), "token": "s3cret", "user": "somebody.else",
    "redactor": Redactor(Redaction(kinds=("secret", "email"))),
    "servers": {"unused": ServerSpec(name="unused", command="true")}, "nights": NightsSection(schedule="0 2 * * *"),
    "local_role": "viewer", "governance": GovernanceSection(approvals=3), "retention": Rules(days=30),
    "drift": "block", "runs_at_once": 3, "runs_queued": 4,
}  # fmt: skip
"""Another value for each field of a workspace."""

PLACES = {"root", "database_url", "local", "agents"}
"""Where things lie, what runs an embedded model here, and the agents themselves."""


@dataclasses.dataclass
class Seen:
    """What one run came to: the version it ran on, and what its model was asked."""

    digest: str
    asked: str
    taken_out: dict[str, int] = dataclasses.field(default_factory=dict)
    """Of the run's first fact, by kind."""


def ask(workspace: Workspace, folder: Path, said: str = "good morning") -> Seen:
    """Run `hello` on a ledger of its own."""
    asked: list[str] = []

    async def speak(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        parts = json.loads(ModelMessagesTypeAdapter.dump_json(messages))
        told = [_still(parts), info.instructions, repr(info.model_settings)]
        told += [repr([(one.name, one.description, one.parameters_json_schema) for one in tools])
                 for tools in (info.function_tools, info.output_tools)]  # fmt: skip
        asked.append(json.dumps(told))
        schema = workspace.agents["hello"].output_schema or {}
        yield {
            0: DeltaToolCall(
                "final_result", json.dumps(dict.fromkeys(schema["required"], "x")), tool_call_id="call_1"
            )
        }

    database = open_database(f"sqlite:///{folder / 'strop.db'}")
    runtime = Runtime(workspace, database, make_model=lambda bundle: FunctionModel(stream_function=speak))

    async def run() -> RunSummary:
        try:
            return (await runtime.run(Start("hello", said))).run
        finally:
            await runtime.close()

    try:
        done = asyncio.run(run())
        with database.reading() as session:
            first = read_events(session, done.id, limit=1)[0].event
        return Seen(done.bundle, "\n".join(asked), first.redacted)
    finally:
        database.close()


def _still(value: Any) -> Any:
    """Without what differs between any two runs."""
    if isinstance(value, dict):
        return {
            key: _still(one) for key, one in value.items() if key not in {"timestamp", "run_id", "conversation_id"}
        }
    return [_still(one) for one in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with `hello`."""
    return open_workspace(write_workspace(tmp_path_factory.mktemp("house") / "ws", AGENT))


@pytest.fixture(scope="module")
def before(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What a run of it is, as it is written."""
    seen = ask(workspace, tmp_path_factory.mktemp("before"))
    assert "Greet the customer." in seen.asked
    return seen


def holds(before: Seen, after: Workspace, folder: Path) -> None:
    """The promise, for one change."""
    seen = ask(after, folder)
    assert before.digest != seen.digest or before.asked == seen.asked


def with_agent(workspace: Workspace, **changes: Any) -> Workspace:
    """The workspace with another `hello`."""
    changed = Definition.model_validate({**vars(workspace.agents["hello"]), **changes})
    return dataclasses.replace(workspace, agents={"hello": changed})


@pytest.mark.parametrize("name", sorted(BLOCK))
def test_of_an_agents_block(name: str, workspace: Workspace, before: Seen, tmp_path: Path) -> None:
    """Each field of it; all but the metric are part of the version, so nothing has to run to know."""
    block = workspace.agents["hello"].block.model_copy(update={name: BLOCK[name]})
    changed = with_agent(workspace, block=block)
    if name == "metric":
        holds(before, changed, tmp_path)
    else:
        assert changed.agents["hello"].bundle("m").digest != workspace.agents["hello"].bundle("m").digest


@pytest.mark.parametrize("name", sorted(DEFINITION))
def test_of_a_definition(name: str, workspace: Workspace, before: Seen, tmp_path: Path) -> None:
    """Each field beside the block."""
    holds(before, with_agent(workspace, **{name: DEFINITION[name]}), tmp_path)


@pytest.mark.parametrize("name", sorted(WORKSPACE))
def test_of_a_workspace(name: str, workspace: Workspace, before: Seen, tmp_path: Path) -> None:
    """Each setting: models that are forced or the default are part of the version, the rest is about the house."""
    holds(before, dataclasses.replace(workspace, **{name: WORKSPACE[name]}), tmp_path)


def test_what_the_house_takes_out_is_the_one_thing_beside(workspace: Workspace, tmp_path: Path) -> None:
    """It is about persons, not about a version: going back to an older one must not bring their addresses back. The
    record of each run counts what was taken out.
    """
    said = "I am ann@harbour.example"
    seen, rid = (
        ask(dataclasses.replace(workspace, redactor=Redactor(Redaction(kinds=kinds))), tmp_path / str(at), said)
        for at, kinds in enumerate((("secret",), ("secret", "email")))
    )
    assert seen.digest == rid.digest
    assert "ann@harbour.example" in seen.asked
    assert "ann@harbour.example" not in rid.asked
    assert (seen.taken_out, rid.taken_out) == ({}, {"email": 1})


def test_no_field_is_left_out() -> None:
    """Who adds one says here which of the two it is."""
    assert StropBlock.model_fields.keys() == BLOCK.keys()
    assert Definition.model_fields.keys() == DEFINITION.keys() | {"name", "block"}
    assert {one.name for one in dataclasses.fields(Workspace)} == WORKSPACE.keys() | PLACES
