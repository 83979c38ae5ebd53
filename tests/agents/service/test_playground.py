"""The playground over HTTP: begun, looked at, once for one key; its runs are nobody's."""

import pytest

from tests.agents.service.conftest import House

pytestmark = pytest.mark.anyio


async def test_a_play_over_http(house: House) -> None:
    """202 with a run for each side, worked on here; the cost of all is told; the same key is the same play."""
    live = await house.live()
    body = {"input": "good day", "sides": [{"agent": "hello"}, {"bundle": live[7:19], "model": "test:other"}]}
    key = {"Idempotency-Key": "k1"}
    begun = await house.post("/v1/playground", body, 202, headers=key)
    assert [one["run"]["origin"] for one in begun["sides"]] == ["playground"] * 2
    for one in begun["sides"]:
        await house.parts.work.wait(one["run"]["id"])
    found = await house.get(f"/v1/playground/{begun['id']}")
    assert [one["answer"] for one in found["sides"]] == ["You said: good day"] * 2
    assert [(one["model"], one["live"]) for one in found["sides"]] == [("test:scripted", True), ("test:other", False)]
    assert found["by"] == "tester"
    assert (await house.post("/v1/playground", body, 202, headers=key))["id"] == begun["id"]
    assert [one["id"] for one in await house.get("/v1/playground")] == [begun["id"]]
    assert (await house.get("/v1/runs"))["items"] == []
    why = await house.get(f"/v1/runs/{begun['sides'][0]['run']['id']}/why")
    assert "the playground asked for this version" in why["chosen"]


async def test_what_is_refused(house: House) -> None:
    """A version that is not there, nothing to ask, no side: nothing is begun."""
    await house.post("/v1/playground", {"input": "hi", "sides": []}, 422)
    await house.post("/v1/playground", {"input": "hi", "sides": [{"bundle": "ffff"}]}, 404)
    await house.post("/v1/playground", {"input": "hi", "sides": [{"agent": "nobody"}]}, 404)
    await house.post("/v1/playground", {"sides": [{"agent": "hello"}]}, 422)
    await house.get("/v1/playground/play_0", 404)
    assert await house.get("/v1/playground") == []
