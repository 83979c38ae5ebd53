"""Bad input over HTTP: each answered with one problem, its status and a remedy; never a 500, nothing written."""

import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.service.app import LARGEST_REQUEST, create_app
from agents.service.problems import LEDGER_STATUS
from tests.agents.service.conftest import House, serving
from tests.builders import open_workspace, record_run, scripted_runtime, write_workspace
from tests.fakes import ScriptedModel
from traces.db import Database, open_database
from traces.errors import LedgerError
from traces.store import last_event_id

pytestmark = pytest.mark.anyio

JSON = {"content-type": "application/json"}
START = "/v1/runs"

BODIES: list[tuple[bytes, int]] = [
    (b"", 422),
    (b"{", 400),
    (b"\xff\xfe{}", 400),
    (b'{"agent": "hello", "input": "caf\xe9"}', 400),
    (b"[]", 422),
    (b"null", 422),
    (b'"text"', 422),
    (b'{"agent": "hello"}', 422),
    (b'{"agent": "hello", "input": ""}', 422),
    (b'{"agent": "hello", "input": "   "}', 422),
    (b'{"agent": "hello", "input": 7}', 422),
    (b'{"agent": "hello", "input": "x", "inptu": "y"}', 422),
    (b'{"agent": "hello", "input": "x", "wait": "perhaps"}', 422),
    (b'{"agent": "hello", "input": "\\ud800"}', 422),
    (b'{"agent": "nobody", "input": "x"}', 404),
    (b'{"agent": "", "input": "x"}', 422),
    (b'{"agent": "nul\\u0000", "input": "x"}', 422),
    (b'{"agent": "hello", "input": "x", "conversation_id": "nul\\u0000"}', 422),
    (b'{"agent": "hello", "input": "x", "conversation_id": "' + b"c" * 121 + b'"}', 422),
    (b'{"agent": "hello", "input": "x", "conversation_id": ""}', 422),
    (b"[" * 100_000, 400),
    (b"9" * 10_000, 400),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=[str(body[:50]) for body, _ in BODIES])
async def test_a_request_for_a_run_that_is_wrong(house: House, body: bytes, status: int) -> None:
    """It is refused with what is wrong, and no run is on record."""
    response = await house.http.post(START, content=body, headers=JSON)
    problem = house._json(response, status)
    assert problem["detail"]
    assert (await house.get(START))["items"] == []


FEEDBACK: list[tuple[bytes, int]] = [
    (b"{}", 422),
    (b'{"score": 2}', 422),
    (b'{"score": NaN}', 422),
    (b'{"score": "high"}', 422),
    (b'{"comment": "\\udc00"}', 422),
    (b'{"correction": {"team": "\\ud800"}}', 422),
    (b'{"correction": {"\\ud800": 1}}', 422),
    (b'{"correction": Infinity}', 422),
    (b'{"correction": ' + b"[" * 200 + b"]" * 200 + b"}", 422),
    (b'{"label": "' + b"x" * 300 + b'"}', 422),
    (b'{"label": "nul\\u0000"}', 422),
    (b'{"score": 1, "tier": "king"}', 422),
    (b'{"score": 1, "op": "model/99"}', 404),
    (b'{"score": 1, "by": "\\u0000"}', 422),
]


async def test_feedback_that_is_wrong(house: House) -> None:
    """Each is refused; the run has no judgement."""
    run_id = record_run(house.runtime.recorder)
    for body, status in FEEDBACK:
        house._json(await house.http.post(f"/v1/runs/{run_id}/feedback", content=body, headers=JSON), status)
    assert (await house.get(f"/v1/runs/{run_id}"))["run"]["feedback"] == 0


ADDRESSES = [
    ("GET", "/v1/nothing", 404),
    ("GET", "/", 404),
    ("DELETE", "/v1/runs", 405),
    ("GET", "/v1/runs/run_unknown", 404),
    ("GET", "/v1/runs/%00", 400),
    ("GET", "/v1/runs/%ff%fe", 404),
    ("GET", "/v1/runs/" + "x" * 300, 422),
    ("GET", "/v1/runs/%25", 404),
    ("GET", "/v1/runs/run_unknown/events", 404),
    ("GET", "/v1/runs/run_unknown/stream", 404),
    ("POST", "/v1/runs/run_unknown/cancel", 404),
    ("POST", "/v1/runs/run_unknown/resume", 404),
    ("GET", "/v1/runs?limit=0", 422),
    ("GET", "/v1/runs?limit=1001", 422),
    ("GET", "/v1/runs?limit=many", 422),
    ("GET", "/v1/runs?after=run_unknown", 404),
    ("GET", "/v1/runs?q=foo:1", 422),
    ("GET", "/v1/runs?q=%00", 400),
    ("GET", "/v1/runs?q=%ff", 200),
    ("GET", "/v1/runs?q=" + "x" * 5000, 422),
    ("GET", "/v1/feed?after=-1", 422),
    ("GET", "/v1/feed?after=99999999999999999999999", 422),
    ("GET", "/v1/feed?kinds=nonsense", 422),
    ("GET", "/v1/agents/nobody/decisions", 404),
    ("POST", "/v1/agents/nobody/rollback", 422),
    ("GET", "/v1/bundles/sha256:", 200),
    ("GET", "/v1/bundles?agent=nobody", 200),
    ("GET", "/v1/bundles?limit=0", 422),
    ("GET", "/v1/nights/%25/events", 404),
    ("GET", "/v1/nights?limit=x", 422),
]


@pytest.mark.parametrize(("method", "address", "status"), ADDRESSES, ids=[f"{m} {a[:40]}" for m, a, _ in ADDRESSES])
async def test_an_address_that_is_wrong(house: House, method: str, address: str, status: int) -> None:
    """Each has its status; what is not there is 404, what cannot be meant is 400 or 422."""
    house._json(await house.http.request(method, address), status)


async def test_a_stream_asked_for_from_nonsense(house: House) -> None:
    """Last-Event-ID must be an id."""
    for value in ("x", "-1", "9" * 30):
        house._json(await house.http.get("/v1/feed", headers={"Last-Event-ID": value}), 422)


async def test_a_body_that_is_too_large(house: House) -> None:
    """Told as such, whether its size is announced or found out while it is read."""
    body = json.dumps({"agent": "hello", "input": "x" * LARGEST_REQUEST}).encode()

    async def in_pieces() -> AsyncIterator[bytes]:
        yield body

    for content in (body, in_pieces()):
        house._json(await house.http.post(START, content=content, headers=JSON), 413)


async def test_what_was_sent_is_not_sent_back(house: House) -> None:
    """An error says which field is wrong, never what stood in it: it may be a secret."""
    secret = {"agent": "hello", "input": 7, "api_key": "sk-123456"}
    response = await house.http.post(START, json=secret)
    assert "sk-123456" not in response.text


def test_every_error_of_the_ledger_has_a_status() -> None:
    """A new class of the tree falls on its parent's status, never through the table."""
    assert LEDGER_STATUS[-1][0] is LedgerError


@contextmanager
def gone(database: Database) -> Iterator[None]:
    """Within this, there is no database file, and none can be made in its place.

    One step from there to gone: a thread of the service that opens the file in between would make an empty one.
    """
    path = Path(database.url.removeprefix("sqlite:///"))
    aside, nowhere = path.with_suffix(".aside"), path.with_suffix(".nowhere")
    aside.hardlink_to(path)
    nowhere.symlink_to(path.parent / "no" / "such" / "folder")
    database.close()
    nowhere.replace(path)
    database.close()
    try:
        yield
    finally:
        aside.replace(path)
        database.close()


async def test_a_database_that_is_gone_is_503_and_comes_back(house: House) -> None:
    """Told with a remedy and a time to ask again; health stays up; afterwards all is as before."""
    with gone(house.runtime.database):
        problem = await house.http.get("/ready")
        assert (problem.status_code, problem.headers["retry-after"]) == (503, "2")
        assert (await house.get("/v1/runs", 503))["hint"]
        await house.post(START, {"agent": "hello", "input": "x"}, 503)
        await house.get("/health")
    assert (await house.ask())["run"]["status"] == "finished"


async def test_a_workspace_that_is_gone_is_not_ready(house: House) -> None:
    """The process answers, and says that it cannot work."""
    (house.parts.workspace.root / "strop.toml").unlink()
    assert "strop.toml" in (await house.get("/ready", 503))["hint"]


async def test_tcp_needs_the_token(tmp_path: Path, sqlite_url: str) -> None:
    """Every address but the health check; a wrong token is as good as none."""
    workspace = open_workspace(write_workspace(tmp_path))
    runtime = scripted_runtime(workspace, open_database(sqlite_url), ScriptedModel(["x"]))
    app = create_app(workspace, runtime, token="s3cret")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://strop") as http:
        for headers in (
            {},
            {"Authorization": "s3cret"},
            {"Authorization": "Bearer s3cre"},
            {"Authorization": "Bearer é"},
        ):
            for address in ("/v1/about", "/openapi.json", "/ready", "/v1/nothing"):
                raw = [(name, value.encode()) for name, value in headers.items()]
                refused = await http.get(address, headers=raw)
                assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert (await http.get("/health")).status_code == 200
        right = await http.get("/v1/about", headers={"Authorization": "Bearer s3cret"})
        assert right.status_code == 200


async def test_the_schema_tells_of_problems(house: House) -> None:
    """OpenAPI 3.1: every operation says with which media type errors are sent."""
    schema = await house.get("/openapi.json")
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"], path
    assert "Problem" in schema["components"]["schemas"]


# --- whatever is sent --------------------------------------------------------------------------------------------

FIELDS = [
    "agent", "input", "conversation_id", "score", "label", "comment", "correction", "op", "by", "tier", "decision",
    "reason", "result", "to", "live", "shown", "incumbent",
]  # fmt: skip
PATHS = [
    "/v1/runs", "/v1/runs/{}/feedback", "/v1/runs/{}/outcome", "/v1/runs/{}/resume", "/v1/agents/hello/rollback",
    "/v1/proposals/{}/decision",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_no_body_makes_the_service_fall_over(database: Database, tmp_path: Path, seed: int) -> None:
    """Any JSON in any place, on both databases: a problem of the client's, never ours."""
    chosen = random.Random(seed)
    async with serving(tmp_path / "ws", database, ScriptedModel(["x"])) as house:
        run_id = record_run(house.runtime.recorder, bundle=await house.live())
        for _ in range(30):
            body = {field: _any_value(chosen, 0) for field in chosen.sample(FIELDS, chosen.randint(0, 6))}
            path = chosen.choice(PATHS).format(run_id)
            content = json.dumps(body).encode("utf-8", "surrogatepass")
            response = await house.http.post(path, content=content, headers=JSON)
            assert response.status_code < 500, (path, body, response.text)
            query = "".join(chosen.choice(['agent', ':', '<', '"', "-", "since", "x", " ", ",", "é", "%", "has"])
                            for _ in range(chosen.randint(0, 12)))  # fmt: skip
            response = await house.http.get("/v1/runs", params={"q": query})
            assert response.status_code in {200, 422}, (query, response.text)
        with database.reading() as session:
            assert last_event_id(session) > 0


def _any_value(chosen: random.Random, depth: int) -> Any:
    made: list[Any] = [
        None, True, -1, 0.5, 10**30, float("nan"), "", "hello", "approve", "done", "nul \0", "half \ud800", "x" * 500,
        "🦊", "sha256:", "%",
    ]  # fmt: skip
    if depth < 3 and chosen.random() < 0.3:
        inner = [_any_value(chosen, depth + 1) for _ in range(3)]
        return chosen.choice([inner, {"a": inner[0], "\ud800": inner[1]}])
    return chosen.choice(made)


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/v1/runs?limit=5&qq=status:failed", 422, "Known: "),
        ("/v1/about?x=1", 422, "takes none"),
        ("/health?probe=7", 200, ""),
        ("/v1/runs?limit=5", 200, ""),
    ],
)
async def test_a_query_parameter_that_nobody_knows_is_told(house: House, path: str, status: int, told: str) -> None:
    """A misspelt filter must not be answered with everything."""
    answer = await house.http.get(path)
    assert answer.status_code == status
    assert told in answer.json().get("hint", "")
    assert status == 200 or "no query parameter is called" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/losses?since=0.5", "/v1/runs?at=1772000000"])
async def test_a_time_in_an_address_is_written_out(house: House, path: str) -> None:
    """A number would be read as seconds since 1970."""
    answer = await house.http.get(path)
    assert answer.status_code == 422
    assert "such as 2026-03-12T14:05:00Z" in answer.json()["detail"]


@pytest.mark.parametrize("score", [True, "1"])
async def test_a_score_is_a_number(house: House, score: Any) -> None:
    """Yes is no score, and a text is none."""
    answer = await house.http.post("/v1/runs/run_x/feedback", json={"score": score})
    assert answer.status_code == 422
    assert "score" in answer.json()["detail"]
