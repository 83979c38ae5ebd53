"""The core: runs are recorded whole, resumed without asking again, replayed without effects, ended by one error."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.errors import JournalDiverged, LimitReached, ModelUnavailable, RunOwned, UnknownAgent, UsageError
from agents.history import read_history
from agents.journal import ReplayMiss
from agents.prompts.store import add_bundle, get_bundle
from agents.runtime import Runtime
from agents.starting import Start
from tests.builders import open_workspace, scripted_runtime, write_workspace
from tests.fakes import Call, ScriptedModel
from traces.db import Database, open_database
from traces.leases import claim
from traces.provenance import Provenance
from traces.store import get_run, list_children, read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

BOSS = """\
    name: boss
    description: asks the clerk
    model: test:scripted
    instructions: Ask the clerk.
    strop:
      delegates: [{agent: clerk, tool: ask_clerk, description: Asks the clerk.}]
      limits: {steps: 4}
    """
CLERK = """\
    name: clerk
    description: knows
    model: test:scripted
    instructions: Answer.
    """
PLAN = {"do it": [Call("ask_clerk", {"request": "what is it?"}), "it is b"], "what is it?": ["b"]}


def by_prompt(prompt: str, reply: int) -> Call | str:
    """The boss asks the clerk and answers; anything else is repeated back."""
    turns = PLAN.get(prompt, [f"you said {prompt}"])
    return turns[min(reply, len(turns) - 1)]


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


@pytest.fixture
def script() -> ScriptedModel:
    """What the models say."""
    return ScriptedModel(by_prompt)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An open ledger."""
    opened = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


@pytest.fixture
def runtime(tmp_path: Path, database: Database, script: ScriptedModel) -> Runtime:
    """A runtime over a boss and a clerk."""
    return scripted_runtime(open_workspace(write_workspace(tmp_path / "ws", BOSS, CLERK)), database, script)


def kinds(runtime: Runtime, run_id: str) -> list[str]:
    """The tags of a run's facts."""
    with runtime.database.reading() as session:
        return [stored.kind for stored in read_events(session, run_id)]


async def test_a_delegated_run_is_one_trace(runtime: Runtime, script: ScriptedModel) -> None:
    """The child has a ledger of its own, linked from its parent's; every reply is in exactly one of them."""
    answer = await runtime.run(Start("boss", "do it"))
    assert answer.output == "it is b"
    assert kinds(runtime, answer.run.id) == [
        "run_started", "model_requested", "model_replied", "run_delegated", "delegation_ended", "model_requested",
        "model_replied", "run_finished",
    ]  # fmt: skip
    with runtime.database.reading() as session:
        (child,) = list_children(session, answer.run.id)
        assert child.agent == "clerk"
        assert child.conversation_id == answer.run.conversation_id
        report = verify(session)
    assert report.whole
    assert report.model_replies == script.served == 3


async def test_a_delegate_is_offered_only_when_the_input_calls_for_it(
    tmp_path: Path, database: Database, script: ScriptedModel
) -> None:
    """`when` keeps a tool from the model that the message gives no ground for."""
    boss = BOSS.replace("description: Asks the clerk.", 'description: Asks the clerk., when: "CL-[0-9]+"')
    runtime = scripted_runtime(open_workspace(write_workspace(tmp_path / "w", boss, CLERK)), database, script)
    script._plan = lambda prompt, reply: "fine"
    for text, offered in (("decide on CL-12", ["ask_clerk"]), ("decide, please", [])):
        run = (await runtime.run(Start("boss", text))).run
        with database.reading() as session:
            (asked,) = read_events(session, run.id, kinds=["model_requested"])
        assert [tool["name"] for tool in asked.event.tools] == offered


async def test_a_conversation_knows_its_earlier_turns(runtime: Runtime) -> None:
    """The history is put together from the earlier run's ledger; none of its messages is stored again."""
    first = await runtime.run(Start("clerk", "I am Jonas"))
    second = await runtime.run(Start("clerk", "who am I?", first.run.conversation_id))
    with runtime.database.reading() as session:
        history = read_history(session, [first.run.id, second.run.id])
        requests = [stored.event for stored in read_events(session, second.run.id, kinds=["model_requested"])]
    assert [type(message).__name__ for message in history] == ["ModelRequest", "ModelResponse"] * 2
    assert "Jonas" not in str(requests[0].messages)
    assert requests[0].messages_before == 2


async def test_a_conversation_stays_on_its_bundle(runtime: Runtime) -> None:
    """What goes live in the middle of a conversation serves the next one."""
    first = await runtime.run(Start("clerk", "hi"))
    with runtime.database.reading() as session:
        bundle = get_bundle(session, first.run.bundle).bundle
    with runtime.database.writing() as session:
        other = add_bundle(session, bundle.with_(instructions="Other."), author="x", author_kind="person")
    forced = await runtime.run(Start("clerk", "hi", bundle=other))
    again = await runtime.run(Start("clerk", "and?", first.run.conversation_id))
    assert forced.run.bundle == other
    assert again.run.bundle == first.run.bundle


async def test_a_finished_run_is_not_worked_on_again(runtime: Runtime, script: ScriptedModel) -> None:
    """Doing it twice is harmless: the answer comes from the ledger."""
    first = await runtime.run(Start("clerk", "hi"))
    served = script.served
    assert (await runtime.work(first.run.id)).output == first.output
    assert script.served == served


async def test_a_failed_model_call_can_be_gone_on_with(runtime: Runtime, script: ScriptedModel) -> None:
    """The failure is a fact; resuming asks only what has no reply yet."""
    script._plan = lambda prompt, reply: ModelUnavailable("away")
    run_id = runtime.start(Start("clerk", "hi"))
    with pytest.raises(ModelUnavailable):
        await runtime.work(run_id)
    assert kinds(runtime, run_id)[-2:] == ["model_failed", "run_failed"]
    script._plan = by_prompt
    assert (await runtime.work(run_id)).output == "you said hi"
    with runtime.database.reading() as session:
        assert get_run(session, run_id).status == "finished"
        assert verify(session).whole


async def test_a_resumed_run_that_asks_something_else_is_stopped(
    runtime: Runtime, script: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recorded reply is never given to a question that was not asked."""
    script._plan = lambda prompt, reply: ModelUnavailable("away") if reply else by_prompt(prompt, reply)
    run_id = runtime.start(Start("boss", "do it"))
    with pytest.raises(ModelUnavailable):
        await runtime.work(run_id)
    script._plan = by_prompt
    await runtime.close()  # agents that it keeps are built again
    monkeypatch.setattr("agents.build.render", lambda bundle: "Something else entirely.")
    with pytest.raises(JournalDiverged, match="something else"):
        await runtime.work(run_id)


async def test_replay_answers_from_the_recording(runtime: Runtime, script: ScriptedModel) -> None:
    """Under replay the delegated answer is the recorded one: no second child run."""
    first = await runtime.run(Start("boss", "do it"))
    again = await runtime.run(Start("boss", "do it", origin="evaluation", replay_of=first.run.id))
    assert again.output == "it is b"
    with runtime.database.reading() as session:
        assert not list_children(session, again.run.id)
    assert script.served == 5


async def test_replay_of_what_was_never_recorded_is_a_miss(runtime: Runtime) -> None:
    """A call that the recording cannot answer ends the rollout; it is not guessed."""
    silent = await runtime.run(Start("clerk", "hi"))
    with pytest.raises(ReplayMiss):
        await runtime.run(Start("boss", "do it", origin="evaluation", replay_of=silent.run.id))


async def test_the_step_limit_ends_a_run(runtime: Runtime, script: ScriptedModel) -> None:
    """A model that never comes to an end is stopped, with the remedy."""
    script._plan = lambda prompt, reply: Call("ask_clerk", {"request": "again"}) if prompt == "do it" else "b"
    with pytest.raises(LimitReached) as caught:
        await runtime.run(Start("boss", "do it"))
    assert "limits" in caught.value.hint


async def test_a_run_has_one_owner(runtime: Runtime) -> None:
    """While another worker's lease counts, the run is refused and nothing is written."""
    run_id = runtime.start(Start("clerk", "hi"))
    with runtime.database.reading() as session:
        now = get_run(session, run_id).started_at
    with runtime.database.writing() as session:
        claim(session, run_id, "somebody else", now.replace(year=now.year + 1))
    with pytest.raises(RunOwned, match="somebody else"):
        await runtime.work(run_id)
    assert kinds(runtime, run_id) == ["run_started"]


async def test_a_cancelled_run_stays_cancelled(runtime: Runtime) -> None:
    """Who and why is on record, and the run cannot be gone on with."""
    run_id = runtime.start(Start("clerk", "hi"))
    run = await runtime.cancel(run_id, Provenance(by="m.keller", reason="wrong customer"))
    assert run.status == "cancelled"
    with pytest.raises(UsageError, match="cancelled"):
        await runtime.work(run_id)


@pytest.mark.parametrize("text", ["", "   ", "\udcff"])
async def test_input_that_is_no_text_is_refused(runtime: Runtime, text: str) -> None:
    """Before anything is written."""
    with pytest.raises(UsageError):
        runtime.start(Start("clerk", text))


async def test_an_unknown_agent_is_named_with_the_known_ones(runtime: Runtime) -> None:
    """The error says which agents there are."""
    with pytest.raises(UnknownAgent) as caught:
        runtime.start(Start("desk", "hi"))
    assert "boss, clerk" in caught.value.hint
