"""Work given to another agent: answered or handed off for good, seen above when it fails, and nobody left behind."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.errors import LimitReached
from agents.runtime import Runtime
from agents.starting import Start
from tests.builders import open_workspace, scripted_runtime, write_workspace
from tests.fakes import Call, Plan, ScriptedModel
from traces.db import Database, open_database
from traces.store import list_children, read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

DESK = """\
    name: desk
    model: test
    instructions: Route.
    strop:
      delegates:
        - {agent: clerk, tool: ask_clerk, description: Asks the clerk.}
        - {agent: clerk, tool: to_clerk, description: Hands over., hand_off: true}
    """
CLERK = "name: clerk\nmodel: test\ninstructions: Answer.\n"


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An open ledger."""
    opened = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


def world(
    folder: Path, database: Database, plan: Plan | ScriptedModel, *, desk: str = DESK, clerk: str = CLERK
) -> Runtime:
    """The desk and its clerk, both by one plan."""
    script = plan if isinstance(plan, ScriptedModel) else ScriptedModel(plan)
    return scripted_runtime(open_workspace(write_workspace(folder / "ws", desk, clerk)), database, script)


def facts(database: Database, run_id: str, *kinds: str) -> list[Any]:
    """A run's facts of these kinds."""
    with database.reading() as session:
        return [one.event for one in read_events(session, run_id, kinds=list(kinds))]


async def test_a_hand_off_ends_with_the_other_agents_answer(tmp_path: Path, database: Database) -> None:
    """The desk's model is not asked again; the clerk is told the conversation, the next turn what the clerk said."""
    seen: list[tuple[str, int]] = []

    def plan(prompt: str, reply: int) -> Call | str:
        seen.append((prompt, reply))
        if prompt == "a claim":
            return Call("to_clerk", {"request": "take over"})
        return "the clerk's word" if prompt == "take over" else f"you said {prompt}"

    runtime = world(tmp_path, database, plan)
    first = await runtime.run(Start("desk", "good morning", conversation_id="c"))
    second = await runtime.run(Start("desk", "a claim", conversation_id="c"))
    assert second.output == "the clerk's word"
    assert seen[1:] == [("a claim", 0), ("take over", 0)]
    with database.reading() as session:
        (child,) = list_children(session, second.run.id)
    (started,) = facts(database, child.id, "run_started")
    assert (started.history, child.status) == ([first.run.id], "finished")
    third = await runtime.run(Start("desk", "thanks", conversation_id="c"))
    (asked,) = facts(database, third.run.id, "model_requested")
    assert asked.messages_before == 2 + 4, "asked, handed off, taken, the clerk's word"
    with database.reading() as session:
        assert verify(session).whole
    assert (await runtime.work(second.run.id)).output == "the clerk's word"


async def test_a_failed_run_below_is_a_fact_above(tmp_path: Path, database: Database) -> None:
    """The model above is told why, and answers itself."""
    plan: Plan = lambda prompt, reply: "I could not find out" if reply else Call("ask_clerk", {"request": "what?"})  # noqa: E731
    runtime = world(tmp_path, database, plan, clerk=CLERK + "strop:\n  limits: {steps: 0}\n")
    answer = await runtime.run(Start("desk", "go"))
    assert answer.output == "I could not find out"
    (ended,) = facts(database, answer.run.id, "delegation_ended")
    assert (ended.status, "request_limit" in ended.message) == ("failed", True)
    told = facts(database, answer.run.id, "model_requested")[-1].messages
    assert "clerk could not answer" in str(told)


async def test_a_run_that_fails_leaves_none_behind_below_it(tmp_path: Path, database: Database) -> None:
    """Its time is up in the middle of the other agent's reply: that run ends too, with the reason."""
    desk, clerk = ScriptedModel([Call("ask_clerk", {"request": "what?"})]), ScriptedModel(["x"], gate=asyncio.Event())
    files = write_workspace(tmp_path / "ws", DESK + "  limits: {seconds: 2}\n", CLERK)
    models = {"desk": desk, "clerk": clerk}
    runtime = Runtime(open_workspace(files), database, make_model=lambda bundle: models[bundle.agent].model())
    run_id = runtime.start(Start("desk", "go"))
    with pytest.raises(LimitReached, match="the time of run"):
        await runtime.work(run_id)
    with database.reading() as session:
        (child,) = list_children(session, run_id)
    assert child.status == "cancelled"
    (ended,) = facts(database, child.id, "run_cancelled")
    assert ended.provenance.reason == "the run above it ended: LimitReached"
