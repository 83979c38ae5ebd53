"""Forgetting a conversation over HTTP."""

import pytest

from tests.agents.service.conftest import House

pytestmark = pytest.mark.anyio


async def test_a_conversation_is_forgotten(house: House) -> None:
    """Looked at first, then erased; what is left has no words, and no second run can be asked of it."""
    run = (await house.ask("my name is Xaveria", conversation_id="c-1"))["run"]
    planned = await house.delete("/v1/conversations/c-1?dry_run=true")
    assert (planned["erasure"], planned["runs"], planned["conversations"]) == (None, 1, {"c-1": 1})
    done = await house.delete("/v1/conversations/c-1?reason=asked%20for&by=m.keller")
    assert done["erasure"].startswith("er_")
    assert (done["runs"], done["left"]) == (1, "")
    detail = await house.get(f"/v1/runs/{run['id']}")
    assert (detail["run"]["input"], detail["answer"]) == ("[erased]", "[erased]")
    assert detail["run"]["erased_at"] is not None
    assert (await house.get("/v1/runs?q=Xaveria"))["items"] == []
    assert "Xaveria" not in str(await house.get(f"/v1/runs/{run['id']}/events"))
    await house.delete("/v1/conversations/c-1", 404)
    told = await house.post(f"/v1/runs/{run['id']}/feedback", {"score": 1.0}, 410)
    assert "was erased" in told["detail"]
    await house.post(f"/v1/runs/{run['id']}/resume", status=410)
