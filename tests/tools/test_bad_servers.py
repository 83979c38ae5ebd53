"""What a tool server does wrong costs one call, never the service, and never reaches a model as a tool's answer."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from agents.errors import StropError, ToolServerUnavailable
from agents.runtime import Answer, Runtime
from agents.starting import Start
from tests.builders import open_workspace, scripted_runtime, write_workspace
from tests.fakes import Call, ScriptedModel
from traces.db import Database, open_database
from traces.store import list_runs, read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).with_name("bad_server.py")
AGENT = """\
    name: worker
    description: works
    model: test:scripted
    instructions: Work.
    strop:
      tools: [{server: bad}]
      limits: {steps: 4, file_bytes: 1000}
    """
PATIENT = 60.0
"""Seconds that no call here takes, however busy the machine is."""


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An open ledger."""
    opened = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


class World:
    """A runtime over one bad server, and what reached that server."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database
        self.runtimes: list[Runtime] = []
        self.script = ScriptedModel(lambda prompt, reply: "done")

    @property
    def notes(self) -> list[str]:
        """What the server wrote down, a line for each call."""
        file = self.folder / "notes.txt"
        return file.read_text().splitlines() if file.exists() else []

    def runtime(self, env: Mapping[str, str] | None = None, **entry: Any) -> Runtime:
        """A runtime whose server is a program with this entry (or has the `url` in it)."""
        if "url" not in entry:
            env = {"NOTES": str(self.folder / "notes.txt"), **(env or {})}
            entry = {"command": sys.executable, "args": [str(SERVER)], "env": env, **entry}
        root = write_workspace(self.folder / "ws", AGENT, servers={"bad": {"call_seconds": PATIENT, **entry}})
        opened = scripted_runtime(open_workspace(root), self.database, self.script)
        self.runtimes.append(opened)
        return opened

    async def call(self, runtime: Runtime, tool: str, **arguments: Any) -> Answer:
        """One run that calls one tool and is done."""
        self.script._plan = lambda prompt, reply: "done" if reply else Call(tool, arguments)
        return await runtime.run(Start("worker", f"call {tool}"))

    async def result(self, runtime: Runtime, tool: str, **arguments: Any) -> Any:
        """What that call gave, as it is recorded and as the model saw it."""
        answer = await self.call(runtime, tool, **arguments)
        (returned,) = self.events(answer.run.id, "tool_returned")
        return returned.result.get("result", returned.result)

    def events(self, run_id: str, *kinds: str) -> list[Any]:
        """A run's facts of these kinds."""
        with self.database.reading() as session:
            return [stored.event for stored in read_events(session, run_id, kinds=list(kinds))]

    def last_run(self) -> list[str]:
        """Kinds of the facts of the run that ended last."""
        with self.database.reading() as session:
            assert verify(session).whole
            return [stored.kind for stored in read_events(session, list_runs(session, limit=1).items[0].id)]


@pytest.fixture
async def world(tmp_path: Path, database: Database) -> AsyncIterator[World]:
    """A folder, a ledger, and a runtime when one is asked for."""
    opened = World(tmp_path, database)
    yield opened
    for runtime in opened.runtimes:
        await runtime.close()


@pytest.mark.parametrize("protocol", ["auto", "legacy"])
async def test_a_killed_server_costs_one_call(world: World, protocol: str) -> None:
    """The call fails as the server's failure; the next run finds a new process."""
    runtime = world.runtime(protocol=protocol)
    assert await world.result(runtime, "echo", text="one") == "one"
    with pytest.raises(ToolServerUnavailable, match="'bad'"):
        await world.call(runtime, "die")
    assert world.last_run()[-2:] == ["tool_failed", "run_failed"]
    assert await world.result(runtime, "echo", text="two") == "two"
    first, died, second = world.notes
    assert died == "die"
    assert first != second, "the same process answered twice"


@pytest.mark.parametrize("protocol", ["auto", "legacy"])
async def test_a_hanging_call_is_given_up_and_the_server_hears_it(world: World, protocol: str) -> None:
    """The wait is bounded by `call_seconds`; the tool is told that nobody waits any more."""
    runtime = world.runtime(protocol=protocol, call_seconds=5)
    with pytest.raises(ToolServerUnavailable, match="no answer within 5 s"):
        await world.call(runtime, "hang")
    await runtime.close()
    assert world.notes == ["hang", "hang cancelled"]


async def test_a_hanging_process_does_not_hold_up_later_runs(world: World) -> None:
    """A process that hears nothing any more is replaced, and ended."""
    runtime = world.runtime(call_seconds=5)
    with pytest.raises(ToolServerUnavailable, match="no answer"):
        await world.call(runtime, "stop")
    assert await world.result(runtime, "echo", text="on") == "on"
    await runtime.close()


async def test_a_server_that_never_comes_up_is_given_up(world: World) -> None:
    """The wait is bounded by `start_seconds`, and nothing was sent: the run can be gone on with."""
    runtime = world.runtime({"HANG": "1"}, start_seconds=1)
    with pytest.raises(ToolServerUnavailable, match="did not come up within 1 s"):
        await world.call(runtime, "echo", text="x")
    assert world.notes == []


async def test_a_program_that_is_not_there_is_told(world: World) -> None:
    """By name of the server, without a stack trace."""
    with pytest.raises(ToolServerUnavailable, match="'bad'"):
        await world.call(world.runtime(command="/no/such/program", args=[]), "echo", text="x")


async def test_garbage_between_messages_is_passed_over(world: World) -> None:
    """A server that prints to its own protocol stream is used all the same."""
    assert await world.result(world.runtime({"GARBAGE": "1"}), "echo", text="one") == "one"


async def test_a_program_that_talks_only_garbage_is_given_up(world: World) -> None:
    """The wait is bounded, and the failure is the server's."""
    chatter = "import time\nwhile True: print('{not json', flush=True); time.sleep(0.05)"
    runtime = world.runtime(args=["-c", chatter], start_seconds=2)
    with pytest.raises(ToolServerUnavailable, match="did not come up"):
        await world.call(runtime, "echo", text="x")


async def test_a_tools_error_is_an_answer_whatever_its_words(world: World) -> None:
    """What a tool says about some other connection goes to the model, as a failed call."""
    answer = await world.call(world.runtime(), "fail")
    (returned,) = world.events(answer.run.id, "tool_returned")
    assert returned.outcome == "failed"
    assert "connection refused" in returned.result["message"]


async def test_numbers_that_json_does_not_have_become_words(world: World) -> None:
    """NaN and the infinities are recorded, and shown to the model, as texts."""
    assert await world.result(world.runtime(), "odd_numbers") == {"a": "NaN", "b": ["Infinity", 1.5]}
    assert world.last_run()[-1] == "run_finished"


async def test_pictures_are_kept_or_told(world: World) -> None:
    """A small one is in the record; of one over the limit a text says what is missing."""
    runtime = world.runtime()
    text, kept = await world.result(runtime, "picture", size=900)
    assert (text, kept["kind"], kept["media_type"]) == ("see", "binary", "image/png")
    text, told = await world.result(runtime, "picture", size=1001)
    assert text == "see"
    assert "image/png" in told
    assert "1,001 bytes" in told


async def test_progress_is_seen_while_a_call_is_under_way(world: World) -> None:
    """By whoever looks on; it is no fact and not in the record."""
    seen: list[tuple[str, str]] = []
    world.script._plan = lambda prompt, reply: "done" if reply else Call("slowly")
    await world.runtime().run(Start("worker", "go"), on_delta=lambda kind, piece: seen.append((kind, piece)))
    progress = [piece for kind, piece in seen if kind == "progress"]
    assert progress[0] == "slowly: 1 of 3, part 1"
    assert progress[-1] == "slowly: 3 of 3, part 3"


async def test_a_cancelled_run_cancels_its_call(world: World) -> None:
    """The tool hears it, and the process serves the next run."""
    runtime = world.runtime()
    world.script._plan = lambda prompt, reply: "done" if reply else Call("hang")
    work = asyncio.create_task(runtime.run(Start("worker", "go")))
    while "hang" not in world.notes:  # noqa: ASYNC110  what happens is in another process
        await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert await world.result(runtime, "echo", text="on") == "on"
    await runtime.close()
    assert world.notes[1] == "hang cancelled"


# --- over HTTP -----------------------------------------------------------------------------------------------------


class HttpServer:
    """The bad server behind a port, started again at will."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self._env = {"NOTES": str(folder / "notes.txt"), "PATH": ""}
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(  # noqa: ASYNC220  it outlives the loop's own children
            [sys.executable, str(SERVER), str(self.port)], env=self._env, stderr=subprocess.DEVNULL
        )
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[HttpServer]:
    """The bad server over HTTP."""
    server = HttpServer(tmp_path)
    await server.start()
    yield server
    server.kill()


@pytest.mark.parametrize("protocol", ["auto", "legacy"])
async def test_an_http_server_may_go_and_come_back(world: World, http: HttpServer, protocol: str) -> None:
    """Gone, it fails a run at once as the server's failure; back, it serves the next one."""
    runtime = world.runtime(url=http.url, protocol=protocol)
    assert await world.result(runtime, "echo", text="one") == "one"
    http.kill()
    with pytest.raises(ToolServerUnavailable, match="'bad'"):
        await world.call(runtime, "echo", text="x")
    await http.start()
    assert await world.result(runtime, "echo", text="two") == "two"
    with pytest.raises(ToolServerUnavailable, match="'bad'"):
        await world.call(runtime, "die")
    assert world.last_run()[-2:] == ["tool_failed", "run_failed"]


async def test_a_server_that_is_no_mcp_server_is_told(world: World) -> None:
    """Something else answers at that port: the server's failure, in bounded time."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    with pytest.raises(ToolServerUnavailable, match="'bad'"):
        await world.call(world.runtime(url=f"http://127.0.0.1:{port}/mcp", start_seconds=5), "echo", text="x")
    listener.close()


GIVER = """\
import json, sys
asked = json.load(sys.stdin)
print(json.dumps({"Authorization": "Bearer token-of-" + asked["metadata"]["customer"]}))
"""


async def test_each_run_acts_with_its_own_credentials_and_none_is_recorded(world: World, http: HttpServer) -> None:
    """The program is told of the run; the header reaches the server; a server that repeats it changes nothing."""
    giver = world.folder / "giver.py"
    giver.write_text(GIVER)
    runtime = world.runtime(url=http.url, credentials=[sys.executable, str(giver)])
    world.script._plan = lambda prompt, reply: "done" if reply else Call("whoami")
    for customer in ("customer-one", "customer-two"):
        answer = await runtime.run(Start("worker", "who am I?", metadata={"customer": customer}))
        (returned,) = world.events(answer.run.id, "tool_returned")
        assert returned.result["result"] == "[credential]"
    with world.database.reading() as session:
        stored = [str(one.event) for run in (answer.run.id,) for one in read_events(session, run)]
    assert not any("token-of" in text for text in stored)


async def test_a_credentials_program_that_fails_is_told_without_what_it_wrote(world: World) -> None:
    """Its last words on stderr are in the error, its output never."""
    code = "import sys; print('secret-token'); sys.exit('no such customer')"
    runtime = world.runtime(url="http://127.0.0.1:9/mcp", credentials=[sys.executable, "-c", code])
    with pytest.raises(StropError, match="no such customer") as caught:
        await world.call(runtime, "echo", text="x")
    assert "secret-token" not in str(caught.value)
