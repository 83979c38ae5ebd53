"""Who may ask the service for what: every route with every role, tokens for some agents, refusals on record."""

import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from agents.access.roles import ROLES
from agents.access.tokens import AUDIT, create_token
from agents.service import refusals
from agents.service.app import create_app
from agents.service.permissions import RULES
from tests.agents.service.conftest import House
from tests.builders import (
    HELLO,
    PERSON,
    make_bundle,
    make_proposal,
    open_workspace,
    scripted_runtime,
    write_workspace,
)
from tests.fakes import ScriptedModel
from traces.db import Database, open_database
from traces.events import RequestRefused
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_events

ADMIN = Provenance(by="root", role="admin")
OTHER = HELLO.replace("hello", "other")
pytestmark = pytest.mark.anyio


@asynccontextmanager
async def on_tcp(folder: Path, url: str, **environ: str) -> AsyncIterator[House]:
    """A service with the agents `hello` and `other` where everybody needs a token."""
    database = open_database(url)
    script = ScriptedModel(["Good morning!"])
    workspace = open_workspace(write_workspace(folder, HELLO, OTHER), **environ)
    runtime = scripted_runtime(workspace, database, script)
    app = create_app(workspace, runtime, token=workspace.token, tcp=True)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://strop") as http:
            yield House(http, runtime, app.state.service, script)
    database.close()


@pytest.fixture
async def house(tmp_path: Path, sqlite_url: str) -> AsyncIterator[House]:
    """One without STROP_TOKEN."""
    async with on_tcp(tmp_path / "ws", sqlite_url) as opened:
        yield opened


def key(house: House, name: str, role: str, *agents: str, lasts: timedelta | None = None) -> dict[str, str]:
    """The headers of somebody with a token."""
    recorder = house.runtime.recorder
    with recorder.database.writing() as session:
        secret, _ = create_token(session, recorder, name, role, ADMIN, agents=agents or None, lasts=lasts)
    return {"Authorization": f"Bearer {secret}"}


def refused(house: House) -> list[RequestRefused]:
    """The requests that were refused, as they are on record."""
    with house.runtime.database.reading() as session:
        events = [stored.event for stored in read_events(session, AUDIT)]
    return [event for event in events if isinstance(event, RequestRefused)]


def routes(house: House) -> list[tuple[str, str]]:
    """(method, path) of every route there is."""
    app = house.http._transport.app  # type: ignore[attr-defined]
    found = [one for one in iter_route_contexts(app.routes) if isinstance(one.original_route, APIRoute)]
    return sorted((method, one.path) for one in found for method in one.methods)


async def test_each_route_has_its_rule(house: House) -> None:
    """None is missing in the table, and none is left over."""
    assert {f"{method} {path}" for method, path in routes(house)} == RULES.keys()


async def test_every_role_on_every_route(house: House) -> None:
    """Who lacks the permission gets 403 and is on record with the route; whoever has it gets something else."""
    keys = {role: key(house, f"a {role}", role) for role in ROLES}
    house.parts.bell.close()  # streams end at once
    names = {
        "run": "run_x",
        "agent": "hello",
        "digest": "f" * 12,
        "night": "night_x",
        "approval": "run_x:1",
        "question": "run_x:1",
        "row": "1",
    }
    for method, path in routes(house):
        place = re.sub(r"\{(\w+)\}", lambda found: names.get(found.group(1), "x"), path)
        allowed = RULES[f"{method} {path}"].permissions
        for role, headers in keys.items():
            before = len(refused(house))
            answer = await house.http.request(method, place, headers=headers)
            may = not allowed or bool(ROLES[role] & set(allowed))
            assert (answer.status_code == 403) != may, (method, path, role, answer.text)
            assert answer.status_code != 401
            new = [one for one in refused(house)[before:] if one.status != 401]  # knocks of before, when they are due
            assert [(one.status, one.method, one.route, one.role) for one in new] == (
                [] if may else [(403, method, path, role)]
            )
        anonymous = await house.http.request(method, place)
        assert anonymous.status_code == (200 if path == "/health" else 401)


async def test_a_token_for_one_agent_sees_no_other(house: House) -> None:
    """Not in a list, not by an address, not in the stream of everything; and starts no run of another."""
    everybody, mine = key(house, "ann", "admin"), key(house, "bob", "admin", "other")
    run = await house.post("/v1/runs", {"agent": "hello", "input": "hi", "wait": True}, headers=everybody)
    digest, _ = make_proposal(house.runtime.recorder, make_bundle(rules=("Be kind.",)), await live(house, everybody))
    night = (await house.get("/v1/nights", headers=everybody))[0]["id"]
    for path in ("/v1/runs", "/v1/stats", "/v1/bundles", "/v1/proposals", "/v1/nights", "/v1/agents", "/v1/waiting"):
        found = (await house.http.get(path, headers=mine)).text
        assert "hello" not in found, path
        assert "hello" in (await house.http.get(path, headers=everybody)).text, path
    for path in (
        f"/v1/runs/{run['run']['id']}", f"/v1/runs/{run['run']['id']}/events", "/v1/agents/hello/decisions",
        f"/v1/bundles/{digest}", f"/v1/proposals/{digest}", f"/v1/nights/{night}/events",
    ):  # fmt: skip
        await house.get(path, 403, headers=mine)
    await house.post("/v1/runs", {"agent": "hello", "input": "hi"}, 403, headers=mine)
    await house.post("/v1/traces", {}, 403, headers=mine)
    assert (await house.post("/v1/runs", {"agent": "other", "input": "hi", "wait": True}, headers=mine))["answer"]
    house.parts.bell.head = 0
    first = await stream(house, mine)
    assert '"agent":"other"' in first
    assert '"agent":"hello"' not in first
    assert {one.who for one in refused(house)} == {"bob"}


async def stream(house: House, headers: dict[str, str]) -> str:
    """What is in the stream of everything so far."""
    from agents.access.tokens import find_caller
    from agents.service.facts import event_view
    from agents.service.sight import facts_seen
    from traces.store import read_feed

    with house.runtime.database.reading() as session:
        caller = find_caller(session, headers["Authorization"].removeprefix("Bearer "), house.runtime.recorder.now())
        assert caller is not None
        facts = [event_view(one) for one in read_feed(session, after=0)]
        return "".join(one.model_dump_json() for one in facts_seen(caller)(session, facts))


async def live(house: House, headers: dict[str, str]) -> str:
    """What serves `hello`."""
    agents = await house.get("/v1/agents", headers=headers)
    return next(str(one["live"]) for one in agents if one["name"] == "hello")


async def test_a_token_signs_with_its_own_name(house: House) -> None:
    """Whatever name the request gives; on the record is the name it was given out with, and its role."""
    headers = key(house, "ann", "approver")
    digest, _ = make_proposal(house.runtime.recorder, make_bundle(rules=("Be kind.",)), await live(house, headers))
    body = {"decision": "approve", "reason": "kinder", "by": "the boss"}
    view = await house.post(f"/v1/proposals/{digest}/decision", body, headers=headers)
    assert view["bundle"]["live"]
    last = (await house.get("/v1/agents/hello/decisions", headers=headers))[-1]["data"]["provenance"]
    assert (last["by"], last["role"], last["login"]) == ("ann", "approver", "")


async def test_a_program_does_not_pass_for_a_reviewer(house: House) -> None:
    """An app's judgement counts as a customer's or a program's."""
    headers = key(house, "shop", "app")
    run = (await house.post("/v1/runs", {"agent": "hello", "input": "hi", "wait": True}, headers=headers))["run"][
        "id"
    ]
    problem = await house.post(f"/v1/runs/{run}/feedback", {"score": 1}, 403, headers=headers)
    assert "tier" in problem["detail"]
    await house.post(f"/v1/runs/{run}/feedback", {"score": 1, "tier": "customer"}, headers=headers)
    assert [one.route for one in refused(house)] == ["/v1/runs/{run}/feedback"]


async def test_me_says_what_the_caller_may(house: House) -> None:
    """For a token and its expiry, for the setting, and for the socket's own user."""
    me = await house.get("/v1/me", headers=key(house, "ann", "viewer", "other", lasts=timedelta(days=1)))
    assert (me["name"], me["role"], me["permissions"], me["agents"]) == ("ann", "viewer", ["read"], ["other"])
    assert me["expires_at"]
    assert me["source"] == "token"


async def test_the_token_of_the_settings_is_an_admins(tmp_path: Path, sqlite_url: str) -> None:
    """So that the first tokens can be given out from afar, and yesterday's clients go on."""
    async with on_tcp(tmp_path / "ws", sqlite_url, STROP_TOKEN="s3cret") as house:
        me = await house.get("/v1/me", headers={"Authorization": "Bearer s3cret"})
        assert (me["name"], me["role"], me["source"]) == ("tester", "admin", "setting")
        await house.get("/v1/me", 401, headers={"Authorization": "Bearer s3cres"})


async def test_a_revoked_token_is_refused_at_once(house: House) -> None:
    """And the knock is on record without a name: it stands for nobody any more."""
    from agents.access.tokens import list_tokens, revoke_token

    headers = key(house, "ann", "viewer")
    await house.get("/v1/runs", headers=headers)
    recorder = house.runtime.recorder
    with recorder.database.writing() as session:
        revoke_token(session, recorder, list_tokens(session)[0].id, ADMIN)
    await house.get("/v1/runs", 401, headers=headers)
    assert [(one.status, one.who) for one in refused(house)] == [(401, "")]


async def test_knocking_without_a_key_is_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is on record at once; a thousand after it are one fact with their number. None is lost with a service
    that is killed: they are on disk, and the next one writes them down.
    """
    monkeypatch.setattr(refusals, "EVERY_SECONDS", 1e9)
    for _ in range(50):
        await house.get("/v1/runs", 401)
    assert refused(house)[0].times == 1
    refusals.Knocks(house.runtime.recorder).flush()  # another service's
    found = refused(house)
    assert sum(one.times for one in found) == 50
    assert len(found) <= 3
    refusals.Knocks(house.runtime.recorder).flush()
    assert refused(house) == found


def test_knocks_at_once_share_a_commit_and_none_is_lost(database: Database) -> None:
    """However many threads; a method that nobody uses is not written down as it is called."""
    recorder = Recorder(database)
    knocks = refusals.Knocks(recorder)
    with ThreadPoolExecutor(8) as pool:
        for number in range(200):
            pool.submit(knocks.knock, "GET" if number % 2 else f"M{number}", "no token was sent")
    knocks.flush()
    with database.reading() as session:
        found: list[Any] = [one.event for one in read_events(session, AUDIT, kinds=["request_refused"])]
    assert {one.method for one in found} == {"GET", "another"}
    assert sum(one.times for one in found) == 200


async def test_keys_are_given_out_and_taken_back_from_afar(house: House) -> None:
    """By an admin for all agents; the secret is told once, and good until it is revoked."""
    admin = key(house, "root", "admin")
    made = await house.post("/v1/tokens", {"name": "ann", "role": "approver", "expires": "4w"}, 201, headers=admin)
    hers = {"Authorization": f"Bearer {made['secret']}"}
    assert (await house.get("/v1/me", headers=hers))["role"] == "approver"
    listed = await house.get("/v1/tokens", headers=admin)
    assert [(one["name"], one["standing"]) for one in listed] == [("ann", "valid"), ("root", "valid")]
    assert "secret" not in listed[0]
    await house.post("/v1/tokens", {"name": "eve", "role": "admin"}, 403, headers=hers)
    await house.post("/v1/tokens", {"name": "eve", "role": "king"}, 422, headers=admin)
    await house.post("/v1/tokens", {"name": "eve", "role": "app", "agents": ["nobody"]}, 404, headers=admin)
    some = key(house, "branch", "admin", "hello")
    await house.post("/v1/tokens", {"name": "eve", "role": "admin"}, 403, headers=some)
    gone = await house.post(f"/v1/tokens/{made['id']}/revoke", {"reason": "left"}, headers=admin)
    assert gone["standing"] == "revoked"
    await house.get("/v1/me", 401, headers=hers)


async def test_rules_are_read_and_changed_from_afar(house: House) -> None:
    """An admin names what is to be otherwise; what is left out stays. A refusal is on record."""
    admin, viewer = key(house, "root", "admin"), key(house, "ann", "viewer")
    before = await house.get("/v1/agents/hello/governance", headers=viewer)
    assert (before["on_record"], before["in_force"]["approvals"], before["differ"]) == (False, 1, [])
    asked = {"rules": {"approvals": 2}, "reason": "four eyes"}
    await house.post("/v1/agents/hello/governance", asked, 403, headers=viewer)
    after = await house.post("/v1/agents/hello/governance", asked, headers=admin)
    assert (after["on_record"], after["in_force"]["approvals"], after["differ"]) == (True, 2, ["approvals"])
    wrong = {"rules": {"aprovals": 2}, "reason": "x"}
    assert "rules.aprovals" in (await house.post("/v1/agents/hello/governance", wrong, 422, headers=admin))["detail"]
    back = await house.post("/v1/agents/hello/governance", {"reason": "as the file has it"}, headers=admin)
    assert back["differ"] == []
    assert [one.status for one in refused(house)] == [403]


def test_the_socket_may_say_who_is_at_the_keyboard() -> None:
    """Beside the login, which is what signatures are counted by."""
    from agents.access.caller import Caller

    local, distant = Caller("root", "admin"), Caller("ann", "approver", source="token")
    assert (local.signs("m.keller").by, local.signs("m.keller").identity) == ("m.keller", "root")
    assert (local.signs().by, local.signs().login) == ("root", "")
    assert distant.signs("m.keller").identity == distant.signs().by == "ann"
    assert PERSON.identity == "m.keller"
