"""Held calls: asked about once, decided once, bound to their arguments, through restarts, on both databases."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agents import deadlines
from agents.approvals import Approval, decide_approval, get_approval, list_approvals
from agents.deadlines import expire
from agents.errors import ApprovalNeeded, IllegalStep, UsageError
from agents.runtime import Runtime
from agents.starting import Start
from tests.builders import open_workspace, scripted_runtime, write_workspace
from tests.crash.workshop import lines
from tests.fakes import Call, ScriptedModel
from traces.db import Database
from traces.errors import NotFound
from traces.events import ToolCalled
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import get_run, list_children, read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).parents[1] / "crash" / "counting_server.py"
PAYER = """\
    name: payer
    description: pays
    model: test:scripted
    instructions: Pay.
    strop:
      tools: [{server: counting}]
      policies:
        - {tool: pay, when: {amount: {maximum: 10}}, then: allow}
        - {tool: pay, when: {amount: {minimum: 1000}}, then: deny, reason: too much}
        - {tool: pay, then: ask, reason: it is money}
    """
BOSS = """\
    name: boss
    description: asks the payer
    model: test:scripted
    instructions: Ask the payer.
    strop:
      delegates: [{agent: payer, tool: ask_payer, description: Pays.}]
    """
KELLER = Provenance(by="m.keller", reason="checked")


def plan(prompt: str, reply: int) -> Call | str:
    """`pay N`: pays N, then says so; `boss N` hands `pay N` over."""
    verb, _, amount = prompt.partition(" ")
    if reply:
        return "done"
    return Call("ask_payer", {"request": f"pay {amount}"}) if verb == "boss" else Call("pay", {"amount": int(amount)})


class Office:
    """A workspace, its database and what was really paid."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.count, self.database = folder / "count.txt", database
        entry = {"command": sys.executable, "args": [str(SERVER)], "env": {"COUNT_FILE": str(self.count)}}
        self.workspace = open_workspace(write_workspace(folder / "ws", PAYER, BOSS, servers={"counting": entry}))
        self.script = ScriptedModel(plan)
        self.recorder = Recorder(database)

    def runtime(self) -> Runtime:
        """A worker that knows nothing but the ledger."""
        return scripted_runtime(self.workspace, self.database, self.script)

    async def ask(self, text: str, agent: str = "payer") -> str:
        """A run that comes to wait; gives its id."""
        runtime = self.runtime()
        run_id = runtime.start(Start(agent, text))
        with pytest.raises(ApprovalNeeded):
            await runtime.work(run_id)
        await runtime.close()
        return run_id

    async def resume(self, run_id: str) -> object:
        """Go on with it on a fresh worker; gives the answer."""
        runtime = self.runtime()
        try:
            return (await runtime.work(run_id)).output
        finally:
            await runtime.close()

    def waiting(self) -> list[Approval]:
        """What waits for a person."""
        with self.database.reading() as session:
            return list_approvals(session)

    def status(self, run_id: str) -> str:
        """Where the run stands."""
        with self.database.reading() as session:
            return get_run(session, run_id).status

    @property
    def paid(self) -> list[str]:
        """The calls that reached the server."""
        return lines(self.count)


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Office:
    """An office on both databases."""
    return Office(tmp_path, database)


async def test_a_held_call_is_made_after_its_approval_and_once(office: Office) -> None:
    """Nothing is sent before; the run goes on on another worker, asks no recorded reply again, and pays once."""
    run_id = await office.ask("pay 50")
    assert office.status(run_id) == "waiting"
    (one,) = office.waiting()
    assert (one.id, one.held.request.arguments, one.held.request.reason) == (
        f"{run_id}:1", {"amount": 50}, "it is money",
    )  # fmt: skip
    with pytest.raises(ApprovalNeeded):  # going on with it changes nothing
        await office.resume(run_id)
    assert office.paid == []
    decide_approval(office.recorder, one.id, "approve", KELLER, shown=one.held.request.digest)
    assert office.status(run_id) == "running"
    assert await office.resume(run_id) == "done"
    assert (office.paid, office.script.served, office.waiting()) == (["pay 50"], 2, [])
    with office.database.reading() as session:
        assert verify(session).whole


async def test_an_approval_is_given_once(office: Office) -> None:
    """The second decision is refused and says who made the first."""
    run_id = await office.ask("pay 50")
    decide_approval(office.recorder, run_id, "approve", KELLER)
    for decision in ("approve", "deny"):
        with pytest.raises(IllegalStep, match=r"approved by m\.keller"):
            decide_approval(office.recorder, f"{run_id}:1", decision, KELLER)  # type: ignore[arg-type]
    assert await office.resume(run_id) == "done"
    assert office.paid == ["pay 50"]


async def test_a_decision_is_about_the_arguments_that_were_shown(office: Office) -> None:
    """Another digest is refused, and nothing is decided by it."""
    run_id = await office.ask("pay 50")
    with pytest.raises(IllegalStep, match="other arguments"):
        decide_approval(office.recorder, run_id, "approve", KELLER, shown="sha256:" + "0" * 64)
    assert len(office.waiting()) == 1


async def test_what_the_person_changed_is_what_is_sent(office: Office) -> None:
    """The edited arguments are dispatched and recorded with the call."""
    run_id = await office.ask("pay 50")
    decide_approval(office.recorder, run_id, "approve", KELLER, arguments={"amount": 20})
    assert await office.resume(run_id) == "done"
    assert office.paid == ["pay 20"]
    with office.database.reading() as session:
        (call,) = (one.event for one in read_events(session, run_id, kinds=["tool_called"]))
    assert isinstance(call, ToolCalled)
    assert call.arguments == {"amount": 20}


async def test_a_denied_call_is_told_to_the_model(office: Office) -> None:
    """The run goes on to its end without the effect, and the model reads the reason."""
    run_id = await office.ask("pay 50")
    decide_approval(office.recorder, run_id, "deny", KELLER)
    assert await office.resume(run_id) == "done"
    with office.database.reading() as session:
        asked = [one.event for one in read_events(session, run_id, kinds=["model_requested"])]
    assert "checked" in str(asked[-1].messages)
    assert office.paid == []


async def test_a_call_nobody_decided_on_expires(office: Office) -> None:
    """After its time it can't be approved any more, and the run goes on without it."""
    run_id = await office.ask("pay 50")
    late = datetime.now(UTC) + timedelta(days=2)
    with pytest.raises(IllegalStep, match="expired"):
        decide_approval(office.recorder, run_id, "approve", KELLER, now=late)
    assert expire(office.recorder, [run_id], datetime.now(UTC)) == 0
    assert expire(office.recorder, [run_id], late) == 1
    assert await office.resume(run_id) == "done"
    assert office.paid == []


async def test_a_service_expires_what_has_waited_longest_however_many_wait(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run is looked up once, a part at a time, the oldest first; what is decided meanwhile is left alone."""
    monkeypatch.setattr(deadlines, "AT_ONCE", 1)
    first, second = [await office.ask("pay 50") for _ in range(2)]
    look = deadlines.Deadlines(office.recorder)
    late = datetime.now(UTC) + timedelta(days=2)
    assert look.expire(late) == 1
    with office.database.reading() as session:
        assert [get_approval(session, run).state for run in (first, second)] == ["expired", "pending"]
    decide_approval(office.recorder, second, "deny", KELLER)
    assert look.expire(late) == 0
    third = await office.ask("pay 50")
    assert [look.expire(at) for at in (datetime.now(UTC), late, late)] == [0, 1, 0]
    with office.database.reading() as session:
        assert [get_approval(session, run).state for run in (second, third)] == ["denied", "expired"]


async def test_policies_decide_in_their_order(office: Office) -> None:
    """A small sum is paid without asking, a large one never; the refusal is on record."""
    runtime = office.runtime()
    assert (await runtime.run(Start("payer", "pay 5"))).output == "done"
    refused = await runtime.run(Start("payer", "pay 5000"))
    await runtime.close()
    assert office.paid == ["pay 5"]
    with office.database.reading() as session:
        (fact,) = read_events(session, refused.run.id, kinds=["call_refused"])
    assert fact.event.reason == "too much"


async def test_a_delegated_runs_question_holds_both_runs(office: Office) -> None:
    """The parent waits with its child, and one decision lets both go on."""
    run_id = await office.ask("boss 50", "boss")
    (one,) = office.waiting()
    with office.database.reading() as session:
        (child,) = list_children(session, run_id)
    assert (one.run_id, office.status(run_id), child.status) == (child.id, "waiting", "waiting")
    decide_approval(office.recorder, one.id, "approve", KELLER)
    assert (office.status(run_id), office.status(child.id)) == ("running", "running")
    assert await office.resume(run_id) == "done"
    assert office.paid == ["pay 50"]


async def test_an_ended_run_allows_nothing(office: Office) -> None:
    """A cancelled run's question is gone from the list and can't be answered."""
    run_id = await office.ask("pay 50")
    await office.runtime().cancel(run_id, KELLER)
    assert office.waiting() == []
    with pytest.raises(IllegalStep, match="cancelled"):
        decide_approval(office.recorder, run_id, "approve", KELLER)


async def test_what_is_not_there(office: Office) -> None:
    """Told by name; a denial can't change arguments."""
    run_id = await office.ask("pay 50")
    with office.database.reading() as session, pytest.raises(NotFound):
        get_approval(session, f"{run_id}:7")
    with pytest.raises(UsageError, match="only an approval"):
        decide_approval(office.recorder, run_id, "deny", KELLER, arguments={})
