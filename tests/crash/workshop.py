"""A workspace with a scripted model and the counting server, worked on in forked processes that get killed.

A fork costs milliseconds where a fresh interpreter costs seconds; the killed process is as dead either way.
"""

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

from agents.config import load_workspace
from agents.errors import StropError
from agents.outcomes import decide_outcome
from agents.prompts.bundle import Bundle
from agents.runtime import Runtime
from agents.starting import Start
from traces.db import Database, open_database
from traces.events import Event, OutcomeDecided
from traces.leases import release
from traces.provenance import Provenance
from traces.recorder import Page, Recorded, Recorder
from traces.store import StoredEvent, list_children, read_events
from traces.tables import LEASES

Moment = Literal["after", "before"]

KELLER = Provenance(by="m.keller", reason="looked at the bank")

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


def url(root: Path) -> str:
    """The workspace's database."""
    return f"sqlite:///{root / 'ledger.db'}"


def free_leases(database: Database) -> None:
    """What the passing of the lease time does: the dead worker's leases run out."""
    with database.writing() as session:
        for row in list(session.execute(LEASES.select())):
            release(session, row.name, row.owner)


def facts_of(database: Database, run_id: str) -> list[StoredEvent]:
    """The facts of a run and of those that it delegates, in order; none where it was not started."""
    with database.reading() as session:
        streams = [run_id, *(child.id for child in list_children(session, run_id))]
        facts = [fact for stream in streams for fact in read_events(session, stream)]
    return sorted(facts, key=lambda one: one.id)


async def work(
    root: Path, ask: Start, run_id: str, fact: int | None, *, moment: Moment = "after", script: Script = SCRIPT
) -> None:
    """Start a run, or go on with it, and perhaps die by SIGKILL at its `fact`-th recorded fact from now on."""
    database = open_database(url(root))
    runtime = Runtime(load_workspace(root), database, make_model=scripted(root, script), worker=str(os.getpid()))
    if fact is not None:
        die_at(runtime.recorder, fact, moment)
    if not runtime.exists(run_id):
        runtime.start(ask, run_id=run_id)
    await runtime.work(run_id)
    await runtime.close()
    database.close()


def decide_lost(root: Path, recorder: Recorder, run_id: str) -> None:
    """Say what became of the call that was under way when its worker died, as a person would who looked at it."""
    facts = facts_of(recorder.database, run_id)
    called = {(one.stream, one.event.op) for one in facts if one.kind == "tool_called"}
    waits = [(one.stream, op) for one in facts if one.kind == "run_waited" for op in one.event.ops]
    run, op = next(one for one in reversed(waits) if one in called)
    effect = "pay 5" if "/pay/" in op else "booked 7 Ada 3"
    done = effect in [*lines(root / "count.txt"), *lines(root / "notes.txt")]
    decision = OutcomeDecided(
        op=op, decision="done" if done else "retry", result=effect if done else None, provenance=KELLER
    )
    decide_outcome(recorder, run, decision)


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
