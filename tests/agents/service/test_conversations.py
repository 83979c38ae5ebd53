"""Conversations over HTTP, and asking with the answer as a stream."""

import pytest

from tests.agents.service.conftest import House
from tests.agents.service.sse import read

pytestmark = pytest.mark.anyio


async def test_conversations_are_listed_by_their_newest_turn(house: House) -> None:
    """A page by key; one with its turns, oldest first; what is not there is 404."""
    for name, text in (("a", "one"), ("b", "two"), ("a", "three"), ("c", "four")):
        await house.ask(text, conversation_id=name)
    page = await house.get("/v1/conversations?limit=2")
    listed = [(one["id"], one["turns"], one["last_input"]) for one in page["items"]]
    assert listed == [("c", 1, "four"), ("a", 2, "three")]
    rest = await house.get(f"/v1/conversations?after={page['after']}")
    assert [one["id"] for one in rest["items"]] == ["b"]
    whole = await house.get("/v1/conversations/a")
    assert [turn["input"] for turn in whole["turns"]] == ["one", "three"]
    assert whole["conversation"]["input_tokens"] == sum(turn["input_tokens"] for turn in whole["turns"])
    await house.get("/v1/conversations/nobody", 404)


async def test_a_run_can_be_asked_for_as_a_stream(house: House) -> None:
    """One request: the facts and pieces of the run that it started, until its end."""
    asked = {"agent": "hello", "input": "hi", "stream": True}
    reply = await house.http.post("/v1/runs", json=asked)
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = [one for one in read(reply.text) if one.event != "comment"]
    assert told[0].data["kind"] == "run_started"
    assert [one.event for one in told][-1] == "end"
    assert reply.headers["location"] == f"/v1/runs/{told[0].data['stream']}/stream"


async def test_a_method_that_is_not_there_is_told_which_are(house: House) -> None:
    """All of the address, over however many routes they are spread."""
    for path, allowed in (("/v1/conversations/a", "DELETE, GET"), ("/v1/runs", "GET, POST"), ("/health", "GET")):
        reply = await house.http.request("TRACE", path)
        assert (reply.status_code, reply.headers["allow"]) == (405, allowed)
