"""Held calls over HTTP: seen, decided once, and the run goes on by itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.agents.service.conftest import House, serving
from tests.fakes import Call, ScriptedModel
from traces.db import open_database

pytestmark = pytest.mark.anyio

BOSS = """\
    name: boss
    description: asks the clerk
    model: test:scripted
    instructions: Ask the clerk.
    strop:
      delegates: [{agent: clerk, tool: ask_clerk, description: Asks the clerk.}]
      policies: [{server: delegates, then: ask, reason: clerks are dear}]
    """
CLERK = """\
    name: clerk
    model: test:scripted
    instructions: Answer.
    """


def plan(prompt: str, reply: int) -> Call | str:
    """The boss asks the clerk, then says so."""
    return Call("ask_clerk", {"request": "what?"}) if (prompt, reply) == ("go", 0) else f"done: {prompt}"


@pytest.fixture
async def desk(tmp_path: Path, sqlite_url: str) -> AsyncIterator[House]:
    """A service whose boss may not ask the clerk by itself."""
    database = open_database(sqlite_url)
    async with serving(tmp_path / "ws", database, ScriptedModel(plan), BOSS, CLERK) as house:
        yield house
    database.close()


async def test_a_held_call_is_decided_over_http(desk: House) -> None:
    """The run waits with 200, its call is listed, an approval lets it go on, and a second one is a conflict."""
    asked = await desk.post("/v1/runs", {"agent": "boss", "input": "go", "wait": True})
    assert asked["run"]["status"] == "waiting"
    (held,) = await desk.get("/v1/approvals")
    assert (held["tool"], held["arguments"], held["reason"]) == ("ask_clerk", {"request": "what?"}, "clerks are dear")
    place = f"/v1/approvals/{held['id']}"
    (waiting,) = await desk.get("/v1/waiting")
    assert (waiting["kind"], waiting["id"], waiting["agent"]) == ("call", held["id"], "boss")
    assert (waiting["since"], waiting["digest"]) == (held["asked_at"], held["digest"])
    assert "ask_clerk" in waiting["told"]
    wrong = {"decision": "approve", "shown": "sha256:" + "0" * 64}
    assert "other arguments" in (await desk.post(f"{place}/decision", wrong, 409))["detail"]
    assert "strop approvals" in (await desk.post(f"/v1/runs/{held['run_id']}/resume", None, 409))["hint"]
    said = {"decision": "approve", "shown": held["digest"], "by": "m.keller", "reason": "fine"}
    decided = await desk.post(f"{place}/decision", said)
    assert (decided["state"], decided["by"], decided["said"]) == ("approved", "m.keller", "fine")
    await desk.parts.work.wait(held["run_id"])
    assert (await desk.get(f"/v1/runs/{held['run_id']}"))["answer"] == "done: go"
    assert "m.keller" in (await desk.post(f"{place}/decision", said, 409))["detail"]
    assert await desk.get("/v1/approvals") == await desk.get("/v1/waiting") == []
    once = await desk.get(place)
    assert once["state"] == "approved"
    assert once["decided_at"] >= once["asked_at"]


async def test_a_held_call_that_is_not_there(desk: House) -> None:
    """404, whatever the id looks like."""
    for name in ("run_1:1", "nothing", ":", "run_1:x"):
        await desk.get(f"/v1/approvals/{name}", 404)
