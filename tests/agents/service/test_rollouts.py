"""Rollouts and drifted tools over HTTP: the same acts and the same figures as everywhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from agents.prompts.exposure import chance
from agents.service.app import create_app
from agents.service.rollout_watch import RolloutWatch
from optimizer.watch import make_judge
from tests.agents.service.conftest import House
from tests.builders import make_proposal, open_workspace, scripted_runtime, write_workspace
from tests.fakes import ScriptedModel
from traces.db import open_database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def watched(tmp_path: Path, sqlite_url: str) -> AsyncIterator[tuple[House, RolloutWatch]]:
    """A service whose rollouts are watched, and the watch: a test lets it look when it wants."""
    database = open_database(sqlite_url)
    script = ScriptedModel(lambda prompt, reply: f"You said: {prompt}")
    workspace = open_workspace(write_workspace(tmp_path / "ws"))
    runtime = scripted_runtime(workspace, database, script)
    watch = RolloutWatch(runtime, make_judge)
    app = create_app(workspace, runtime, rollout_watch=watch)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://strop") as http:
            yield House(http, runtime, app.state.service, script), watch
    database.close()


async def propose(house: House) -> str:
    """A proposed version; gives its digest."""
    bundle = house.parts.workspace.agent("hello").bundle("test:scripted").with_(instructions="Greet the guest.")
    return make_proposal(house.parts.recorder, bundle, await house.live())[0]


async def test_a_bad_version_is_taken_back_and_the_page_says_why(watched: tuple[House, RolloutWatch]) -> None:
    """Start, traffic, judgements: the watch ends it; the view has shares, both arms, alarms and the reason."""
    house, watch = watched
    candidate = await propose(house)
    plan = {"share": 0.5, "exposure": 30}
    began = await house.post(
        "/v1/rollouts",
        {"agent": "hello", "candidate": candidate[7:19], "plan": plan, "reason": "it was proven"}, 201,
    )  # fmt: skip
    assert (began["state"], began["share"], began["exposure"], began["verdict"]) == ("running", 0.5, 30, "none yet")
    for number in range(40):
        run = (await house.ask(conversation_id=f"c{number}"))["run"]
        assert (run["bundle"] == candidate) == (chance(began["id"], f"c{number}") < 0.5)
        score = float(run["bundle"] != candidate)
        await house.post(f"/v1/runs/{run['id']}/feedback", {"score": score, "by": "m.keller"})
        watch.look()
        if (view := await house.get("/v1/rollouts/hello"))["state"] != "running":
            break
    assert (view["outcome"], view["verdict"], view["ended_by"]) == ("rolled_back", "worse", "rollout watch")
    assert view["reasons"][0].startswith("quality is worse: 0.0%")
    assert [alarm["name"] for alarm in view["tests"] if alarm["alarm"]] == ["quality"]
    assert view["candidate"]["means"]["quality"] == 0
    assert view["control"]["means"]["quality"] == 1
    assert (await house.get("/v1/rollouts?agent=hello"))[0]["id"] == began["id"]
    facts = (await house.get(f"/v1/rollouts/{began['id']}/events?limit=1000"))["items"]
    assert {fact["kind"] for fact in facts} == {"rollout_started", "conversation_counted", "rollout_ended"}
    assert candidate != await house.live()
    mine = next(f"c{number}" for number in range(40) if chance(began["id"], f"c{number}") < 0.5)
    after = (await house.ask(conversation_id=mine))["run"]
    said = (await house.get(f"/v1/runs/{after['id']}/why"))["chosen"]
    assert said.startswith(f"its conversation left {candidate[7:19]}, which was rolled back by then; it was live, by")


async def test_a_person_changes_and_promotes(watched: tuple[House, RolloutWatch]) -> None:
    """The share moves, the version goes live; a second word meets a clear conflict, as does a second rollout."""
    house, _ = watched
    candidate = await propose(house)
    asked = {"agent": "hello", "candidate": candidate, "reason": "it was proven"}
    began = await house.post("/v1/rollouts", asked, 201)
    assert "under way" in (await house.post("/v1/rollouts", {**asked, "mode": "ab"}, 409))["detail"]
    change = f"/v1/rollouts/{began['id']}/change"
    assert (await house.post(change, {"share": 0.4, "reason": "all well"}))["share"] == 0.4
    assert "nothing is to change" in (await house.post(change, {"reason": "why not"}, 422))["detail"]
    decide = f"/v1/rollouts/{began['id']}/decision"
    done = await house.post(decide, {"decision": "promote", "reason": "all well"})
    assert (done["outcome"], await house.live()) == ("promoted", candidate)
    assert "went live" in (await house.post(decide, {"decision": "stop", "reason": "no"}, 409))["detail"]
    await house.get("/v1/rollouts/nobody", 404)


async def test_nothing_to_say_about_tools(watched: tuple[House, RolloutWatch]) -> None:
    """An agent without tool servers has none to list, and none to accept."""
    house, _ = watched
    await house.ask()
    assert await house.get("/v1/tools") == []
    gone = await house.post("/v1/tools/desk/accept", {"agent": "hello", "found": "sha256:0", "reason": "fine"}, 409)
    assert "has not drifted" in gone["detail"]
