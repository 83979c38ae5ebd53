"""SIGKILL at every fact of a turn that waits for people: a held call of a sub-agent, a tool server's question, a call
whose outcome nobody knows, and the turns that were left out of its history. Workers and deciders die alike.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.approvals import decide_approval, list_approvals
from agents.questions import answer_question, list_questions
from agents.starting import Start
from tests.crash.workshop import (
    KELLER,
    SERVERS,
    Moment,
    Script,
    decide_lost,
    die_at,
    facts_of,
    free_leases,
    in_fork,
    lines,
    make_workspace,
    url,
    work,
)
from traces.db import Database, open_database
from traces.recorder import Recorder
from traces.store import list_runs, read_events
from traces.verify import verify

RUN = "run_crash"
ASK = Start("boss", "go on", conversation_id="conv_crash")
AGENTS = {
    "boss": """
name: boss
model: test
instructions: Pay, then book.
strop:
  limits: {history_characters: 1}
  tools: [{server: asking, allow: [book]}]
  delegates: [{agent: clerk, tool: ask_clerk, description: Pays.}]
""",
    "clerk": """
name: clerk
model: test
instructions: Pay.
strop:
  tools: [{server: counting}]
  policies: [{tool: pay, then: ask, reason: it is money}]
""",
}
EARLIER: Script = {"boss": ["Good day.", "Good day again."]}
SCRIPT: Script = {
    # What is said first answers the turn before, which the history still holds.
    "boss": ["Good day.", ("ask_clerk", '{"request": "pay 5"}'), ("book", '{"room": "7"}'), "all done"],
    "clerk": [("pay", '{"amount": 5}'), "paid"],
}
POINTS = (
    "boss run_started", "boss history_taken", "boss tools_listed", "boss model_requested", "boss model_replied",
    "clerk run_started", "boss run_delegated", "clerk tools_listed", "clerk model_requested", "clerk model_replied",
    "clerk approval_requested", "clerk run_waited", "boss run_waited",
    "clerk approval_decided", "clerk run_released", "boss run_released",
    "boss run_resumed", "clerk run_resumed", "clerk tool_called", "clerk tool_returned", "clerk model_requested 2",
    "clerk model_replied 2", "clerk run_finished", "boss delegation_ended", "boss model_requested 2",
    "boss model_replied 2", "boss tool_called", "boss question_asked", "boss run_waited 2",
    "boss question_answered", "boss run_released 2", "boss run_resumed 2", "boss tool_called 2", "boss tool_returned",
    "boss model_requested 3", "boss model_replied 3", "boss run_finished",
)  # fmt: skip
"""Every fact that the turn leaves, in order: `test_without_a_kill` keeps it whole."""

KILLS = (
    "boss history_taken", "boss tools_listed", "clerk model_replied", "clerk approval_requested", "clerk run_waited",
    "boss run_waited", "clerk approval_decided", "boss run_released", "boss run_resumed", "clerk run_resumed",
    "clerk tool_called", "clerk tool_returned", "boss tool_called", "boss question_asked", "boss run_waited 2",
    "boss question_answered", "boss run_released 2", "boss tool_called 2", "boss tool_returned",
)  # fmt: skip
"""Those that `test_kill` has not: waiting, deciding and going on."""

RESUMED_TO_WAIT = ("boss run_resumed", "clerk run_resumed", "clerk run_waited", "boss run_waited")
"""What the next worker finds after the payment's answer was lost."""

DECIDED = ("clerk outcome_decided", "clerk run_released", "boss run_released")
"""What a person's word on a lost call leaves, in one transaction."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of a conversation of two turns; the third has room for one of them."""
    root = make_root(tmp_path_factory.mktemp("begun") / "ws")
    for turn in ("run_1", "run_2"):
        assert in_fork(lambda: asyncio.run(work(root, ASK, turn, None, script=EARLIER))) == 0  # noqa: B023  # at once
    return root / "ledger.db"


@pytest.fixture
def root(tmp_path: Path, begun: Path) -> Path:
    """A workspace in which that conversation goes on."""
    root = make_root(tmp_path / "ws")
    shutil.copy(begun, root / begun.name)
    return root


def make_root(root: Path) -> Path:
    """The workspace's files."""
    asking = Path(__file__).parents[1] / "tools" / "asking_server.py"
    make_workspace(root, AGENTS, {**SERVERS, "asking": asking})
    return root


def decide(root: Path, fact: int | None, moment: Moment) -> None:
    """Say one thing that the run waits for, as a person would who looked at what happened."""
    database = open_database(url(root))
    recorder = Recorder(database)
    if fact is not None:
        die_at(recorder, fact, moment)
    with database.reading() as session:
        held, asked = list_approvals(session), list_questions(session)
    if held:
        decide_approval(recorder, held[0].id, "approve", KELLER)
    elif asked:
        answer_question(recorder, asked[0].id, "accept", KELLER, content={"name": "Ada", "nights": 3})
    else:
        decide_lost(root, recorder, RUN)
    database.close()


def waits(database: Database) -> bool:
    """Whether the turn waits for a person, as the list of runs tells."""
    with database.reading() as session:
        return any(run.status == "waiting" for run in list_runs(session).items)


def to_the_end(root: Path, fact: int | None = None, moment: Moment = "after", *, lost: bool = False) -> list[str]:
    """Work and decide in turn, each in a process of its own; the one that comes to the `fact`-th fact is killed.

    Args:
        root: the workspace.
        fact: which one of all the turn's facts; None: nobody is killed.
        moment: when it is durable, or in its open transaction.
        lost: whether the payment, too, kills the worker that asked for it.

    Returns:
        What the facts are called, in order.
    """
    trap = root / "kill-client"
    if lost:
        trap.touch()
    for _ in range(20):
        database = open_database(url(root))
        free_leases(database)
        left, worker = None if fact is None else fact - len(facts_of(database, RUN)), not waits(database)
        database.close()
        code = in_fork(process(root, worker, left, moment))
        if code == 0 and worker:
            break
        if code == -9 and lost and not trap.exists():
            lost = False
        elif code == -9 and fact is not None:
            fact = None
        else:
            assert code == (6 if worker else 0), f"ended with {code}"
    assert (fact, lost) == (None, False)
    return names(root)


def process(root: Path, worker: bool, fact: int | None, moment: Moment) -> Callable[[], None]:
    """What the next process does."""
    if worker:
        return lambda: asyncio.run(work(root, ASK, RUN, fact, moment=moment, script=SCRIPT))
    return lambda: decide(root, fact, moment)


def names(root: Path) -> list[str]:
    """What the turn's facts are called above."""
    database, seen, found = open_database(url(root)), Counter[str](), []
    for fact in facts_of(database, RUN):
        name = f"{'boss' if fact.stream == RUN else 'clerk'} {fact.kind}"
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    database.close()
    return found


def check_end(root: Path) -> None:
    """Finished, whole, every effect once, every word of a person once, the same turn left out of the history."""
    assert lines(root / "count.txt") == ["pay 5"]
    assert lines(root / "notes.txt") == ["booked 7 Ada 3"]
    database = open_database(url(root))
    with database.reading() as session:
        assert {run.status for run in list_runs(session).items} == {"finished"}
        (taken,) = read_events(session, RUN, kinds=["history_taken"])
        report = verify(session)
    kinds = Counter(fact.kind for fact in facts_of(database, RUN))
    database.close()
    assert (len(taken.event.runs), len(taken.event.left_out)) == (1, 1)
    assert report.whole, report.problems
    said = ("approval_requested", "approval_decided", "question_answered", "run_finished")
    assert {name: kinds[name] for name in said} == dict(zip(said, (1, 1, 1, 2), strict=True))


def test_without_a_kill(root: Path) -> None:
    """The scripted turn itself, and the facts as stated."""
    assert tuple(to_the_end(root)) == POINTS
    check_end(root)


@pytest.mark.parametrize("moment", ["after", "before"])
@pytest.mark.parametrize("name", KILLS)
def test_killed_at(root: Path, name: str, moment: Moment) -> None:
    """Just after a fact is durable, or just before it would be."""
    to_the_end(root, POINTS.index(name) + 1, moment)
    check_end(root)


@pytest.mark.parametrize("moment", ["after", "before"])
@pytest.mark.parametrize("name", DECIDED)
def test_killed_while_a_lost_call_is_decided(root: Path, name: str, moment: Moment) -> None:
    """The payment's answer was lost with its worker, and whoever says what became of it dies, too."""
    facts = [*POINTS[: POINTS.index("clerk tool_called") + 1], *RESUMED_TO_WAIT, *DECIDED]
    whole = to_the_end(root, facts.index(name, len(facts) - len(DECIDED)) + 1, moment, lost=True)
    assert [one for one in whole if "outcome" in one] == ["clerk outcome_decided"]
    check_end(root)
