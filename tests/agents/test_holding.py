"""Runs and the workers that hold them: one owner, heard cancels, lost leases, and turns in their order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agents import holding
from agents.errors import RunOwned, TurnQueued
from agents.runtime import Runtime
from agents.service.work import Work
from agents.starting import Start
from tests.builders import open_workspace, scripted_runtime, write_workspace
from tests.fakes import ScriptedModel
from traces.db import Database
from traces.leases import claim, list_held
from traces.provenance import Provenance
from traces.store import get_run, read_events
from traces.tables import LEASES

pytestmark = pytest.mark.anyio
KELLER = Provenance(by="m.keller", reason="wrong customer")


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


@pytest.fixture
def gate() -> asyncio.Event:
    """The model's replies stop in the middle until it is set."""
    return asyncio.Event()


@pytest.fixture
def script(gate: asyncio.Event) -> ScriptedModel:
    """Says what it is asked."""
    return ScriptedModel(lambda prompt, reply: f"You said: {prompt}", gate=gate)


@pytest.fixture
async def worker(tmp_path: Path, database: Database, script: ScriptedModel) -> AsyncIterator[Runtime]:
    """A worker on both databases."""
    runtime = scripted_runtime(open_workspace(write_workspace(tmp_path / "ws")), database, script, worker="here")
    yield runtime
    await runtime.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the work of others brings about."""
    while True:
        if condition():
            return
        await asyncio.sleep(0.01)


def status(database: Database, run_id: str) -> str:
    """Where a run stands."""
    with database.reading() as session:
        return get_run(session, run_id).status


async def test_a_run_cancelled_by_another_process_stops(
    worker: Runtime, script: ScriptedModel, database: Database
) -> None:
    """It is told in the middle of a reply, and nothing more is written about the run."""
    other = Runtime(worker.workspace, database, make_model=lambda bundle: script.model(), worker="there")
    run_id = worker.start(Start("hello", "hi"))
    task = asyncio.create_task(worker.work(run_id))
    await script.begun.wait()
    assert (await other.cancel(run_id, KELLER)).status == "cancelled"
    with pytest.raises(asyncio.CancelledError):
        await task
    with database.reading() as session:
        kinds = [one.kind for one in read_events(session, run_id)]
        assert list_held(session, datetime.now(UTC)) == {}
    assert kinds == ["run_started", "model_requested", "run_cancelled"]


async def test_a_worker_that_lost_its_lease_stops(
    worker: Runtime, script: ScriptedModel, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told so, writes nothing more, and leaves the other's lease alone."""
    monkeypatch.setattr(holding, "RENEW_SECONDS", 0.0)
    run_id = worker.start(Start("hello", "hi"))
    task = asyncio.create_task(worker.work(run_id))
    await script.begun.wait()
    with database.writing() as session:
        session.execute(LEASES.delete())
        assert claim(session, run_id, "there", datetime.now(UTC)) is None
    with pytest.raises(RunOwned, match="taken over"):
        await task
    with database.reading() as session:
        assert list_held(session, datetime.now(UTC)) == {run_id: "there"}
        assert get_run(session, run_id).status == "running"


async def test_a_look_from_before_says_nothing_about_now(
    worker: Runtime, script: ScriptedModel, gate: asyncio.Event
) -> None:
    """A run that was stopped while we looked had no lease then; begun again since, it is left alone."""
    run_id = worker.start(Start("hello", "hi"))
    task = asyncio.create_task(worker.work(run_id))
    await script.begun.wait()
    before = dict(worker._holder._holds)
    task.cancel()
    await asyncio.wait({task})
    script.begun.clear()
    again = asyncio.create_task(worker.work(run_id))
    await script.begun.wait()
    worker._holder._stop(holding._Look(cancelled=[], lost=[run_id]), before)
    gate.set()
    assert (await again).output == "You said: hi"


@pytest.mark.parametrize("broken", [0, 2])
async def test_leases_are_renewed_while_a_run_is_worked_on(
    worker: Runtime, script: ScriptedModel, gate: asyncio.Event, database: Database, monkeypatch: pytest.MonkeyPatch,
    broken: int,
) -> None:  # fmt: skip
    """A sign of life moves the lease's end, and the run goes on undisturbed; a look that breaks is not the last."""
    monkeypatch.setattr(holding, "RENEW_SECONDS", 0.0)
    monkeypatch.setattr(holding, "HEAR_SECONDS", 0.02)
    real, left = holding.Holder._look, [OSError("no more threads")] * broken

    def look(self: holding.Holder, names: list[str], due: bool) -> object:
        if left:
            raise left.pop()
        return real(self, names, due)

    monkeypatch.setattr(holding.Holder, "_look", look)
    run_id = worker.start(Start("hello", "hi"))
    task = asyncio.create_task(worker.work(run_id))
    await script.begun.wait()
    soon = datetime.now(UTC) + timedelta(seconds=1)
    with database.writing() as session:
        session.execute(LEASES.update().values(until=soon))
    while True:
        with database.reading() as session:
            if session.execute(LEASES.select()).one().until > soon:
                break
        await asyncio.sleep(0.02)
    gate.set()
    assert (await task).output == "You said: hi"


async def test_one_process_works_on_a_run_once(worker: Runtime, script: ScriptedModel, gate: asyncio.Event) -> None:
    """The second call is told so; the first is not disturbed."""
    run_id = worker.start(Start("hello", "hi"))
    task = asyncio.create_task(worker.work(run_id))
    await script.begun.wait()
    with pytest.raises(RunOwned, match="already"):
        await worker.work(run_id)
    gate.set()
    await task
    assert script.served == 1


async def test_turns_of_a_conversation_come_in_order(
    worker: Runtime, script: ScriptedModel, gate: asyncio.Event, database: Database
) -> None:
    """A message that comes too early waits; another conversation does not."""
    ids = [worker.start(Start("hello", text, "conv_1")) for text in ("one", "two", "three")]
    with pytest.raises(TurnQueued) as error:
        await worker.work(ids[1])
    assert error.value.first == ids[0]
    work = Work(worker)
    tasks = [work.begin(run_id) for run_id in reversed(ids)]
    await script.begun.wait()
    other = worker.start(Start("hello", "elsewhere", "conv_2"))
    tasks.append(work.begin(other))
    gate.set()
    await asyncio.gather(*tasks)
    assert [text for text in script.asked if text != "elsewhere"] == ["one", "two", "three"]
    with database.reading() as session:
        assert {get_run(session, run_id).status for run_id in (*ids, other)} == {"finished"}
        (taken,) = (one.event for one in read_events(session, ids[2], kinds=["history_taken"]))
    assert (taken.runs, taken.left_out) == (ids[:2], [])  # what was said while it waited


async def test_a_long_conversation_leaves_its_oldest_turns_out(
    tmp_path: Path, database: Database, script: ScriptedModel, gate: asyncio.Event
) -> None:
    """By the stated policy, and the record says which turns and by what rule; the newest is always shown."""
    gate.set()
    agent = "name: hello\nmodel: test\ninstructions: Hi.\nstrop: {limits: {history_characters: 1000}}\n"
    runtime = scripted_runtime(open_workspace(write_workspace(tmp_path / "w", agent)), database, script)
    ids = [
        (await runtime.run(Start("hello", text, "conv_1"))).run.id for text in ("one", "x" * 2000, "three", "four")
    ]
    with database.reading() as session:
        facts = [one.event for run in ids for one in read_events(session, run, kinds=["history_taken"])]
        assert [(fact.runs, fact.left_out) for fact in facts] == [([ids[1]], [ids[0]]), ([ids[2]], ids[:2])]
        assert "1000 characters" in facts[0].policy
        (asked,) = read_events(session, ids[3], kinds=["model_requested"])
    assert asked.event.messages_before == 2


async def test_what_others_left_does_not_stand_in_the_way(
    worker: Runtime, script: ScriptedModel, gate: asyncio.Event, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many runs that a dead worker left some are taken at a time, oldest first; who asks now need not wait."""
    monkeypatch.setattr("agents.service.work.YOUNG_SECONDS", -1.0)
    left = [worker.start(Start("hello", f"left {number}")) for number in range(9)]
    work = Work(worker, at_once=4, queue=2)
    work.open()
    await until(lambda: len(script.asked) == 2)
    assert work.running == left[:2]
    now = work.begin(worker.start(Start("hello", "now"), hold=True))
    await until(lambda: "now" in script.asked)
    assert sorted(script.asked) == ["left 0", "left 1", "now"]
    gate.set()
    await now
    await until(lambda: all(status(database, run_id) == "finished" for run_id in left))
    await work.close()
    assert script.served == 10


async def test_so_many_runs_at_once(worker: Runtime, script: ScriptedModel, gate: asyncio.Event) -> None:
    """The next waits for room; beyond the queue there is none."""
    work = Work(worker, at_once=1, queue=1)
    first = work.begin(worker.start(Start("hello", "one")))
    await script.begun.wait()
    assert not work.full
    second = work.begin(worker.start(Start("hello", "two")))
    assert work.full
    assert script.asked == ["one"]
    gate.set()
    await asyncio.gather(first, second)
    assert script.asked == ["one", "two"]
