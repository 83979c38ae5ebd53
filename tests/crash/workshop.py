"""A workspace with a scripted model and the counting server, worked on in forked processes that get killed.

A fork costs milliseconds where a fresh interpreter costs seconds; the killed process is as dead either way.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel

from agents.config import Workspace, load_workspace
from agents.errors import StropError
from agents.prompts.bundle import Bundle
from agents.runtime import Runtime
from agents.starting import Start
from traces.db import open_database
from traces.events import kind_of
from traces.recorder import Page

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

SCRIPT: dict[str, list[tuple[str, str] | str]] = {
    "boss": [("look", '{"name": "a"}'), ("pay", '{"amount": 5}'), ("ask_clerk", '{"request": "b?"}'), "all done"],
    "clerk": [("look", '{"name": "b"}'), "b it is"],
}


def make_workspace(root: Path, server: str) -> None:
    """Write the workspace's files."""
    (root / "agents").mkdir(parents=True)
    (root / "strop.toml").write_text('[workspace]\nname = "crash"\n')
    for name, text in AGENTS.items():
        (root / "agents" / f"{name}.yaml").write_text(text)
    env = f'"COUNT_FILE": "{root / "count.txt"}", "KILL_CLIENT": "{root / "kill-client"}"'
    entry = f'{{"command": "{sys.executable}", "args": ["{server}"], "env": {{{env}}}}}'
    (root / "mcp.json").write_text(f'{{"mcpServers": {{"counting": {entry}}}}}')


def scripted(root: Path) -> Callable[[Bundle], FunctionModel]:
    """Makes models that follow SCRIPT by how far the conversation is, and note each reply in asked.txt."""

    def make(bundle: Bundle) -> FunctionModel:
        async def reply(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
            turn = sum(isinstance(message, ModelResponse) for message in messages)
            note(root / "asked.txt", f"{bundle.agent} {turn}")
            said = SCRIPT[bundle.agent][turn]
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
    root: Path, database_url: str, run_id: str, events: int | None, *, moment: Literal["after", "before"] = "after"
) -> int:
    """Start (or go on with) the boss's run and die by SIGKILL right after its `events`-th recorded fact, or right
    before the commit that would have recorded it.
    """

    async def main(workspace: Workspace) -> None:
        runtime = Runtime(workspace, open_database(database_url), make_model=scripted(root), worker=str(os.getpid()))
        seen = 0

        def count(recorded: object) -> None:
            nonlocal seen
            seen += 1
            if seen == events and moment == "after":
                os.kill(os.getpid(), signal.SIGKILL)

        def write(pages: Sequence[Page]) -> None:
            """In the middle of the transaction: what is written in it is not there for the next worker."""
            more = sum(len(page.entries) for page in pages)
            if events is not None and seen < events <= seen + more:
                with runtime.database.appending() as pen:
                    for page in pages:
                        runtime.recorder._write_page(pen, page, runtime.recorder._read_head(page.stream))
                    os.kill(os.getpid(), signal.SIGKILL)
            written(pages)

        runtime.recorder.subscribe(count)
        written = runtime.recorder._write
        if moment == "before":
            runtime.recorder._write = write  # type: ignore[method-assign]
        if not lines(root / "started.txt"):
            note(root / "started.txt", run_id)
            runtime.start(Start("boss", "do it"), run_id=run_id)
        await runtime.work(run_id)
        await runtime.close()

    return in_fork(lambda: asyncio.run(main(load_workspace(root))))


def kinds(runtime_events: list[Any]) -> list[str]:
    """The tags of a list of facts."""
    return [kind_of(stored.event) for stored in runtime_events]
