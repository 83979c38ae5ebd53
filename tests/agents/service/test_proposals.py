"""Versions, proposals and decisions over HTTP: what is shown, what is decided on, what serves next."""

from typing import Any

import pytest

from agents.prompts.bundle import Bundle
from agents.prompts.store import add_bundle, get_bundle
from tests.agents.service.conftest import House
from tests.builders import make_bundle, make_proposal

pytestmark = pytest.mark.anyio


async def proposed(house: House, **changes: Any) -> tuple[str, str, str]:
    """A proposal against the live version; gives (bundle, evidence, incumbent)."""
    live = await house.live()
    with house.runtime.database.reading() as session:
        incumbent: Bundle = get_bundle(session, live).bundle
    better = incumbent.with_(**{"rules": ("Say the name of the house.",), **changes})
    return *make_proposal(house.runtime.recorder, better, live), live


async def test_an_agent_is_served_by_its_file_from_the_start(house: House) -> None:
    """Before the first run there is a live version, made so by the file, and it can be looked at."""
    agent = (await house.get("/v1/agents"))[0]
    assert (agent["name"], agent["live_source"], agent["proposals"]) == ("hello", "definition", 0)
    bundle = await house.get(f"/v1/bundles/{agent['live'][7:19]}")
    assert (bundle["digest"], bundle["live"], bundle["state"]) == (agent["live"], True, "live")
    assert "Greet the customer." in bundle["readable"]
    assert bundle["content"]["model"] == "test:scripted"
    decided = await house.get("/v1/agents/hello/decisions")
    assert [one["data"]["to_state"] for one in decided] == ["live"]


async def test_a_proposal_comes_with_its_evidence(house: House) -> None:
    """Verdict, figures, what got better and worse, and what it would replace."""
    digest, evidence, incumbent = await proposed(house)
    [view] = await house.get("/v1/proposals", params={"agent": "hello"})
    alone = await house.get(f"/v1/proposals/{digest}")
    assert view == {**alone, "sheet": "", "sheet_digest": ""}
    assert "{+- Say the name of the house.+}" in alone["sheet"]
    assert (view["bundle"]["digest"], view["incumbent"], view["stale"]) == (digest, incumbent, False)
    assert (view["verdict"], view["evidence"]["after"], view["evidence_digest"]) == ("better", 0.6, evidence)
    assert view["summary"] == "20 % -> 60 %"
    assert [flip["after"] for flip in view["got_better"]] == ["harbour"]
    assert (await house.get("/v1/agents"))[0]["proposals"] == 1
    assert await house.get("/v1/proposals", params={"agent": "other"}) == []


async def test_what_was_on_the_screen_goes_on_record(house: House) -> None:
    """The text with the signature, and that the client confirmed it; another text is a conflict."""
    digest, _, _ = await proposed(house)
    sheet = (await house.get(f"/v1/proposals/{digest}"))["sheet_digest"]
    body = {"decision": "approve", "reason": "kinder", "sheet": "sha256:" + "0" * 64}
    assert "otherwise" in (await house.post(f"/v1/proposals/{digest}/decision", body, 409))["detail"]
    await house.post(f"/v1/proposals/{digest}/decision", {**body, "sheet": sheet})
    rows = (await house.get("/v1/audit", params={"kinds": "proposal_signed"}))["items"]
    detail = await house.get(f"/v1/audit/{rows[0]['id']}")
    assert detail["confirmed"]
    assert "{+- Say the name of the house.+}" in detail["sheet"]


async def test_who_comes_second_is_told_what_happened(house: House) -> None:
    """Two people look at the same screen: the second decision is a conflict that says who did what."""
    digest, _, _ = await proposed(house)
    head = (await house.get(f"/v1/proposals/{digest}"))["head"]
    first = {"decision": "reject", "reason": "too chatty", "by": "j.ito", "head": head}
    await house.post(f"/v1/proposals/{digest}/decision", first)
    second = {"decision": "approve", "reason": "I like it", "by": "m.keller", "head": head}
    problem = await house.post(f"/v1/proposals/{digest}/decision", second, 409)
    assert "j.ito" in problem["detail"]
    assert "too chatty" in problem["detail"]


async def test_the_word_diff_is_against_the_parent(house: House) -> None:
    """Lines of same, removed and added words; one without a parent is new in every line."""
    digest, _, incumbent = await proposed(house)
    lines = await house.get(f"/v1/bundles/{digest}/diff")
    assert [["added", "- Say the name of the house."]] in [line["runs"] for line in lines]
    assert [["same", "Greet the customer."]] in [line["runs"] for line in lines]
    back = await house.get(f"/v1/bundles/{incumbent}/diff", params={"against": digest})
    assert [["removed", "- Say the name of the house."]] in [line["runs"] for line in back]
    alone = await house.get(f"/v1/bundles/{incumbent}/diff")
    assert {kind for line in alone for kind, _ in line["runs"]} == {"added"}


async def test_what_is_approved_serves_the_next_run(house: House) -> None:
    """Without a restart; conversations that had begun stay on the version they began with."""
    begun = await house.ask(conversation_id="conv_old")
    digest, evidence, incumbent = await proposed(house)
    body = {"decision": "approve", "reason": "it names the house", "shown": evidence, "incumbent": incumbent}
    decided = await house.post(f"/v1/proposals/{digest}/decision", body)
    assert (decided["bundle"]["state"], decided["bundle"]["live"], decided["stale"]) == ("live", True, False)
    assert (await house.ask())["run"]["bundle"] == digest
    assert (await house.ask(conversation_id="conv_old"))["run"]["bundle"] == begun["run"]["bundle"] == incumbent
    agent = (await house.get("/v1/agents"))[0]
    assert (agent["live"], agent["live_source"], agent["proposals"]) == (digest, "decision", 0)
    runs = {one["digest"]: one["runs"] for one in await house.get("/v1/bundles", params={"agent": "hello"})}
    assert runs == {digest: 1, incumbent: 2}
    last = (await house.get("/v1/agents/hello/decisions"))[-3:]
    assert [one["data"]["to_state"] for one in last] == ["approved", "retired", "live"]
    assert {one["data"]["provenance"]["by"] for one in last} == {"tester"}
    assert last[0]["data"]["shown"] == evidence


async def test_a_rejected_proposal_stays_on_record(house: House) -> None:
    """With its reason; what serves does not change; it cannot be decided twice."""
    digest, _, incumbent = await proposed(house)
    body = {"decision": "reject", "reason": "too chatty", "by": "m.keller"}
    assert (await house.post(f"/v1/proposals/{digest}/decision", body))["bundle"]["state"] == "rejected"
    assert await house.get("/v1/proposals") == []
    assert (await house.get(f"/v1/proposals/{digest}"))["summary"] == "20 % -> 60 %"
    assert await house.live() == incumbent
    decision = (await house.get("/v1/agents/hello/decisions"))[-1]["data"]
    assert decision["provenance"] == {
            "by": "m.keller", "actor": "person", "reason": "too chatty", "role": "admin", "login": "tester"
        }  # fmt: skip
    await house.post(f"/v1/proposals/{digest}/decision", {**body, "decision": "approve"}, 409)


async def test_a_decision_on_something_else_than_was_seen_is_a_conflict(house: House) -> None:
    """Another live version, or other evidence, than on the person's screen: 409, and nothing moves."""
    digest, evidence, incumbent = await proposed(house)
    body = {"decision": "approve", "reason": "fine"}
    for seen in ({"incumbent": "sha256:other"}, {"shown": "sha256:other", "incumbent": incumbent}):
        problem = await house.post(f"/v1/proposals/{digest}/decision", {**body, **seen}, 409)
        assert "since you looked" in problem["detail"]
    assert await house.live() == incumbent
    assert (await house.get(f"/v1/proposals/{digest}"))["evidence_digest"] == evidence


async def test_a_proposal_against_a_version_that_is_gone_is_stale(house: House) -> None:
    """Two proposals against one incumbent: approving the first makes the second stale."""
    first, _, incumbent = await proposed(house)
    second = make_proposal(house.runtime.recorder, make_bundle(rules=("Another rule.",)), incumbent)[0]
    await house.post(f"/v1/proposals/{first}/decision", {"decision": "approve", "reason": "yes"})
    assert (await house.get(f"/v1/proposals/{second}"))["stale"] is True
    problem = await house.post(
        f"/v1/proposals/{second}/decision", {"decision": "approve", "reason": "yes", "incumbent": incumbent}, 409
    )
    assert "changed since you looked" in problem["detail"]


async def test_rolling_back_makes_the_one_before_live(house: House) -> None:
    """With a reason, on what the person saw; and there must be something before it."""
    digest, _, incumbent = await proposed(house)
    await house.post("/v1/agents/hello/rollback", {"reason": "no"}, 409)
    await house.post(f"/v1/proposals/{digest}/decision", {"decision": "approve", "reason": "yes"})
    await house.post("/v1/agents/hello/rollback", {"reason": "harm", "live": incumbent}, 409)
    back = await house.post("/v1/agents/hello/rollback", {"reason": "harm", "live": digest, "by": "j.ito"})
    assert (back["digest"], back["live"], back["state"]) == (incumbent, True, "live")
    assert (await house.get(f"/v1/bundles/{digest}"))["state"] == "rolled_back"
    assert (await house.ask())["run"]["bundle"] == incumbent
    await house.post("/v1/agents/hello/rollback", {"reason": "harm", "to": incumbent[7:20]}, 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"decision": "approve"}, 422),
        ({"decision": "approve", "reason": ""}, 422),
        ({"decision": "approve", "reason": "   "}, 403),
        ({"decision": "perhaps", "reason": "x"}, 422),
        ({"decision": "approve", "reason": "x", "more": 1}, 422),
    ],
)
async def test_a_decision_needs_a_reason(house: House, body: dict[str, Any], status: int) -> None:
    """And it is one of two."""
    digest, _, incumbent = await proposed(house)
    await house.post(f"/v1/proposals/{digest}/decision", body, status)
    assert await house.live() == incumbent


async def test_what_was_never_proposed_is_no_proposal(house: House) -> None:
    """The live version of a file exists, but nobody proposed it; and unknown digests are unknown."""
    live = await house.live()
    assert "never proposed" in (await house.get(f"/v1/proposals/{live}", 404))["hint"]
    for path in ("/v1/proposals/ffff", "/v1/bundles/ffff", "/v1/bundles/ffff/diff"):
        await house.get(path, 404)
    await house.get(f"/v1/bundles/{live}/diff", 404, params={"against": "ffff"})
    await house.post("/v1/proposals/ffff/decision", {"decision": "reject", "reason": "x"}, 404)


async def test_a_version_that_is_proposed_with_its_tools_inside_is_named(house: House) -> None:
    """Who asks for the one that was written is told which one stands for it."""
    digest, _, _ = await proposed(house, judges=["sha256:" + "0" * 64])
    with house.runtime.database.writing() as session:
        written = add_bundle(
            session, get_bundle(session, digest).bundle.as_written, author="ann", author_kind="person"
        )
    hint = (await house.get(f"/v1/proposals/{written}", 404))["hint"]
    assert hint.startswith(f"{digest[7:19]} is proposed: the same")


async def test_nights_are_listed_with_how_they_ended(house: House) -> None:
    """Newest first, as far as each has come, with its facts in order."""
    digest, _, incumbent = await proposed(house)
    [night] = await house.get("/v1/nights", params={"agent": "hello"})
    assert (night["verdict"], night["proposal"], night["incumbent"]) == ("better", digest, incumbent)
    assert (night["stage"], night["message"], night["rollouts"]) == ("search", "three candidates", 1)
    events = (await house.get(f"/v1/nights/{night['id']}/events"))["items"]
    assert [one["seq"] for one in events] == [1, 2, 3, 4, 5]
    assert (await house.get(f"/v1/nights/{night['id']}/events", params={"after": 5}))["items"] == []
    assert await house.get("/v1/nights", params={"agent": "nobody"}) == []
    for wrong in ("night_unknown", "decisions_hello"):
        await house.get(f"/v1/nights/{wrong}/events", 404)
