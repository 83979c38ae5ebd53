"""A person's word lets go of all runs that waited for it: the one it is about and those above it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agents.outcomes import decide_outcome
from agents.runtime import Runtime
from tests.builders import PERSON, open_workspace, run_started, scripted_runtime, write_workspace
from tests.fakes import ScriptedModel
from traces.db import Database
from traces.events import Event, OutcomeDecided, RunWaited, ToolCalled
from traces.leases import list_unheld
from traces.recorder import Recorded
from traces.store import get_run, read_events


def waiting(runtime: Runtime, run_id: str, ops: list[str], *before: Event, **started: str) -> None:
    """A run that waits for an outcome."""
    waits = RunWaited(reason="outcome_unknown", ops=ops, message="who knows")
    for fact in (run_started(**started), *before, waits):
        runtime.recorder.append(run_id, fact)


def call(op: str) -> ToolCalled:
    """A write that was sent and never answered."""
    return ToolCalled(
        op=op, step=1, tool="pay", server="bank", arguments={}, call_id=op, effect="write", idempotency_key=op
    )


def statuses(runtime: Runtime, *run_ids: str) -> list[str]:
    """Where these runs stand."""
    with runtime.database.reading() as session:
        return [get_run(session, run_id).status for run_id in run_ids]


def test_the_last_outcome_below_lets_go_of_the_run_above(tmp_path: Path, database: Database) -> None:
    """Not before the last one, and a service then finds the run that a person asked for."""
    workspace = open_workspace(write_workspace(tmp_path / "ws"))
    runtime = scripted_runtime(workspace, database, ScriptedModel(["done"]))
    waiting(runtime, "run_top", ["one"])
    below = {"parent_run_id": "run_top", "origin": "delegation"}
    waiting(runtime, "run_top.a", ["one"], call("one"), **below)
    waiting(runtime, "run_top.b", ["two"], call("two"), **below)
    decide_outcome(
        runtime.recorder, "run_top.a", OutcomeDecided(op="one", decision="done", result="paid", provenance=PERSON)
    )
    assert statuses(runtime, "run_top", "run_top.a", "run_top.b") == ["waiting", "running", "waiting"]
    decide_outcome(runtime.recorder, "run_top.b", OutcomeDecided(op="two", decision="retry", provenance=PERSON))
    assert statuses(runtime, "run_top", "run_top.a", "run_top.b") == ["running", "running", "running"]
    soon = datetime.now(UTC) + timedelta(seconds=1)
    with database.reading() as session:
        assert list_unheld(session, soon, soon, limit=10) == ["run_top"]


def test_a_word_that_collides_with_another_fact_is_said_again(tmp_path: Path, database: Database) -> None:
    """Somebody writes into the run's ledger between the look at it and the word: the word still goes in, once."""
    workspace = open_workspace(write_workspace(tmp_path / "ws"))
    runtime = scripted_runtime(workspace, database, ScriptedModel(["done"]))
    waiting(runtime, "run_top", ["one"], call("one"))
    write, collided = runtime.recorder.append_in, list[str]()

    def colliding(session: Session, stream: str, event: Event) -> Recorded:
        if not collided:
            collided.append(stream)
            raise IntegrityError("INSERT", {}, Exception("events_stream_seq"))
        return write(session, stream, event)

    runtime.recorder.append_in = colliding  # type: ignore[method-assign]
    decide_outcome(runtime.recorder, "run_top", OutcomeDecided(op="one", decision="retry", provenance=PERSON))
    assert (collided, statuses(runtime, "run_top")) == (["run_top"], ["running"])
    with database.reading() as session:
        assert len(read_events(session, "run_top", kinds=["outcome_decided"])) == 1
