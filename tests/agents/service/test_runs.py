"""Runs over HTTP: asked, read, judged, stopped, gone on with."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from agents.prompts.store import list_live
from agents.prompts.tables import BUNDLES
from tests.agents.service.conftest import House
from tests.builders import NOON, failed, model_step, record_run, run_started
from tests.fakes import ScriptedModel
from traces.events import ToolCalled, ToolReturned
from traces.leases import claim
from traces.recorder import Recorder
from traces.store import get_run, read_events
from traces.tables import EVENTS

pytestmark = pytest.mark.anyio


async def test_a_run_that_is_waited_for_comes_with_its_answer(house: House) -> None:
    """200, the whole answer, and the row of the list."""
    detail = await house.ask("good morning")
    assert detail["answer"] == "You said: good morning"
    assert detail["run"]["status"] == "finished"
    assert (await house.get("/v1/runs"))["items"] == [detail["run"]]
    assert await house.get(f"/v1/runs/{detail['run']['id']}") == detail


async def test_a_run_in_the_background_is_on_record_at_once(house: House) -> None:
    """202 with the run's id; it ends by itself, whoever looks."""
    house.script._gate = gate = asyncio.Event()
    detail = await house.post("/v1/runs", {"agent": "hello", "input": "hi"}, 202)
    assert (detail["run"]["status"], detail["answer"]) == ("running", None)
    gate.set()
    await house.parts.work.wait(detail["run"]["id"])
    assert (await house.get(f"/v1/runs/{detail['run']['id']}"))["answer"] == "You said: hi"


async def test_how_a_run_failed_is_in_the_run(house: House) -> None:
    """The request was right, so it is answered; what went wrong stands in the run."""
    house.script._plan = lambda prompt, reply: ValueError("the model fell over")
    detail = await house.ask()
    assert detail["run"]["status"] == "failed"
    assert "the model fell over" in detail["run"]["error"]


async def test_a_conversation_goes_on_with_what_was_said(house: House) -> None:
    """The second turn is told what the first one was, by reference."""
    first = await house.ask("my name is Ada", conversation_id="conv-of-ours/1")
    second = await house.ask("who am I?", conversation_id="conv-of-ours/1")
    started = (await house.get(f"/v1/runs/{second['run']['id']}/events"))["items"][0]
    assert started["data"]["history"] == [first["run"]["id"]]
    page = await house.get("/v1/runs", params={"q": "conversation:conv-of-ours/1"})
    assert [run["id"] for run in page["items"]] == [second["run"]["id"], first["run"]["id"]]


async def test_the_same_key_gives_the_same_run(house: House) -> None:
    """A client that asks again because it heard nothing starts nothing twice, also when both asks come at once."""
    body = {"agent": "hello", "input": "pay", "wait": True}
    answers = await asyncio.gather(
        *(house.post("/v1/runs", body, headers={"Idempotency-Key": "k-1"}) for _ in range(4)),
    )
    assert len({one["run"]["id"] for one in answers}) == 1
    assert {one["answer"] for one in answers} == {"You said: pay"}
    assert house.script.served == 1
    await house.post("/v1/runs", {**body, "input": "pay twice"}, 422, headers={"Idempotency-Key": "k-1"})
    other = await house.post("/v1/runs", body, headers={"Idempotency-Key": "k-2"})
    assert other["run"]["id"] != answers[0]["run"]["id"]


async def test_the_list_is_filtered_and_paged(house: House) -> None:
    """By the filter language; a page's `after` gives the next page."""
    for text in ("one", "two", "three"):
        await house.ask(text)
    first = await house.get("/v1/runs", params={"limit": 2})
    rest = await house.get("/v1/runs", params={"limit": 2, "after": first["after"]})
    assert [run["input"] for run in first["items"] + rest["items"]] == ["three", "two", "one"]
    assert rest["after"] is None
    found = await house.get("/v1/runs", params={"q": 'status:finished "two"'})
    assert [run["input"] for run in found["items"]] == ["two"]
    last = await house.get("/v1/runs", params={"limit": 1, "oldest": True})
    assert [run["input"] for run in last["items"]] == ["one"]
    above = await house.get("/v1/runs", params={"limit": 1, "before": last["before"]})
    assert [run["input"] for run in above["items"]] == ["two"]
    then = await house.get("/v1/runs", params={"limit": 1, "at": above["items"][0]["started_at"]})
    assert (then["items"], then["before"]) == (above["items"], above["before"])
    await house.get("/v1/runs", 422, params={"oldest": True, "after": first["after"]})
    wrong = await house.get("/v1/runs", 422, params={"q": "agent:hello staus:failed"})
    assert wrong["position"] == 13
    assert "status" in wrong["hint"]


async def test_events_are_given_from_a_seq_on(house: House) -> None:
    """The whole record of a run, in order, by pages."""
    run_id = (await house.ask())["run"]["id"]
    events = (await house.get(f"/v1/runs/{run_id}/events"))["items"]
    assert [one["kind"] for one in events] == ["run_started", "model_requested", "model_replied", "run_finished"]
    assert (await house.get(f"/v1/runs/{run_id}/events", params={"after": 1, "limit": 2}))["items"] == events[1:3]
    assert events[2]["data"]["response"]["parts"][0]["content"] == "You said: good morning"


async def test_a_judgement_is_taken_and_shown(house: House) -> None:
    """Score, label, comment and correction reach the ledger under the name of who gave them."""
    run_id = (await house.ask())["run"]["id"]
    given = {"score": 0.5, "label": "wrong team", "correction": {"team": "harbour"}, "comment": "é", "op": "model/1"}
    assert (await house.post(f"/v1/runs/{run_id[-8:]}/feedback", given))["score"] == 0.5
    await house.post(f"/v1/runs/{run_id}/feedback", {"comment": "again", "by": "j.ito", "op": "model/1"})
    first, second = (await house.get(f"/v1/runs/{run_id}/events"))["items"][-2:]
    assert first["data"]["correction"] == {"team": "harbour"}
    assert (first["op"], first["data"]["provenance"]["by"]) == ("model/1", "tester")
    assert second["data"]["provenance"]["by"] == "j.ito"
    assert (await house.get("/v1/runs", params={"q": "score=0.5 has:feedback"}))["items"]


async def test_children_stand_below_their_run(house: House) -> None:
    """The runs that a run delegated to come with it."""
    parent = record_run(house.runtime.recorder)
    child = record_run(house.runtime.recorder, parent_run_id=parent, origin="delegation", agent="claims")
    detail = await house.get(f"/v1/runs/{parent}")
    assert [run["id"] for run in detail["children"]] == [child]


# --- stopping and going on ---------------------------------------------------------------------------------------


async def begin_slow(house: House) -> tuple[str, asyncio.Event]:
    """A run whose model is in the middle of its reply until the event is set."""
    gate = asyncio.Event()
    house.script._gate = gate
    house.script.begun.clear()
    run_id = (await house.post("/v1/runs", {"agent": "hello", "input": "slow"}, 202))["run"]["id"]
    await house.script.begun.wait()
    return run_id, gate


async def test_a_run_is_stopped_in_the_middle_of_a_reply(house: House) -> None:
    """Cancelled once and for all, with the name of who did it; twice is once."""
    run_id, _ = await begin_slow(house)
    assert (await house.post(f"/v1/runs/{run_id}/cancel"))["status"] == "cancelled"
    assert (await house.post(f"/v1/runs/{run_id}/cancel"))["status"] == "cancelled"
    last = (await house.get(f"/v1/runs/{run_id}/events"))["items"][-1]
    assert (last["kind"], last["data"]["provenance"]["by"]) == ("run_cancelled", "tester")
    assert house.parts.work.running == []
    assert house.script.served == 0
    await house.post(f"/v1/runs/{run_id}/resume", status=409)


async def test_a_run_that_has_ended_is_not_cancelled(house: House) -> None:
    """It stays as it is."""
    run_id = (await house.ask())["run"]["id"]
    assert (await house.post(f"/v1/runs/{run_id}/cancel"))["status"] == "finished"


async def test_cancelling_reaches_what_was_delegated(house: House) -> None:
    """No run is left running below a cancelled one."""
    recorder = house.runtime.recorder
    recorder.append("run_parent", run_started())
    recorder.append("run_child", run_started(parent_run_id="run_parent", origin="delegation"))
    await house.post("/v1/runs/run_parent/cancel")
    assert (await house.get("/v1/runs/run_child"))["run"]["status"] == "cancelled"


async def test_a_failed_run_goes_on_without_asking_again(house: House) -> None:
    """Recorded replies stand; the run ends well this time."""
    house.script._plan = lambda prompt, reply: ValueError("the model fell over")
    run_id = (await house.ask())["run"]["id"]
    house.script._plan = lambda prompt, reply: "better now"
    detail = await house.post(f"/v1/runs/{run_id}/resume", params={"wait": True})
    assert (detail["run"]["status"], detail["answer"]) == ("finished", "better now")
    assert (await house.post(f"/v1/runs/{run_id}/resume"))["answer"] == "better now"
    assert house.script.served == 1


async def test_resuming_answers_at_once_unless_waited_for(house: House) -> None:
    """202 with a run that is running, not with the state it was in before."""
    house.script._plan = lambda prompt, reply: ValueError("the model fell over")
    run_id = (await house.ask())["run"]["id"]
    house.script._plan = lambda prompt, reply: "better now"
    house.script._gate = gate = asyncio.Event()
    assert (await house.post(f"/v1/runs/{run_id}/resume", status=202))["run"]["status"] == "running"
    gate.set()
    await house.parts.work.wait(run_id)


async def test_another_workers_run_is_left_alone(house: House) -> None:
    """What a living worker holds is not resumed here, and the answer names it; cancelling reaches it there."""
    recorder = house.runtime.recorder
    recorder.append("run_theirs", run_started())
    with house.runtime.database.writing() as session:
        claim(session, "run_theirs", "other-host:1", datetime.now(UTC))
    assert "other-host:1" in (await house.post("/v1/runs/run_theirs/resume", status=409))["detail"]
    assert (await house.get("/v1/runs/run_theirs"))["run"]["status"] == "running"
    assert (await house.post("/v1/runs/run_theirs/cancel"))["status"] == "cancelled"


def lost_call(recorder: Recorder, bundle: str) -> tuple[str, str]:
    """A run that died in the middle of a write; gives (run, operation)."""
    op = "tool/1/shop/pay/call_0"
    recorder.append("run_lost", run_started(bundle=bundle))
    for fact in model_step():
        recorder.append("run_lost", fact)
    called = ToolCalled(
        op=op, step=1, tool="pay", server="shop", arguments={}, call_id="call_0", effect="write", idempotency_key="k"
    )
    recorder.append("run_lost", called)
    return "run_lost", op


async def test_a_lost_write_waits_for_a_person(house: House) -> None:
    """Resuming is refused with the calls' names, and so is a decision on another call; then the run goes on."""
    run_id, op = lost_call(house.runtime.recorder, await house.live())
    problem = await house.post(f"/v1/runs/{run_id}/resume", status=409)
    assert op in problem["detail"]
    await house.post(f"/v1/runs/{run_id}/outcome", {"op": "tool/9", "decision": "done"}, 422)
    await house.post(f"/v1/runs/{run_id}/outcome", {"op": op, "decision": "perhaps"}, 422)
    decided = {"op": op, "decision": "done", "result": {"paid": True}, "reason": "seen in the bank", "by": "j.ito"}
    await house.post(f"/v1/runs/{run_id}/outcome", decided, params={"wait": True})
    events = (await house.get(f"/v1/runs/{run_id}/events"))["items"]
    outcome = next(one for one in events if one["kind"] == "outcome_decided")
    assert outcome["data"]["provenance"] == {
        "by": "j.ito",
        "actor": "person",
        "reason": "seen in the bank",
        "role": "admin",
        "login": "tester",
    }
    assert "run_resumed" in [one["kind"] for one in events]


# --- runs that nobody works on -----------------------------------------------------------------------------------


async def test_abandoned_runs_are_found(house: House) -> None:
    """What people asked for and nobody holds, oldest first; not the young, the delegated, or the night's own."""
    await house.parts.work.close(drain=0)  # or it takes over what this test has it find
    old: dict[str, Any] = {"clock": lambda: NOON}
    recorder = Recorder(house.runtime.database, **old)
    for run_id, more in {
        "run_old": {},
        "run_held": {},
        "run_child": {"parent_run_id": "run_old", "origin": "delegation"},
        "run_night": {"origin": "evaluation"},
    }.items():
        recorder.append(run_id, run_started(**{"conversation_id": f"conv_{run_id}", **more}))
    recorder.append("run_second", run_started(conversation_id="conv_run_old"))  # its turn comes after run_old's
    recorder.append("run_ended", run_started())
    recorder.append("run_ended", failed())
    house.runtime.recorder.append("run_young", run_started())
    with house.runtime.database.writing() as session:
        claim(session, "run_held", "other", datetime.now(UTC))
    assert await asyncio.to_thread(house.parts.work.abandoned) == ["run_old"]


async def test_what_a_newer_strop_wrote_is_left_to_it(house: House) -> None:
    """A fact or a version that this one does not know: the run stays as it is, is said, and is not tried for ever."""
    with house.runtime.database.reading() as session:
        live = (await asyncio.to_thread(list_live, session))["hello"].digest
    newer = "sha256:" + "b" * 64
    with house.runtime.database.writing() as session:
        row = session.execute(sa.select(BUNDLES).where(BUNDLES.c.digest == live)).mappings().one()
        content = json.dumps({**json.loads(row["content"]), "telepathy": True})
        session.execute(sa.insert(BUNDLES), {**row, "digest": newer, "content": content})
    recorder = house.runtime.recorder
    recorder.append("run_fact", run_started(conversation_id="a", bundle=live))
    recorder.append("run_bundle", run_started(conversation_id="b", bundle=newer))
    with house.runtime.database.writing() as session:
        row = session.execute(sa.select(EVENTS).where(EVENTS.c.stream == "run_fact")).mappings().one()
        session.execute(sa.insert(EVENTS), {**row, "id": None, "seq": 2, "kind": "mind_read"})
    for run_id in ("run_fact", "run_bundle"):
        await house.parts.work.wait(run_id)
    about = await house.get("/v1/about")
    assert sorted(about["beyond"]) == ["run_bundle", "run_fact"]
    assert "telepathy" in about["beyond"]["run_bundle"]
    assert (await house.get("/v1/runs/run_bundle"))["run"]["status"] == "running"
    assert await asyncio.to_thread(house.parts.work.abandoned) == []


async def test_a_stopping_service_hands_its_runs_back(house: House) -> None:
    """A run in the middle of a reply is left as it stands, to be gone on with; nothing new is begun."""
    run_id, _ = await begin_slow(house)
    await house.parts.work.close(drain=0)
    with house.runtime.database.reading() as session:
        assert get_run(session, run_id).status == "running"
        assert [one.kind for one in read_events(session, run_id)] == ["run_started", "model_requested"]
    await house.post("/v1/runs", {"agent": "hello", "input": "hi"}, 503)
    await house.get("/ready", 503)
    await house.get("/health")


async def test_draining_lets_a_run_end(house: House) -> None:
    """A stop waits for runs that are about to end."""
    run_id, gate = await begin_slow(house)
    closing = asyncio.create_task(house.parts.work.close())
    gate.set()
    await closing
    with house.runtime.database.reading() as session:
        assert get_run(session, run_id).status == "finished"


def test_the_script_counts_what_it_served() -> None:
    """The proof that nothing is asked twice rests on this number."""
    assert ScriptedModel(["x"]).served == 0


async def test_a_full_service_says_when_to_come_back(house: House) -> None:
    """429 with Retry-After, and nothing of the refused request is on record."""
    house.parts.work._room = 1
    run_id, gate = await begin_slow(house)
    refused = await house.http.post("/v1/runs", json={"agent": "hello", "input": "hi"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert "strop.toml" in refused.json()["hint"]
    gate.set()
    await house.parts.work.wait(run_id)
    assert (await house.ask())["run"]["status"] == "finished"
    assert len((await house.get("/v1/runs"))["items"]) == 2


async def test_a_large_result_is_read_in_pieces(house: House) -> None:
    """Its beginning stands in the facts; the rest is asked for from there on; only of a run that has it."""
    text = "abc déf " * 100_000
    op = "tool/1/web/fetch/c1"
    for fact in (run_started(), ToolReturned(op=op, step=1, tool="fetch", result=text)):
        house.parts.recorder.append("run_large", fact)
    other = (await house.ask())["run"]["id"]
    shown = (await house.get("/v1/runs/run_large/events"))["items"][1]
    cut = shown["cut"]["result"]
    read, place = shown["data"]["result"], cut["shown"]
    while place is not None:
        piece = await house.get(f"/v1/runs/run_large/bodies/{cut['digest']}?offset={place}&limit=300000")
        read, place = read + piece["text"], piece["next"]
    assert json.loads(read) == text
    assert cut["bytes"] == len(read.encode())
    for path, status in {
        f"/v1/runs/{other}/bodies/{cut['digest']}": 404,
        f"/v1/runs/run_large/bodies/sha256:{'0' * 64}": 404,
        "/v1/runs/run_large/bodies/%25": 422,
        f"/v1/runs/run_large/bodies/{cut['digest']}?limit=0": 422,
    }.items():
        assert (await house.http.get(path)).status_code == status, path
