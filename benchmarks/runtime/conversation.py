"""A long conversation: what is stored of it against what is new in it, and how soon its next turn is under way."""

import asyncio
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic_ai.messages import ModelMessagesTypeAdapter

from agents.history import read_history
from agents.runtime import Runtime, Start
from benchmarks.runtime.figures import Figure
from benchmarks.runtime.work import CALLS, scripted, workspace
from traces.db import Database, open_database
from traces.store import list_conversation

CHARACTERS_A_TOKEN = 4


async def measure(folder: Path, calls: int, tokens: int) -> list[Figure]:
    """Turns of five model calls each until there were `calls`, with messages that make `tokens` of context."""
    turns = calls // (CALLS + 1)
    database = open_database(f"sqlite:///{folder / 'l.db'}")
    runtime = Runtime(workspace(folder), database, make_model=lambda _: scripted())
    first = await runtime.run(Start("worker", "go"))
    empty = _stored(database)
    words = tokens * CHARACTERS_A_TOKEN // turns // 8
    for turn in range(turns):
        text = " ".join(f"{turn * words + at:07x}" for at in range(words))
        await runtime.run(Start("worker", text, conversation_id="conv_long"))
    stored = _stored(database) - empty
    with database.reading() as session:
        runs = [run.id for run in list_conversation(session, "conv_long")]
        content = len(ModelMessagesTypeAdapter.dump_json(read_history(session, runs)))
    runtime = Runtime(workspace(folder), database, make_model=lambda _: scripted())  # nothing is remembered
    start, asked = time.perf_counter(), asyncio.Event()

    def heard(recorded: Any) -> None:
        if recorded.event.op == "model/1":
            asked.set()

    runtime.recorder.subscribe(heard)
    last = asyncio.create_task(runtime.run(Start("worker", "and now?", conversation_id="conv_long")))
    await asked.wait()
    seconds = time.perf_counter() - start
    await last
    await runtime.close()
    database.close()
    assert first.run.status == "finished"
    return [
        Figure("conversation.model_calls", turns * (CALLS + 1)),
        Figure("conversation.content", content / 1e6, "MB"),
        Figure("conversation.stored", stored / 1e6, "MB"),
        Figure("conversation.stored_to_content", stored / content, goal=1.2),
        Figure("conversation.resume", seconds, "s", goal=2.0),
    ]


def _stored(database: Database) -> int:
    """Bytes of the facts and bodies, as they are stored."""
    with database.reading() as session:
        facts = session.execute(sa.text("SELECT coalesce(sum(length(payload)), 0) FROM events")).scalar_one()
        bodies = session.execute(sa.text("SELECT coalesce(sum(length(data)), 0) FROM blobs")).scalar_one()
    return int(facts) + int(bodies)
