"""Rollouts over recorded tool results: no side effect, divergence counted, a forbidden call decided."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel

from agents.config import Workspace, load_workspace
from agents.prompts.bundle import Bundle
from agents.prompts.store import get_bundle
from agents.runtime import Runtime
from agents.starting import Start
from optimizer.examples import Example
from optimizer.mine import mine
from optimizer.night_log import NightLog
from optimizer.purse import Caps, Purse
from optimizer.rollouts import Rollouts
from traces.db import Database, open_database
from traces.events import FeedbackGiven, NightStarted, RolloutScored
from traces.provenance import Provenance

SERVER = Path(__file__).parent.parent / "crash" / "counting_server.py"

AGENT = """
name: clerk
model: test
instructions: look a; pay 5; say done
strop:
  tools: [{server: counting}]
  metric: {kind: calls}
"""


def obedient(bundle: Bundle) -> FunctionModel:
    """Does what its instructions say, one step at a time: `look NAME; pay N; say TEXT`."""

    async def reply(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        steps = (info.instructions or "").split("; ")
        verb, what = steps[sum(isinstance(one, ModelResponse) for one in messages)].split(" ", 1)
        if verb == "say":
            yield what
        else:
            arguments = {"name": what} if verb == "look" else {"amount": int(what)}
            yield {0: DeltaToolCall(name=verb, json_args=json.dumps(arguments), tool_call_id=f"call-{len(messages)}")}

    return FunctionModel(stream_function=reply, model_name="obedient")


class Bench:
    """One reviewed run and the means to try other instructions on it."""

    def __init__(self, root: Path) -> None:
        (root / "agents").mkdir(parents=True)
        (root / "strop.toml").write_text('[workspace]\nname = "rollouts"\n')
        (root / "agents" / "clerk.yaml").write_text(AGENT)
        self.count = root / "count.txt"
        entry = {"command": sys.executable, "args": [str(SERVER)], "env": {"COUNT_FILE": str(self.count)}}
        (root / "mcp.json").write_text(json.dumps({"mcpServers": {"counting": entry}}))
        self.workspace = load_workspace(root)
        self.database = open_database(f"sqlite:///{root / 'strop.db'}")
        self.example = asyncio.run(self._reviewed())
        self.log = NightLog(self.database, "night_1", "clerk")
        self.log.append(NightStarted(agent="clerk", incumbent=self.example.bundle, settings={}))
        self.rollouts = Rollouts(
            self.log, lambda: _runtime(self.workspace, self.database), self.workspace.agent("clerk").block.metric,
            Purse(Caps()), incumbent=self.example.bundle, concurrency=2,
        )  # fmt: skip

    async def _reviewed(self) -> Example:
        runtime = _runtime(self.workspace, self.database)
        run = (await runtime.run(Start("clerk", "do it"))).run.id
        await runtime.close()
        correction = {"calls": [{"tool": "look", "arguments": {"name": "a"}}], "no_calls": ["pay"]}
        said = FeedbackGiven(
            feedback_id="fb_1", score=0.0, correction=correction, provenance=Provenance(by="m.keller")
        )
        runtime.recorder.append(run, said)
        with self.database.reading() as session:
            (example,) = mine(session, "clerk", self.workspace.agent("clerk").block.metric).examples
        return example

    def attempt(self, instructions: str) -> RolloutScored:
        """Try other instructions on the reviewed run."""
        with self.database.reading() as session:
            incumbent = get_bundle(session, self.example.bundle).bundle
        digest = self.rollouts.add(
            incumbent.with_(instructions=instructions), parent=self.example.bundle, note="tried"
        )
        return self.rollouts.one(digest, self.example, "select").scored


def _runtime(workspace: Workspace, database: Database) -> Runtime:
    return Runtime(workspace, database, make_model=obedient)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Closed after the test."""
    made = Bench(tmp_path / "ws")
    yield made
    made.rollouts.close()
    made.database.close()


def test_a_rollout_is_answered_from_the_recording_and_changes_nothing(bench: Bench) -> None:
    """The look is answered from the record; the server is not asked again."""
    before = bench.count.read_text()
    scored = bench.attempt("look a; say fine")
    assert (scored.score, scored.diverged) == (1.0, False)
    assert bench.count.read_text() == before == "look a\npay 5\n"


def test_a_call_that_is_not_on_record_leaves_no_score(bench: Bench) -> None:
    """Undecidable, not wrong: counted as diverged."""
    scored = bench.attempt("look b; say fine")
    assert (scored.score, scored.diverged) == (None, True)


def test_a_forbidden_call_is_wrong_whatever_it_would_have_returned(bench: Bench) -> None:
    """Another amount is not on record, but the call itself is the mistake."""
    scored = bench.attempt("look a; pay 7; say fine")
    assert (scored.score, scored.diverged) == (0.0, False)
    assert "pay must not be called" in scored.feedback


def test_the_incumbents_recorded_run_is_its_first_rollout(bench: Bench) -> None:
    """Nothing is run; a second replica is."""
    first = bench.rollouts.one(bench.example.bundle, bench.example, "select").scored
    assert first.run_id == bench.example.run
    assert first.score == 0.0
    second = bench.rollouts.one(bench.example.bundle, bench.example, "select", replica=1).scored
    assert second.run_id != bench.example.run
    assert second.score == 0.0
    assert bench.rollouts.purse.spent.rollouts == 1


def test_asking_twice_is_paid_once(bench: Bench) -> None:
    """Also at the same moment, from several threads, as dspy does with slow ones."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        found = {one.run_id for one in pool.map(bench.attempt, ["look a; say fine"] * 4)}
    assert len(found) == 1
    assert bench.rollouts.purse.spent.rollouts == 1
    assert len(bench.log.all(RolloutScored)) == 1
