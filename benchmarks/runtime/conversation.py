"""A long conversation: what is stored of it against what is new in it, and how soon it goes on after a worker died.

Two shapes of a thousand model calls: two hundred turns of five, whose next turn reads them all; and one run of a
thousand that is killed before its last reply and resumed by another process.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from pydantic_ai.messages import ModelMessagesTypeAdapter

from agents.history import read_history
from agents.runtime import Runtime
from agents.starting import Start
from benchmarks.runtime.figures import Figure, progress
from benchmarks.runtime.work import CALLS, long_script, scripted, workspace
from traces.db import Database, open_database
from traces.events import ModelRequested
from traces.recorder import Recorded
from traces.store import list_conversation

CHARACTERS_A_TOKEN: Final = 4
KILLED: Final = "run_killed"


async def measure(folder: Path, calls: int, tokens: int) -> list[Figure]:
    """Both shapes, with messages that make `tokens` of context."""
    return [*await _turns(folder / "turns", calls, tokens), *await _killed(folder / "killed", calls, tokens)]


async def _turns(folder: Path, calls: int, tokens: int) -> list[Figure]:
    """Turns of five model calls each; the next one is asked by a process that remembers nothing."""
    turns = calls // (CALLS + 1)
    made, url = workspace(folder), f"sqlite:///{folder / 'l.db'}"
    database = open_database(url)
    runtime = Runtime(made, database, make_model=lambda _: scripted())
    await runtime.run(Start("worker", "go"))
    empty = _stored(database)
    words = tokens * CHARACTERS_A_TOKEN // turns // 8
    for turn in range(turns):
        text = " ".join(f"{turn * words + at:07x}" for at in range(words))
        await runtime.run(Start("worker", text, conversation_id="conv_long"))
        progress("conversation", f"turn {turn + 1} of {turns}")
    stored = _stored(database) - empty
    with database.reading() as session:
        runs = [run.id for run in list_conversation(session, "conv_long")]
        content = len(ModelMessagesTypeAdapter.dump_json(read_history(session, runs)))
    await runtime.close()
    runtime = Runtime(made, database, make_model=lambda _: scripted())
    start, cpu = time.perf_counter(), time.process_time()
    asked = _next_request(runtime)
    last = asyncio.create_task(runtime.run(Start("worker", "and now?", conversation_id="conv_long")))
    await asked.wait()
    seconds, spent = time.perf_counter() - start, time.process_time() - cpu
    await last
    await runtime.close()
    database.close()
    return [
        Figure("conversation.turns", turns),
        Figure("conversation.model_calls", turns * (CALLS + 1)),
        Figure("conversation.content", content / 1e6, "MB"),
        Figure("conversation.stored", stored / 1e6, "MB"),
        Figure("conversation.stored_to_content", stored / content, goal=1.2),
        Figure("conversation.next_turn", seconds, "s", goal=2.0),
        Figure("conversation.next_turn_cpu", spent, "s"),
    ]


async def _killed(folder: Path, calls: int, tokens: int) -> list[Figure]:
    """One run; the process that works on it kills itself when it has asked for the last reply."""
    made, url = workspace(folder), f"sqlite:///{folder / 'l.db'}"
    characters = tokens * CHARACTERS_A_TOKEN // calls
    command = [sys.executable, "-m", "benchmarks.runtime.conversation", str(folder), str(calls), str(characters)]
    ended = await asyncio.to_thread(subprocess.run, command, check=False)
    assert ended.returncode == -signal.SIGKILL, ended
    database = open_database(url)
    stored = _stored(database)
    runtime = Runtime(made, database, make_model=lambda _: long_script(calls, characters))
    start, cpu = time.perf_counter(), time.process_time()
    asked = _next_request(runtime)
    working = asyncio.create_task(runtime.work(KILLED))
    await asked.wait()
    seconds, spent = time.perf_counter() - start, time.process_time() - cpu
    answer = await working
    assert answer.run.status == "finished"
    with database.reading() as session:
        content = len(ModelMessagesTypeAdapter.dump_json(read_history(session, [KILLED])))
    await runtime.close()
    database.close()
    return [
        Figure("conversation.killed_run.model_calls", calls),
        Figure("conversation.killed_run.content", content / 1e6, "MB"),
        Figure("conversation.killed_run.stored_to_content", stored / content),
        Figure("conversation.killed_run.resume", seconds, "s", goal=2.0),
        Figure("conversation.killed_run.resume_cpu", spent, "s"),
    ]


async def be_killed(folder: Path, calls: int, characters: int) -> None:
    """Work on the one run until the last reply was asked for, and die."""
    database = open_database(f"sqlite:///{folder / 'l.db'}")
    runtime = Runtime(workspace(folder), database, make_model=lambda _: long_script(calls, characters))

    def heard(recorded: Recorded) -> None:
        if isinstance(recorded.event, ModelRequested):
            progress("conversation", f"model call {recorded.event.step} of {calls}")
            if recorded.event.step == calls:
                os.kill(os.getpid(), signal.SIGKILL)

    runtime.recorder.subscribe(heard)
    runtime.start(Start("long", "go on"), run_id=KILLED)
    await runtime.work(KILLED)


def _next_request(runtime: Runtime) -> asyncio.Event:
    """Set when the model is asked the next time: all that is on record has been gone through by then."""
    asked = asyncio.Event()

    def heard(recorded: Any) -> None:
        if isinstance(recorded.event, ModelRequested):
            asked.set()

    runtime.recorder.subscribe(heard)
    return asked


def _stored(database: Database) -> int:
    """Bytes of the facts and bodies, as they are stored."""
    with database.reading() as session:
        facts = session.execute(sa.text("SELECT coalesce(sum(length(payload)), 0) FROM events")).scalar_one()
        bodies = session.execute(sa.text("SELECT coalesce(sum(length(data)), 0) FROM blobs")).scalar_one()
    return int(facts) + int(bodies)


if __name__ == "__main__":
    asyncio.run(be_killed(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
