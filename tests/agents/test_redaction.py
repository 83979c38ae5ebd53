"""What is taken out before it is written is not seen by the agent either: a resumed run sees what the first saw."""

from pathlib import Path

import pytest

from agents.config import load_config
from agents.errors import ModelUnavailable, WorkspaceError
from agents.journal import Journal
from agents.operations import _sent
from agents.recording import Recording
from agents.runtime import Runtime
from agents.starting import Start
from tests.builders import NOON, open_workspace, run_started, scripted_runtime, write_workspace
from tests.fakes import Call, ScriptedModel
from traces.db import Database
from traces.events import ToolCalled
from traces.ids import new_id
from traces.recorder import Recorder
from traces.redact import Policy, Redactor
from traces.store import read_events
from traces.together import Together
from traces.verify import verify

pytestmark = pytest.mark.anyio

TOML = '[workspace]\nname = "bench"\n[privacy]\nkinds = ["secret", "email"]\nkeep = [".*@harbour[.]example"]\n'
MAIL = "anna.mueller@post.example"
BOSS = """\
    name: boss
    model: test:scripted
    instructions: Ask the clerk.
    strop:
      delegates: [{agent: clerk, tool: ask_clerk, description: Asks the clerk.}]
    """
CLERK = "name: clerk\nmodel: test:scripted\ninstructions: Answer.\n"


def plan(prompt: str, reply: int) -> Call | str:
    """The boss hands on what it read; the clerk names an address of its own."""
    if prompt.startswith("I am"):
        return [Call("ask_clerk", {"request": f"who is {prompt[5:]}?"}), f"done: {prompt}"][min(reply, 1)]
    return f"{prompt} Not {MAIL} but desk@harbour.example."


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


def open_runtime(folder: Path, database: Database, script: ScriptedModel) -> Runtime:
    """A runtime of that folder, as a process of its own would open it."""
    return scripted_runtime(open_workspace(folder), database, script)


async def test_the_agent_sees_what_is_recorded(tmp_path: Path, database: Database) -> None:
    """Prompt, delegation and answer carry one placeholder; a worker that goes on after a crash asks the same."""
    folder = write_workspace(tmp_path / "ws", BOSS, CLERK, toml=TOML)
    script = ScriptedModel(plan)
    first = open_runtime(folder, database, script)
    run_id = first.start(Start("boss", f"I am {MAIL}"))
    script._plan = lambda prompt, reply: ModelUnavailable("away") if reply else plan(prompt, reply)
    with pytest.raises(ModelUnavailable):
        await first.work(run_id)
    script._plan = plan
    answer = await open_runtime(folder, database, script).work(run_id)
    placeholder = answer.output.removeprefix("done: I am ")
    assert placeholder.startswith("[email:")
    assert not [prompt for prompt in script.asked if MAIL in prompt]
    assert f"who is {placeholder}?" in script.asked
    with database.reading() as session:
        child = next(one.event for one in read_events(session, run_id) if one.kind == "run_delegated").child_run_id
        said = read_events(session, child)[-1].event.output
        assert verify(session).problems == []
    assert said == f"who is {placeholder}? Not {placeholder} but desk@harbour.example."
    assert (folder / ".strop" / "redaction.key").stat().st_mode & 0o077 == 0


async def test_a_tools_result_goes_on_as_it_is_recorded(database: Database) -> None:
    """What the server said reaches the model without what was taken out, now and on every replay."""
    recorder = Recorder(database, redactor=Redactor(Policy(kinds=("email",)), lambda: b"k"))
    run_id = new_id("run")
    recorder.append(run_id, run_started())
    journal = Journal(
        run_id, "conv_1", NOON, recorder, Together(recorder), Recording(), lambda server, tool, definition: "read"
    )
    call = ToolCalled(
        op="tool/1/shop/find/c1", tool="find", server="shop", arguments={}, call_id="c1", effect="read",
        idempotency_key="k",
    )  # fmt: skip
    journal.record(call)

    async def body() -> dict[str, object]:
        return {"kind": "tool_return", "result": {"mail": MAIL, "points": 3}}

    seen = await _sent(journal, call, body)
    assert seen["result"]["points"] == 3
    assert seen["result"]["mail"].startswith("[email:")
    assert journal.recording.operations[call.op or ""].result == seen


def test_a_policy_that_cannot_be_used_is_told_with_its_file(tmp_path: Path) -> None:
    """A misspelt kind stops the start, as any other mistake in strop.toml does."""
    folder = write_workspace(tmp_path, toml='[privacy]\nkinds = ["emails"]\n')
    assert load_config(folder / "strop.toml").privacy.kinds == ("emails",)
    with pytest.raises(WorkspaceError, match=r"strop.toml: privacy: no kind 'emails'"):
        open_workspace(folder)
