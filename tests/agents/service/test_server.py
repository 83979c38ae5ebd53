"""The service as a process of its own: its socket, its token, its stop, and what a restart goes on with."""

import asyncio
import json
import os
import signal
import socket
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.errors import UsageError
from agents.service.server import ServiceThere, _only_one, _unix, serve
from tests.agents.service import sse
from tests.agents.service.process import service
from tests.builders import open_workspace, write_workspace
from traces.db import open_database
from traces.verify import verify

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]


def client(place: str, **options: Any) -> httpx.AsyncClient:
    """A client of the Unix socket at this path."""
    transport = httpx.AsyncHTTPTransport(uds=place)
    return httpx.AsyncClient(transport=transport, base_url="http://strop", timeout=60, **options)


async def begin_slow(http: httpx.AsyncClient, text: str = "slow one") -> str:
    """A run that is in the middle of its reply."""
    response = await http.post("/v1/runs", json={"agent": "hello", "input": text})
    assert response.status_code == 202, response.text
    run_id = str(response.json()["run"]["id"])
    async with http.stream("GET", f"/v1/runs/{run_id}/stream") as stream:
        async for sent in sse.listen(stream):
            if sent.event == "delta":
                break
    return run_id


def served(folder: Path) -> list[str]:
    """The replies that the model really gave, over all processes."""
    path = folder / "served"
    return path.read_text().splitlines() if path.exists() else []


def proven(folder: Path) -> None:
    """The ledger is whole."""
    database = open_database(open_workspace(folder).database_url)
    with database.reading() as session:
        assert verify(session).problems == []
    database.close()


async def test_a_run_is_followed_over_the_socket(tmp_path: Path) -> None:
    """Started, seen piece by piece and fact by fact while it is worked on, answered; the log is JSON."""
    folder = write_workspace(tmp_path)
    with service(folder) as (place, process):
        assert stat.S_IMODE(os.stat(place).st_mode) == 0o600
        async with client(place) as http:
            run_id = await begin_slow(http)
            seen: list[sse.Sent] = []
            async with http.stream("GET", f"/v1/runs/{run_id}/stream") as stream:
                async for sent in sse.listen(stream):
                    seen.append(sent)
                    if sent.event == "delta":
                        (folder / "go").touch()
            assert [one.event for one in seen][-1] == "end"
            assert "".join(one.data["text"] for one in seen if one.event == "delta") == "You said: slow one"
            facts = [one.data["kind"] for one in seen if one.event == "fact"]
            assert facts == ["run_started", "model_requested", "model_replied", "run_finished"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "strop.sock" not in os.listdir(folder / ".strop")
    lines = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    assert {"run.begun", "run.ended"} <= {line["event"] for line in lines}
    proven(folder)


async def test_a_restart_goes_on_with_what_was_begun(tmp_path: Path) -> None:
    """A stop in the middle of a reply leaves the run as it stands; the next service ends it, without being asked."""
    folder = write_workspace(tmp_path)
    with service(folder) as (place, process):
        async with client(place) as http:
            run_id = await begin_slow(http)
            async with http.stream("GET", "/v1/feed") as feed:  # an open stream does not hold up the stop
                process.send_signal(signal.SIGINT)
                process.send_signal(signal.SIGINT)  # and the second Ctrl-C does not wait for runs
                assert [sent.event async for sent in sse.listen(feed)] == ["comment"]
        assert process.wait(30) == 0
    (folder / "go").touch()
    with service(folder) as (place, _):
        assert await ended(place, run_id) == "You said: slow one"
    assert served(folder) == ["slow one"]
    proven(folder)


async def test_a_killed_service_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    """The socket of a dead one is taken over; its run goes on when the lease has run out; nothing is asked twice."""
    folder = write_workspace(tmp_path)
    with service(folder) as (place, process):
        async with client(place) as http:
            await http.post("/v1/runs", json={"agent": "hello", "input": "first", "wait": True})
            run_id = await begin_slow(http)
        process.kill()
        process.wait(30)
        assert "strop.sock" in os.listdir(folder / ".strop")
    (folder / "go").touch()
    with service(folder) as (place, _):
        assert await ended(place, run_id) == "You said: slow one"
    assert served(folder) == ["first", "slow one"]
    proven(folder)


async def ended(place: str, run_id: str) -> Any:
    """The answer of a run, when its stream has ended."""
    async with client(place) as http:
        async with asyncio.timeout(60), http.stream("GET", f"/v1/runs/{run_id}/stream") as stream:
            async for sent in sse.listen(stream):
                if sent.event == "end":
                    break
        return (await http.get(f"/v1/runs/{run_id}")).json()["answer"]


async def test_tcp_asks_for_the_token(tmp_path: Path) -> None:
    """A real connection: refused without, served with it."""
    with service(write_workspace(tmp_path), "STROP_TOKEN=s3cret") as (place, _):
        assert place.startswith("http://127.0.0.1:")
        async with httpx.AsyncClient(base_url=place) as http:
            assert (await http.get("/v1/about")).status_code == 401
            right = await http.get("/v1/about", headers={"Authorization": "Bearer s3cret"})
            assert right.json()["workspace"] == "bench"


# --- places that cannot be listened on ---------------------------------------------------------------------------


def test_tcp_without_a_token_is_refused(tmp_path: Path) -> None:
    """Nothing is opened to the network by accident."""
    with pytest.raises(UsageError, match="needs a token"):
        serve(open_workspace(write_workspace(tmp_path)), host="0.0.0.0")


def test_two_services_on_one_socket(tmp_path: Path) -> None:
    """The second is told who has it, and the first keeps its socket."""
    path = tmp_path / "s.sock"
    with _unix(path):
        with pytest.raises(ServiceThere, match=f"process {os.getpid()}"), _unix(path):
            pytest.fail("two at once")
        assert path.is_socket()
    assert not path.exists()


def test_a_socket_of_a_dead_service_is_taken_over(tmp_path: Path) -> None:
    """Its file is there, but nobody holds the lock."""
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.is_socket()
    with _unix(path) as listener:
        assert listener.getsockname() == str(path)


def test_a_file_in_the_place_of_the_socket_is_not_removed(tmp_path: Path) -> None:
    """It may be somebody's work."""
    path = tmp_path / "s.sock"
    path.write_text("notes")
    with pytest.raises(UsageError, match="is not a socket"), _unix(path):
        pytest.fail("listened")
    assert path.read_text() == "notes"


@pytest.mark.parametrize(("name", "told"), [("x" * 120, "too long"), ("file/s.sock", "cannot listen")])
def test_a_path_that_cannot_be_a_socket(tmp_path: Path, name: str, told: str) -> None:
    """One clear error with the remedy."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=told) as error, _unix(tmp_path / name):
        pytest.fail("listened")
    assert "--socket" in error.value.hint


def test_the_lock_goes_with_its_holder(tmp_path: Path) -> None:
    """It can be taken again after it was let go."""
    for _ in range(2):
        with _only_one(tmp_path / "s.sock"):
            pass


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """Told as such, not as a traceback of the system."""
    workspace = open_workspace(write_workspace(tmp_path), STROP_TOKEN="s3cret")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ServiceThere, match="something else listens"):
            serve(workspace, host="127.0.0.1", port=other.getsockname()[1])
    for host, port in (("no.such.host.invalid", 1), ("127.0.0.1", 99999999)):
        with pytest.raises(UsageError, match="cannot listen"):
            serve(workspace, host=host, port=port)
