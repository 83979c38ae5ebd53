"""A workspace with one agent and many versions of it, on either database; and a worker of it as a process.

`python -m benchmarks.rollout.house WORKSPACE URL` starts a conversation every few milliseconds and writes a line for
each: when it was started, and on which version. It ends when its standard input does.
"""

import sys
import threading
import time
from pathlib import Path
from typing import Final

from agents.config import Workspace, load_workspace
from agents.prompts.bundle import Bundle
from agents.prompts.decisions import move
from agents.prompts.store import add_bundle
from agents.runtime import Runtime
from agents.selection import choose_bundle, live_bundle, own_bundle
from agents.starting import Start
from traces.db import Database, open_database
from traces.provenance import Provenance
from traces.recorder import Recorder

AGENT: Final = """\
name: desk
description: answers
model: test:none
instructions: Answer.
"""

PERSON: Final = Provenance(by="operator", reason="the benchmark", role="admin")
MACHINE: Final = Provenance(by="optimizer", actor="machine", reason="the benchmark")

PAUSE: Final = 0.02
"""Seconds between two conversations of a worker."""


def make(folder: Path) -> None:
    """The workspace's files."""
    (folder / "agents").mkdir(parents=True)
    (folder / "strop.toml").write_text("[workspace]\nname = 'bench'\n")
    (folder / "agents" / "desk.yaml").write_text(AGENT)


class House:
    """One process over that workspace and a database."""

    def __init__(self, folder: Path, url: str) -> None:
        self.workspace: Workspace = load_workspace(folder, {"STROP_USER": "operator"})
        self.database: Database = open_database(url)
        self.runtime = Runtime(self.workspace, self.database, make_model=_none)
        self.recorder: Recorder = self.runtime.recorder

    def live(self) -> str:
        """Digest of what serves."""
        with self.database.writing() as session:
            return live_bundle(session, self.recorder, self.workspace, self.workspace.agent("desk")).digest

    def propose(self, text: str) -> str:
        """A version that waits for a person."""
        live, own = self.live(), own_bundle(self.workspace, self.workspace.agent("desk"))
        with self.database.writing() as session:
            new = own.with_(instructions=text)
            digest = add_bundle(session, new, author="optimizer", author_kind="machine", parent=live)
            move(session, self.recorder, digest, "evaluated", MACHINE, evidence=live, detail={"incumbent": live})
            move(session, self.recorder, digest, "proposed", MACHINE)
        return digest

    def fill(self, versions: int) -> None:
        """So many drafts."""
        own = own_bundle(self.workspace, self.workspace.agent("desk"))
        with self.database.writing() as session:
            for number in range(versions):
                add_bundle(session, own.with_(instructions=f"Answer {number}."), author="x", author_kind="machine")

    def choose(self, conversation: str) -> tuple[float, float]:
        """(wall, CPU) milliseconds of one choice, as the start of a run makes it."""
        with self.database.writing() as session:
            wall, cpu = time.perf_counter(), time.thread_time()
            choose_bundle(session, self.recorder, self.workspace, "desk", conversation)
            return (time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000

    def begin(self, conversation: str) -> str:
        """Digest of the version that a new conversation began with."""
        run_id = self.runtime.start(Start("desk", "good morning", conversation))
        from traces.store import get_run

        with self.database.reading() as session:
            return get_run(session, run_id).bundle


def _none(bundle: Bundle) -> None:
    raise AssertionError("nothing is asked in this benchmark")


def main(folder: str, url: str, name: str) -> None:
    """Start conversations until standard input ends."""
    house, ended = House(Path(folder), url), threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    number = 0
    while not ended.is_set():
        began = time.time()
        digest = house.begin(f"conv_{name}_{number}")
        print(f"{began} {digest}", flush=True)
        number += 1
        time.sleep(PAUSE)


if __name__ == "__main__":
    main(*sys.argv[1:])
