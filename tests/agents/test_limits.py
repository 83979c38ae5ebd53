"""Where a run is stopped: counted from the ledger, over resumes, for runs below it and its whole conversation."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agents.errors import LimitReached
from agents.limits import worked_seconds
from agents.runtime import Runtime
from agents.starting import Start
from tests.builders import NOON, open_workspace, scripted_runtime, write_workspace
from tests.fakes import Call, Plan, ScriptedModel
from traces.db import Database, open_database
from traces.store import get_run, list_children, read_events
from traces.summary import RunSummary

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).parents[1] / "crash" / "counting_server.py"


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An open ledger."""
    opened = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


def agent(name: str, limits: str, more: str = "tools: [{server: counting}]") -> str:
    """An agent's file with these limits."""
    return f"name: {name}\nmodel: test\ninstructions: Work.\nstrop:\n  {more}\n  limits: {limits}\n"


Make = Callable[..., Runtime]


@pytest.fixture
def make(tmp_path: Path, database: Database) -> Make:
    """Makes a runtime over agents' files; their model speaks by the plan."""

    def made(plan: Plan, *agents: str, prices: str = "") -> Runtime:
        env = {"COUNT_FILE": str(tmp_path / "count.txt")}
        entry = {"command": sys.executable, "args": [str(SERVER)], "env": env}
        root = write_workspace(tmp_path / "ws", *agents, servers={"counting": entry}, toml=prices)
        return scripted_runtime(open_workspace(root), database, ScriptedModel(plan))

    return made


def looks(prompt: str, reply: int) -> Call | str:
    """Looks something up again and again."""
    return Call("look", {"name": "a" * 100}) if reply < 20 else "done"


def run_of(runtime: Runtime, run_id: str) -> RunSummary:
    """How it stands."""
    with runtime.database.reading() as session:
        return get_run(session, run_id)


async def stopped(runtime: Runtime, ask: Start, match: str) -> RunSummary:
    """A run that comes to a limit; the reason is on record too."""
    run_id = runtime.start(ask)
    with pytest.raises(LimitReached, match=match):
        await runtime.work(run_id)
    run = run_of(runtime, run_id)
    assert run.status == "failed"
    assert run.error is not None
    assert run.error.startswith("LimitReached: ")
    return run


async def test_a_run_stops_at_its_own_limits(make: Make) -> None:
    """Tokens, cost and the bytes of its tools' results: the request after the one that reached it is not made."""
    price = '[workspace]\nname = "w"\n[models.prices]\n"scripted" = {input = 1000, output = 0}\n'
    agents = [agent("a", "{tokens: 100}"), agent("b", "{cost: 0.1}"), agent("c", "{all_tool_bytes: 300}")]
    runtime = make(looks, *agents, prices=price)
    by_tokens = await stopped(runtime, Start("a", "go"), r"limit of run run_\w+ is reached: \d+ tokens of 100 tokens")
    assert by_tokens.input_tokens + by_tokens.output_tokens >= 100
    by_cost = await stopped(runtime, Start("b", "go"), r"\$0\.1\d+ of \$0\.1000")
    assert (by_cost.cost or 0) >= 0.1
    by_bytes = await stopped(runtime, Start("c", "go"), "tool bytes of 300 tool bytes")
    assert 2 <= by_bytes.tool_calls < 20
    await runtime.close()


async def test_what_a_delegated_run_uses_counts_above(make: Make) -> None:
    """The run below is refused its next request by the limit of the one above, which then ends too."""

    def plan(prompt: str, reply: int) -> Call | str:
        return looks(prompt, reply) if prompt == "below" else Call("ask", {"request": "below"})

    boss = agent("boss", "{tokens: 400}", "delegates: [{agent: clerk, tool: ask, description: Asks.}]")
    runtime = make(plan, boss, agent("clerk", "{steps: 50}"))
    run = await stopped(runtime, Start("boss", "go"), "tokens of 400 tokens")
    with runtime.database.reading() as session:
        children = list_children(session, run.id)
        told = [one.event for one in read_events(session, run.id, kinds=["delegation_ended"])]
    assert [child.status for child in children] == ["failed"] * len(children)
    assert f"limit of run {run.id} is reached" in str(children[0].error)
    assert (told[0].status, run.id in told[0].message) == ("failed", True)
    own = run.input_tokens + run.output_tokens
    assert own < 400, "the run above used up its limit without the one below"
    await runtime.close()


async def test_a_conversation_has_limits_of_its_own(make: Make) -> None:
    """A third turn is refused before its first request, with the reason; another conversation is not."""
    runtime = make(lambda prompt, reply: "yes", agent("a", "{conversation: {steps: 2}}", "rules: []"))
    for _ in range(2):
        await runtime.run(Start("a", "go", conversation_id="c1"))
    run = await stopped(
        runtime, Start("a", "go", conversation_id="c1"), "conversation is reached: 2 steps of 2 steps"
    )
    assert run.steps == 0
    await runtime.run(Start("a", "go", conversation_id="c2"))
    await runtime.close()


async def test_time_goes_on_over_a_resume(make: Make, database: Database) -> None:
    """What a run was worked on before counts: a run that is resumed again and again comes to its end too."""
    runtime = make(lambda prompt, reply: "late", agent("a", "{seconds: 0.3}", "rules: []"))
    script = ScriptedModel(["one", "two"], gate=asyncio.Event())
    slow = scripted_runtime(runtime.workspace, database, script)
    run_id = slow.start(Start("a", "go"))
    with pytest.raises(LimitReached, match="the time of run"):
        await slow.work(run_id)
    with pytest.raises(LimitReached, match="the time of run"):
        await runtime.work(run_id)  # this one would answer at once
    assert run_of(runtime, run_id).steps == 0
    await runtime.close()


def test_time_is_counted_while_somebody_works() -> None:
    """Not in the queue, not while a person is waited for, not between a crash and the next worker."""
    facts = [
        ("run_started", 0), ("model_requested", 100), ("tool_called", 103), ("run_waited", 105),
        ("approval_decided", 500), ("run_released", 500), ("run_resumed", 510), ("tool_called", 511),
        ("run_resumed", 900), ("tool_returned", 902), ("run_finished", 903), ("feedback_given", 5000),
    ]  # fmt: skip
    assert worked_seconds((kind, NOON + timedelta(seconds=at)) for kind, at in facts) == 5 + 1 + 3
    assert worked_seconds([("run_started", NOON)]) == 0
