"""`python -m benchmarks.terminal.load FOLDER RATE SECONDS`: so many facts a second, written by a process of its own.

Whole runs that begin, think, call a tool and end, in a few transactions a second and past the recorder, which would
take a core for it. Prevents: a terminal that is said to stand 500 facts a second and met a quarter of them.
"""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from agents.config import load_workspace
from traces.bulk import Stream, write_streams
from traces.db import open_database
from traces.events import Event, ModelReplied, ModelRequested, RunFinished, RunStarted, ToolCalled, ToolReturned
from traces.ids import new_id
from traces.store import list_runs

PACE: Final = 0.05
"""Seconds between two transactions."""
FACTS: Final = 6
"""Of a run."""


def facts_of_one(bundle: str) -> list[Event]:
    """A run as short as a run is: a thought, a call, an answer."""
    reply = {"parts": [{"part_kind": "text", "content": "good morning"}], "kind": "response"}
    return [
        RunStarted(agent="search", bundle=bundle, conversation_id=new_id("conv"), input="good morning"),
        ModelRequested(op="model/1", step=1, model="m", fingerprint="f"),
        ModelReplied(op="model/1", step=1, model="m", response=reply, input_tokens=9, output_tokens=6, seconds=0.1),
        ToolCalled(op="t1", step=1, tool="look", server="s", arguments={}, call_id="c", effect="read",
                   idempotency_key="k"),
        ToolReturned(op="t1", step=1, tool="look", result="one more", size=10, seconds=0.1),
        RunFinished(output="one", seconds=0.2),  # or the service would take it for abandoned and go on with it
    ]  # fmt: skip


def streams(count: int, bundle: str) -> Iterator[Stream]:
    """So many runs that happen now."""
    now = datetime.now(UTC)
    for _ in range(count):
        facts = facts_of_one(bundle)
        yield new_id("run"), [(now + timedelta(milliseconds=at), fact) for at, fact in enumerate(facts)]


def main() -> None:
    """Write at this rate for so long; a transaction that came late is made up for."""
    folder, rate, seconds = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    database = open_database(load_workspace(folder).database_url)
    try:
        with database.reading() as session:
            bundle = list_runs(session, limit=1).items[0].bundle
        begun, written = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < seconds:
            owed = round((passed + PACE) * rate / FACTS) - written
            with database.writing() as session:
                write_streams(session, streams(owed, bundle))
            written += owed
            time.sleep(max(PACE - (time.monotonic() - begun - passed), 0))
    finally:
        database.close()


if __name__ == "__main__":
    main()
