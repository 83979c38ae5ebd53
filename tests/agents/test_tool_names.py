"""What a bundle says of a server's tools: other names for the model, and the listing the server is held to."""

import json
import sys
from pathlib import Path

import pytest

from agents.errors import ToolsDrifted
from agents.runtime import Answer
from agents.starting import Start
from tests.builders import open_workspace, scripted_runtime, write_workspace
from tests.fakes import Call, ScriptedModel
from traces.db import Database
from traces.events import ToolCalled
from traces.store import read_events

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).parent.parent / "tools" / "changing_server.py"
AGENT = """\
    name: hello
    description: greets
    model: test:scripted
    instructions: Greet the customer.
    strop:
      tools: [{server: desk, effects: {find: idempotent}, prefix: shop PIN}]
      tool_texts: {find: {name: look_up, description: Looks an order up.}}
    """


@pytest.fixture
def anyio_backend() -> str:
    """The service's loop."""
    return "asyncio"


async def run(
    folder: Path, database: Database, script: ScriptedModel, pin: str = "", replay: str | None = None
) -> Answer:
    """One run of an agent whose tool `find` is called `shop_look_up`."""
    tools = folder / "tools.json"
    server = {
        "command": sys.executable, "args": [str(SERVER)], "env": {"TOOLS": str(tools)}, "drift": "block",
    }  # fmt: skip
    agent = AGENT.replace(" PIN", f', pin: "{pin}"' if pin else "")
    write_workspace(folder, agent, servers={"desk": server})
    tools.write_text(json.dumps({"find": "Find an order.", "pay": "Pay it."}))
    runtime = scripted_runtime(open_workspace(folder), database, script)
    try:
        return await runtime.run(
            Start("hello", "where is it", origin="evaluation" if replay else "user", replay_of=replay)
        )
    finally:
        await runtime.close()


async def test_the_model_knows_a_tool_by_another_name(tmp_path: Path, sqlite_database: Database) -> None:
    """The server is asked by its own, which is on record with the declared effect; a replay answers it too."""
    script = ScriptedModel([Call("shop_look_up", {"text": "A-1"}), "There it is."])
    done = await run(tmp_path / "ws", sqlite_database, script)
    assert done.run.status == "finished"
    with sqlite_database.reading() as session:
        called = [one.event for one in read_events(session, done.run.id, kinds=["tool_called"])]
    assert [(one.tool, one.effect) for one in called if isinstance(one, ToolCalled)] == [("find", "idempotent")]
    again = await run(tmp_path / "ws", sqlite_database, script, replay=done.run.id)
    assert (again.run.status, again.run.divergences) == ("finished", 0)


async def test_a_pinned_version_is_held_to_its_listing_from_the_first_run(
    tmp_path: Path, sqlite_database: Database
) -> None:
    """In a workspace that never saw that listing, too; with the right one nothing is in the way."""
    script = ScriptedModel(["Good morning!"])
    with pytest.raises(ToolsDrifted, match="'find'"):
        await run(tmp_path / "ws", sqlite_database, script, pin="sha256:" + "0" * 64)
    with sqlite_database.reading() as session:
        (found,) = {one.event.found for one in read_events(session, "tools_hello", kinds=["drift_found"])}  # type: ignore[attr-defined]
    assert (await run(tmp_path / "ws", sqlite_database, script, pin=found)).run.status == "finished"
