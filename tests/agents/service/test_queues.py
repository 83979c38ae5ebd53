"""Queues over HTTP: opened, worked off by several people, compared, closed."""

import pytest

from tests.agents.service.conftest import House

pytestmark = pytest.mark.anyio


async def test_a_queue_is_worked_off(house: House) -> None:
    """Opened with a filter, the next run is what one has not judged; agreement and disputes are told; then closed."""
    for text in ("one", "two"):
        await house.ask(text)
    opened = await house.post("/v1/queues", {"name": "polite", "query": "agent:hello", "labels": ["rude"]}, 201)
    assert (opened["runs"], opened["left"], opened["agents"]) == (2, 2, ["hello"])
    assert "already" in (await house.post("/v1/queues", {"name": "polite"}, 422))["detail"]
    await house.post("/v1/queues", {"name": "other", "query": "colour:red"}, 422)
    first = (await house.get("/v1/queues/polite/next"))["run"]["id"]
    await house.post(f"/v1/runs/{first}/feedback", {"label": "rude"})
    await house.post(f"/v1/runs/{first}/feedback", {"label": "fine", "by": "ann"})
    turn = await house.get("/v1/queues/polite/next")
    assert turn["run"]["id"] != first
    assert (turn["queue"]["mine"], turn["queue"]["done"], turn["queue"]["left"]) == (1, 1, 1)
    found = await house.get("/v1/queues/polite")
    assert found["agreement"]["disputed"] == {first: {"tester": "rude", "ann": "fine"}}
    assert found["queue"]["by_reviewer"] == {"ann": 1, "tester": 1}
    assert (await house.post("/v1/queues/polite/close", {"reason": "enough"}))["left"] == 0
    assert (await house.get("/v1/queues/polite/next"))["run"] is None
    assert [one["name"] for one in await house.get("/v1/queues")] == ["polite"]
    await house.get("/v1/queues/none", 404)
