"""A workspace with a live version, a proposed one, and conversations that end as a test says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.prompts.rollout_store import Rollout, get_rollout
from agents.prompts.store import add_bundle, get_bundle
from agents.rollouts import begin_rollout
from agents.runtime import Runtime
from agents.selection import live_bundle, own_bundle
from agents.service.rollout_watch import RolloutWatch
from agents.starting import Start
from optimizer.watch import make_judge
from tests.builders import (
    PERSON,
    failed,
    finished,
    judged,
    make_proposal,
    model_step,
    open_workspace,
    write_workspace,
)
from tests.fakes import ScriptedModel
from traces.db import Database, open_database
from traces.recorder import Recorder
from traces.store import get_run

PLAN = {"share": 0.5, "exposure": 30, "wait_minutes": 0}


class World:
    """One process over the database: a runtime whose runs are only begun, and recorded as the test wants."""

    def __init__(self, folder: Path, database: Database) -> None:
        if not (folder / "strop.toml").exists():
            write_workspace(folder)
        self.workspace = open_workspace(folder)
        self.database = database
        script = ScriptedModel(lambda prompt, reply: f"You said: {prompt}")
        self.runtime = Runtime(self.workspace, database, make_model=lambda bundle: script.model())
        self.script = script
        self.watch = RolloutWatch(self.runtime, make_judge)
        with database.writing() as session:
            self.live = live_bundle(session, self.recorder, self.workspace, self.workspace.agent("hello")).digest

    @property
    def recorder(self) -> Recorder:
        """The runtime's own."""
        return self.runtime.recorder

    def propose(self, text: str = "Greet the guest.") -> str:
        """A proposed version of `hello`; gives its digest."""
        own = own_bundle(self.workspace, self.workspace.agent("hello"))
        return make_proposal(self.recorder, own.with_(instructions=text), self.live)[0]

    def begin(self, candidate: str, mode: Any = "canary", **plan: Any) -> Rollout:
        """A rollout of that version."""
        return begin_rollout(self.recorder, "hello", candidate, mode, {**PLAN, **plan}, PERSON)

    def turn(self, conversation: str) -> tuple[str, str]:
        """Begin a turn; gives (run id, digest of its bundle)."""
        run_id = self.runtime.start(Start("hello", "good morning", conversation))
        with self.database.reading() as session:
            return run_id, get_run(session, run_id).bundle

    def converse(self, conversation: str, *, good: bool = True, broken: bool = False) -> str:
        """A conversation of one turn, judged; gives the digest of its bundle."""
        run_id, bundle = self.turn(conversation)
        self.recorder.append_all(run_id, [*model_step(), failed() if broken else finished()])
        self.recorder.append(run_id, judged(score=float(good)))
        return bundle

    def serve(self, rollout: Rollout, number: int, *, bad: bool) -> set[str]:
        """So many conversations, in which the candidate fails where it is `bad`, with a look after each."""
        met = set()
        for count in range(number):
            run_id, bundle = self.turn(f"conv_{rollout.id}_{count}")
            wrong = bad and bundle == rollout.candidate
            self.recorder.append_all(run_id, [*model_step(), finished(), judged(score=0.0 if wrong else 1.0)])
            self.watch.look()
            met.add(bundle)
            if not self.find(rollout).active:
                break
        return met

    def find(self, rollout: Rollout) -> Rollout:
        """As it is now."""
        with self.database.reading() as session:
            return get_rollout(session, rollout.id)

    def state(self, digest: str) -> str:
        """Of a version."""
        with self.database.reading() as session:
            return get_bundle(session, digest).state

    def draft(self, text: str) -> str:
        """A version that nobody approved."""
        own = own_bundle(self.workspace, self.workspace.agent("hello"))
        with self.database.writing() as session:
            return add_bundle(session, own.with_(instructions=text), author="x", author_kind="person")


@contextmanager
def open_world(folder: Path, url: str) -> Iterator[World]:
    """One process over that database."""
    database = open_database(url)
    try:
        yield World(folder, database)
    finally:
        database.close()
