"""Feedback over many runs, over HTTP."""

import pytest

from tests.agents.service.conftest import House

pytestmark = pytest.mark.anyio


async def test_outcomes_and_agreement(house: House) -> None:
    """Told once; wrong rows are refused whole; two reviewers are compared; edits become a correction."""
    run = (await house.ask("hello", conversation_id="c-1"))["run"]["id"]
    rows = [{"conversation": "c-1", "outcome": "refunded"}, {"run": "run_9", "outcome": "x"}]
    assert (await house.post("/v1/outcomes", rows))["unknown"] == ["run_9"]
    assert (await house.post("/v1/outcomes", rows))["known"] == 1
    assert "row 2" in (await house.post("/v1/outcomes", [rows[0], {"outcome": "x"}], 422))["detail"]
    await house.post("/v1/outcomes", {"outcome": "x"}, 422)
    await house.post(f"/v1/runs/{run}/feedback", {"score": 1, "by": "ann"})
    await house.post(f"/v1/runs/{run}/feedback", {"by": "bob", "edits": [{"path": "", "right": "no"}]})
    wrong = {"by": "bob", "edits": [{"path": "/team", "right": "no"}]}
    assert "the answer has no '/team'" in (await house.post(f"/v1/runs/{run}/feedback", wrong, 422))["detail"]
    found = await house.get("/v1/agreement")
    assert (found["runs"], found["disputed"]) == (1, [[run, {"ann": "right", "bob": "wrong"}]])
    assert [one["id"] for one in (await house.get("/v1/runs?q=outcome:refunded"))["items"]] == [run]


async def test_a_judgement_is_taken_back(house: House) -> None:
    """The newest of one's own without a name; somebody else's only who administers; twice is once."""
    run = (await house.ask("hello"))["run"]["id"]
    await house.post(f"/v1/runs/{run}/feedback", {"score": 0, "by": "ann"})
    await house.post(f"/v1/runs/{run}/feedback", {"score": 1})
    place = f"/v1/runs/{run}/feedback/withdraw"
    assert (await house.post(place, {"reason": "another run was meant"}))["score"] == 0
    assert "judgement of 'tester'" in (await house.post(place, {}, 404))["detail"]
    facts = (await house.get(f"/v1/runs/{run}/events"))["items"]
    first = next(fact["data"]["feedback_id"] for fact in facts if fact["kind"] == "feedback_given")
    for _ in range(2):
        assert (await house.post(place, {"feedback_id": first}))["feedback"] == 0
    await house.post(place, {"feedback_id": "fb_0"}, 404)
