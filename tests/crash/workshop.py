"""A workspace with a scripted model and the counting server, worked on in forked processes that get killed.

A fork costs milliseconds where a fresh interpreter costs seconds; the killed process is as dead either way.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from sqlalchemy.orm import Session

from agents.config import Workspace, load_workspace
from agents.errors import StropError
from agents.prompts.bundle import Bundle
from agents.runtime import Runtime
from agents.starting import Start
from traces.db import open_database
from traces.events import Event
from traces.recorder import Page, Recorded, Recorder

Moment = Literal["after", "before"]

AGENTS = {
    "boss": """
name: boss
model: test
instructions: Look, pay, ask the clerk.
strop:
  tools: [{server: counting}]
  delegates: [{agent: clerk, tool: ask_clerk, description: Asks the clerk.}]
""",
    "clerk": """
name: clerk
model: test
instructions: Look it up.
strop:
  tools: [{server: counting, allow: [look]}]
""",
}

Script = Mapping[str, Sequence[tuple[str, str] | str]]
"""For each agent what it says in turn: a tool's name and its arguments, or its last word."""

SCRIPT: Script = {
    "boss": [("look", '{"name": "a"}'), ("pay", '{"amount": 5}'), ("ask_clerk", '{"request": "b?"}'), "all done"],
    "clerk": [("look", '{"name": "b"}'), "b it is"],
}


FILES = {"COUNT_FILE": "count.txt", "KILL_CLIENT": "kill-client", "NOTES": "notes.txt"}
"""Where the tool servers note what they did, by the variable that tells them."""

SERVERS: dict[str, Path] = {"counting": Path(__file__).with_name("counting_server.py")}


def make_workspace(root: Path, agents: Mapping[str, str] = AGENTS, servers: Mapping[str, Path] = SERVERS) -> None:
    """Write the workspace's files."""
    (root / "agents").mkdir(parents=True)
    (root / "strop.toml").write_text('[workspace]\nname = "crash"\n')
    for name, text in agents.items():
        (root / "agents" / f"{name}.yaml").write_text(text)
    env = {name: str(root / file) for name, file in FILES.items()}
    entries = {name: {"command": sys.executable, "args": [str(file)], "env": env} for name, file in servers.items()}
    (root / "mcp.json").write_text(json.dumps({"mcpServers": entries}))


def scripted(root: Path, script: Script = SCRIPT) -> Callable[[Bundle], FunctionModel]:
    """Makes models that follow a script by how far the run is, and note each reply in asked.txt."""

    def make(bundle: Bundle) -> FunctionModel:
        async def reply(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
            turn = sum(isinstance(message, ModelResponse) for message in messages)
            note(root / "asked.txt", f"{bundle.agent} {turn}")
            said = script[bundle.agent][turn]
            if isinstance(said, str):
                yield said
            else:
                yield {0: DeltaToolCall(name=said[0], json_args=said[1], tool_call_id=f"call-{turn}")}

        return FunctionModel(stream_function=reply, model_name="scripted")

    return make


def note(path: Path, line: str) -> None:
    """One durable line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def lines(path: Path) -> list[str]:
    """What was noted so far."""
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def in_fork(work: Callable[[], None]) -> int:
    """Do `work` in a forked process and give its end: 0, an exit code, or minus the signal that killed it."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            work()
            code = 0
        except StropError as error:
            code = error.exit_code
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def run_killed_after(
    root: Path, database_url: str, run_id: str, events: int | None, *, moment: Moment = "after"
) -> int:
    """Start (or go on with) the boss's run and die by SIGKILL right after its `events`-th recorded fact, or right
    before the commit that would have recorded it.
    """

    async def main(workspace: Workspace) -> None:
        runtime = Runtime(workspace, open_database(database_url), make_model=scripted(root), worker=str(os.getpid()))
        if events is not None:
            die_at(runtime.recorder, events, moment)
        if not lines(root / "started.txt"):
            note(root / "started.txt", run_id)
            runtime.start(Start("boss", "do it"), run_id=run_id)
        await runtime.work(run_id)
        await runtime.close()

    return in_fork(lambda: asyncio.run(main(load_workspace(root))))


def die_at(recorder: Recorder, fact: int, moment: Moment) -> None:
    """Kill this process when the `fact`-th fact of a run, from now on, is durable ("after"), or while the transaction
    that wrote it is open ("before"): what is in that one is not there for the next worker.
    """
    seen, write, append_in = 0, recorder._write, recorder.append_in

    def counted(*streams: str) -> bool:
        nonlocal seen
        more = sum(stream.startswith("run_") for stream in streams)
        seen += more
        return seen - more < fact <= seen

    def pages(pages: Sequence[Page]) -> None:
        hit = counted(*(page.stream for page in pages for _ in page.entries))
        if hit and moment == "before":
            with recorder.database.appending() as pen:
                for page in pages:
                    recorder._write_page(pen, page, recorder._read_head(page.stream))
                os.kill(os.getpid(), signal.SIGKILL)
        write(pages)
        if hit:
            os.kill(os.getpid(), signal.SIGKILL)

    def inside(session: Session, stream: str, event: Event, **how: Any) -> Recorded:
        recorded = append_in(session, stream, event, **how)
        if counted(stream):
            if moment == "before":
                session.flush()
                os.kill(os.getpid(), signal.SIGKILL)
            sa.event.listen(session, "after_commit", lambda _: os.kill(os.getpid(), signal.SIGKILL))
        return recorded

    recorder._write = pages  # type: ignore[method-assign]
    recorder.append_in = inside  # type: ignore[method-assign]
