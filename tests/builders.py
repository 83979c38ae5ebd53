"""Small makers of what many tests need: a workspace on disk, a runtime with a scripted model, runs in a ledger.

Every argument has a default that is right for most tests; a test names only what it is about.
"""

import json
import textwrap
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agents.config import Workspace, load_workspace
from agents.prompts.bundle import Bundle
from agents.prompts.decisions import move
from agents.prompts.store import add_bundle
from agents.runtime import Runtime
from tests.fakes import ScriptedModel
from traces.bodies import body_name
from traces.db import Database
from traces.events import (
    Event,
    EvidenceWritten,
    FeedbackGiven,
    ModelReplied,
    ModelRequested,
    NightEnded,
    NightStarted,
    RolloutScored,
    RunFailed,
    RunFinished,
    RunStarted,
    StageReached,
)
from traces.ids import new_id
from traces.provenance import Provenance
from traces.recorder import Recorder

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PERSON = Provenance(by="m.keller", reason="it reads better", role="approver")
MACHINE = Provenance(by="optimizer", actor="machine", reason="the night found it")

HELLO = """\
    name: hello
    description: greets
    model: test:scripted
    instructions: Greet the customer.
    """


def write_workspace(
    folder: Path, *agents: str, servers: Mapping[str, Mapping[str, Any]] | None = None, toml: str = ""
) -> Path:
    """A workspace with these agents' YAML files (default: one called hello)."""
    (folder / "agents").mkdir(parents=True, exist_ok=True)
    (folder / "strop.toml").write_text(toml or '[workspace]\nname = "bench"\nenvironment = "test"\n')
    for number, text in enumerate(agents or (HELLO,)):
        (folder / "agents" / f"a{number}.yaml").write_text(textwrap.dedent(text))
    if servers:
        (folder / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    return folder


def open_workspace(folder: Path, **environ: str) -> Workspace:
    """The workspace, read with this environment alone."""
    return load_workspace(folder, {"STROP_USER": "tester", **environ})


def scripted_runtime(workspace: Workspace, database: Database, script: ScriptedModel, **options: Any) -> Runtime:
    """A runtime whose agents all speak by one script."""
    return Runtime(workspace, database, make_model=lambda bundle: script.model(), **options)


def make_bundle(**changes: Any) -> Bundle:
    """A small bundle."""
    return Bundle(**{"agent": "hello", "instructions": "Greet the customer.", "model": "test:scripted", **changes})


# --- facts -------------------------------------------------------------------------------------------------------


class Ticking:
    """A clock that goes on by a fixed step with each look."""

    def __init__(self, start: datetime = NOON, step: timedelta = timedelta(seconds=1)) -> None:
        self.now, self.step = start, step

    def __call__(self) -> datetime:
        """The time, which then goes on."""
        self.now += self.step
        return self.now


def run_started(**changes: Any) -> RunStarted:
    """A run's first fact."""
    given = {"agent": "hello", "bundle": "sha256:" + "a" * 64, "conversation_id": "conv_1", "input": "good morning"}
    return RunStarted(**{**given, **changes})


def model_step(number: int = 1, text: str = "Good morning!", **changes: Any) -> list[Event]:
    """A model's request and its reply."""
    op = f"model/{number}"
    response = {"kind": "response", "parts": [{"part_kind": "text", "content": text}]}
    given = {"model": "scripted", "input_tokens": 10, "output_tokens": 5, "seconds": 0.5, "response": response}
    return [
        ModelRequested(op=op, step=number, model="scripted", fingerprint=f"f{number}"),
        ModelReplied(op=op, step=number, **{**given, **changes}),
    ]


def finished(output: Any = "Good morning!") -> RunFinished:
    """A run's last fact."""
    return RunFinished(output=output, seconds=1.0)


def failed(message: str = "no answer") -> RunFailed:
    """A run's last fact when it went wrong."""
    return RunFailed(error="RunFailed", message=message, seconds=1.0)


def judged(**changes: Any) -> FeedbackGiven:
    """A reviewer's judgement."""
    return FeedbackGiven(**{"feedback_id": new_id("fb"), "score": 0.0, "provenance": PERSON, **changes})


def record_run(recorder: Recorder, *more: Event, run_id: str | None = None, **changes: Any) -> str:
    """Write a run of one model step that ends well (or with `more` instead of its end); gives its id."""
    run_id = run_id or new_id("run")
    facts: Sequence[Event] = (run_started(**changes), *model_step(), *(more or (finished(),)))
    for fact in facts:
        recorder.append(run_id, fact)
    return run_id


# --- versions ----------------------------------------------------------------------------------------------------


EVIDENCE = {"verdict": "better", "before": 0.2, "after": 0.6, "reasons": ["it is better"] * 60}


def make_proposal(
    recorder: Recorder, bundle: Bundle, incumbent: str, *, evidence: Mapping[str, Any] = EVIDENCE
) -> tuple[str, str]:
    """A night that ends in a proposal of `bundle`; gives (digest of the bundle, digest of its evidence)."""
    night = new_id("night")
    evidence = dict(evidence)
    recorder.append(night, NightStarted(agent=bundle.agent, incumbent=incumbent, settings={}))
    recorder.append(night, StageReached(stage="search", message="three candidates"))
    score = RolloutScored(op="r/1", bundle=bundle.digest, example="e1", replica=1, pool="sealed", score=1.0)
    recorder.append(night, score)
    recorder.append(night, EvidenceWritten(bundle=bundle.digest, verdict="better", evidence=evidence))
    name = body_name(evidence)
    flip = {"example": "e1", "input": "burst pipe", "before": "bridge", "after": "harbour"}
    detail = {
        "summary": "20 % -> 60 %",
        "got_better": [flip],
        "got_worse": [],
        "incumbent": incumbent,
        "night": night,
    }
    with recorder.database.writing() as session:
        digest = add_bundle(session, bundle, author="optimizer", author_kind="machine", parent=incumbent)
        move(session, recorder, digest, "evaluated", MACHINE, evidence=name)
        move(session, recorder, digest, "proposed", MACHINE, evidence=name, detail=detail)
    ended = NightEnded(verdict="better", reasons=["it is better"], proposal=digest)
    recorder.append(night, ended)
    return digest, name
