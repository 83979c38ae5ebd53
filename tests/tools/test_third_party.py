"""Public MCP servers, unchanged, through a whole run: what they offer, answer, refuse, show and ask.

Run where they are installed and on the PATH (`pip install mcp-server-time mcp-server-git`, `npm install
@modelcontextprotocol/server-filesystem @modelcontextprotocol/server-everything @modelcontextprotocol/server-memory`).
"""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agents.errors import AnswerNeeded
from agents.questions import answer_question, list_questions
from agents.runtime import Runtime
from agents.starting import Start
from tests.builders import open_workspace, scripted_runtime, write_workspace
from tests.fakes import Call, ScriptedModel
from traces.db import Database, open_database
from traces.provenance import Provenance
from traces.store import read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


class Guest:
    """One foreign server behind an agent that does what it is told to: `[tool, arguments]` as JSON."""

    def __init__(self, runtime: Runtime, database: Database) -> None:
        self.runtime, self.database = runtime, database

    async def call(self, tool: str, **arguments: Any) -> Any:
        """What one call gave, as the model saw it and as it is on record."""
        answer = await self.runtime.run(Start("worker", json.dumps([tool, arguments])))
        return self.result(answer.run.id)

    def result(self, run_id: str) -> Any:
        """The newest recorded result of the run's call."""
        with self.database.reading() as session:
            assert verify(session).whole
            returned = read_events(session, run_id, kinds=["tool_returned"])[-1].event
        return returned.result.get("result", returned.result.get("message"))

    def offered(self, run_id: str) -> list[str]:
        """Names of the tools that the run was offered."""
        with self.database.reading() as session:
            asked = read_events(session, run_id, kinds=["model_requested"])[0].event
        return [tool["name"] for tool in asked.tools]


def plan(prompt: str, reply: int) -> Call | str:
    """One call, then done."""
    tool, arguments = json.loads(prompt)
    return "done" if reply or not tool else Call(tool, arguments)


class Guests:
    """Makes guests of commands, and sees them out."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.opened = folder, list[Guest]()

    def __call__(self, command: str, *args: str, prefix: str = "") -> Guest:
        """The server of that command; the test is skipped where it is not installed."""
        if shutil.which(command) is None:
            pytest.skip(f"{command} is not installed (this file says how)")
        agent = f"""\
            name: worker
            model: test
            instructions: Work.
            strop:
              tools: [{{server: guest{f", prefix: {prefix}" if prefix else ""}}}]
            """
        servers = {"guest": {"command": command, "args": list(args)}}
        root = write_workspace(self.folder / "ws", agent, servers=servers)
        database = open_database(f"sqlite:///{self.folder / 'ledger.db'}")
        guest = Guest(scripted_runtime(open_workspace(root), database, ScriptedModel(plan)), database)
        self.opened.append(guest)
        return guest


@pytest.fixture
async def guests(tmp_path: Path) -> AsyncIterator[Guests]:
    """Where guests come from."""
    made = Guests(tmp_path)
    yield made
    for guest in made.opened:
        await guest.runtime.close()
        guest.database.close()


async def test_time(guests: Guests) -> None:
    """Structured answers; a wrong argument is the tool's refusal."""
    guest = guests("mcp-server-time", "--local-timezone", "UTC")
    told = await guest.call("convert_time", source_timezone="UTC", time="12:00", target_timezone="Asia/Tokyo")
    assert "21:00" in str(told)
    assert "Mars" in str(await guest.call("get_current_time", timezone="Mars/Olympus"))


def make_repository(folder: Path) -> Path:
    """A repository with one commit."""
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "begun"], check=True)
    return folder


async def test_git(guests: Guests) -> None:
    """A repository read and written; names under a prefix."""
    repository = make_repository(guests.folder / "repository")
    guest = guests("mcp-server-git", "--repository", str(repository), prefix="vcs")
    (repository / "a.txt").write_text("a\n")
    assert "a.txt" in str(await guest.call("vcs_git_status", repo_path=str(repository)))
    await guest.call("vcs_git_add", repo_path=str(repository), files=["a.txt"])
    assert "begun" in str(await guest.call("vcs_git_log", repo_path=str(repository)))


async def test_filesystem(guests: Guests) -> None:
    """Written, read, and refused outside of what it was given."""
    room = guests.folder / "room"
    room.mkdir()
    guest = guests("mcp-server-filesystem", str(room))
    await guest.call("write_file", path=str(room / "n.txt"), content="grüße\n")
    assert (room / "n.txt").read_text(encoding="utf-8") == "grüße\n"
    assert "grüße" in str(await guest.call("read_text_file", path=str(room / "n.txt")))
    assert "denied" in str(await guest.call("read_text_file", path="/etc/passwd")).lower()


async def test_memory(guests: Guests) -> None:
    """What one run has stored, the next one finds: the process is kept between them."""
    guest = guests("mcp-server-memory")
    entity = {"name": "Ada", "entityType": "person", "observations": ["likes tea"]}
    await guest.call("create_entities", entities=[entity])
    assert "likes tea" in str(await guest.call("search_nodes", query="Ada"))
    await guest.call("delete_entities", entityNames=["Ada"])


async def test_everything(guests: Guests) -> None:
    """Text, sums, pictures, links, structured answers, progress, and a question to a person."""
    guest = guests("mcp-server-everything")
    assert "hello" in str(await guest.call("echo", message="hello"))
    assert "5" in str(await guest.call("get-sum", a=2, b=3))
    assert "image/png" in str(await guest.call("get-tiny-image"))
    assert "resource" in str(await guest.call("get-resource-links", count=2)).lower()
    assert "temperature" in str(await guest.call("get-structured-content", location="Chicago"))
    assert "complet" in str(await guest.call("trigger-long-running-operation", duration=1, steps=2)).lower()
    run_id = guest.runtime.start(Start("worker", json.dumps(["trigger-elicitation-request", {}])))
    with pytest.raises(AnswerNeeded):
        await guest.runtime.work(run_id)
    with guest.database.reading() as session:
        (one,) = list_questions(session)
    assert one.inquiry.question.form is not None
    filled = {name: _some(field) for name, field in one.inquiry.question.form["properties"].items()}
    by = Provenance(by="m.keller", reason="asked")
    answer_question(guest.runtime.recorder, one.id, "accept", by, content=filled)
    await guest.runtime.work(run_id)
    assert "Ada" in str(guest.result(run_id))


def _some(field: dict[str, Any]) -> Any:
    """A value that fits a field of a form."""
    if "default" in field:
        return field["default"]
    choices = field.get("enum") or [one["const"] for one in field.get("oneOf") or field.get("anyOf") or ()]
    if choices:
        return choices[0]
    match field["type"]:
        case "boolean":
            return True
        case "integer" | "number":
            return field.get("minimum", 1)
        case "array":
            items = field["items"]
            return [(items.get("enum") or [one["const"] for one in items.get("anyOf") or items["oneOf"]])[0]]
        case _:
            formats = {
                "email": "ada@example.com",
                "uri": "https://example.com",
                "date": "2026-01-01",
                "date-time": "2026-01-01T00:00:00Z",
            }
            return formats.get(field.get("format", ""), "Ada")
