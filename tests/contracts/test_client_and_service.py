"""The client that the terminal uses, against the real service in a process of its own: every call it has.

Prevents two ends of the wire that are each tested against an idea of the other.
"""

import asyncio
from pathlib import Path

import pytest

from agents.prompts.store import get_bundle
from agents.service import wire
from tests.agents.service.process import service
from tests.builders import make_proposal, model_step, open_workspace, run_started, write_workspace
from traces.db import Database, open_database
from traces.events import ToolCalled
from traces.recorder import Recorder
from tui.answers import ServiceError
from tui.client import Client

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The client runs on asyncio."""
    return "asyncio"


async def test_every_call_of_the_client_is_answered(tmp_path: Path) -> None:
    """One long day over a Unix socket: ask, read, judge, follow, decide, roll back, stop."""
    folder = write_workspace(tmp_path)
    with service(folder) as (place, _):
        database = open_database(open_workspace(folder).database_url)
        async with Client(socket=place) as client:
            await _look_around(client)
            run_id = await _ask_and_judge(client)
            await _follow(client, run_id)
            await _stop(client, folder)
            await _decide(client, database)
            await _settle_a_lost_call(client, database)
            await _be_refused(client)
        database.close()


async def _look_around(client: Client) -> None:
    about = await client.about()
    assert (about.workspace, about.environment, about.user, about.agents) == ("bench", "test", "tester", ["hello"])
    [agent] = await client.agents()
    assert (await client.bundle(agent.live)).live
    assert [one.kind for one in await client.decisions("hello")] == ["decision_made"]
    assert [one.digest for one in await client.bundles("hello")] == [agent.live]


async def _ask_and_judge(client: Client) -> str:
    detail = await client.start(wire.StartRun(agent="hello", input="good morning", wait=True))
    assert (detail.answer, detail.run.status) == ("You said: good morning", "finished")
    run_id = detail.run.id
    judged = await client.feedback(run_id, wire.GiveFeedback(score=0.25, correction={"team": "harbour"}))
    assert (judged.score, judged.feedback) == (0.25, 1)
    assert [run.id for run in (await client.runs("score<0.5 agent:hello", limit=10)).items] == [run_id]
    assert (await client.run(run_id[-6:])).run.id == run_id
    assert [one.kind for one in await client.events(run_id, after=3)] == ["run_finished", "feedback_given"]
    assert (await client.resume(run_id)).run.status == "finished"
    return run_id


async def _follow(client: Client, run_id: str) -> None:
    followed = [one async for one in client.follow(run_id)]
    assert [one.kind for one in followed][-2:] == ["run_finished", "feedback_given"]
    told: list[wire.EventView] = []
    async for fact in client.feed(after=0):
        told.append(fact)
        if fact.kind == "feedback_given":
            break
    assert [one.id for one in told] == sorted({one.id for one in told})
    assert {one.stream for one in told} == {"decisions_hello", run_id}


async def _stop(client: Client, folder: Path) -> None:
    """A run is seen while its reply is written, and cancelled in the middle of it."""
    begun = await client.start(wire.StartRun(agent="hello", input="slow one"))
    kinds: list[str] = []
    async for seen in client.follow(begun.run.id):
        kinds.append(seen.kind)
        if isinstance(seen, wire.DeltaView):
            assert (await client.cancel(begun.run.id)).status == "cancelled"
    assert kinds == ["run_started", "model_requested", "text", "run_cancelled"]


async def _decide(client: Client, database: Database) -> None:
    """What another process proposes is seen, approved, and rolled back."""
    live = (await client.agents())[0].live
    with database.reading() as session:
        better = get_bundle(session, live).bundle.with_(rules=("Say the name of the house.",))
    digest, evidence = await asyncio.to_thread(make_proposal, Recorder(database), better, live)
    [proposal] = await client.proposals("hello")
    whole = await client.proposal(digest)
    assert proposal == whole.model_copy(update={"sheet": "", "sheet_digest": ""})
    assert whole.sheet_digest
    assert (proposal.verdict, proposal.evidence_digest) == ("better", evidence)
    assert any(kind == "added" for line in await client.diff(digest) for kind, _ in line.runs)
    [night] = await client.nights("hello")
    assert (night.proposal, len(await client.night_events(night.id))) == (digest, 5)
    yes = wire.Decide(decision="approve", reason="it names the house", shown=evidence, incumbent=live)
    assert (await client.decide(digest, yes)).bundle.live
    back = await client.roll_back("hello", wire.RollBack(reason="too long", live=digest))
    assert (back.digest, back.live) == (live, True)


async def _settle_a_lost_call(client: Client, database: Database) -> None:
    """A run that died in the middle of a write goes on after a person's word."""
    op = "tool/1/shop/pay/call_0"
    call = ToolCalled(
        op=op, step=1, tool="pay", server="shop", arguments={}, call_id="call_0", effect="write", idempotency_key="k"
    )
    recorder = Recorder(database)
    for fact in (run_started(bundle=(await client.agents())[0].live), *model_step(), call):
        recorder.append("run_lost", fact)
    with pytest.raises(ServiceError) as refused:
        await client.resume("run_lost")
    assert (refused.value.status, op in str(refused.value)) == (409, True)
    decision = wire.DecideOutcome(op=op, decision="abandon", reason="nobody was paid")
    assert (await client.decide_outcome("run_lost", decision)).run.id == "run_lost"


async def _be_refused(client: Client) -> None:
    """A problem comes out as the client's one exception, with its words and its remedy."""
    with pytest.raises(ServiceError) as unknown:
        await client.start(wire.StartRun(agent="nobody", input="x"))
    assert (unknown.value.status, unknown.value.hint) == (404, "Agents here: hello.")
    with pytest.raises(ServiceError) as wrong:
        await client.runs("staus:failed")
    assert "at character 1" in str(wrong.value)
