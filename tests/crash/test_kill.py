"""SIGKILL right after each single fact of a run, and in the middle of a write: nothing recorded is done again."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from agents.starting import Start
from tests.crash.workshop import (
    Moment,
    decide_lost,
    facts_of,
    free_leases,
    in_fork,
    lines,
    make_workspace,
    url,
    work,
)
from traces.db import open_database
from traces.recorder import Recorder
from traces.store import StoredEvent, get_run, list_children, read_events
from traces.verify import verify

RUN = "run_crash"
POINTS = (
    "boss run_started", "boss tools_listed", "boss model_requested 1", "boss model_replied 1",
    "boss tool_called look", "boss tool_returned look", "boss model_requested 2", "boss model_replied 2",
    "boss tool_called pay",
    "boss tool_returned pay", "boss model_requested 3", "boss model_replied 3", "clerk run_started",
    "boss run_delegated", "clerk tools_listed", "clerk model_requested 1", "clerk model_replied 1",
    "clerk tool_called look", "clerk tool_returned look", "clerk model_requested 2", "clerk model_replied 2",
    "clerk run_finished", "boss delegation_ended", "boss model_requested 4", "boss model_replied 4",
    "boss run_finished",
)  # fmt: skip
"""Every fact that the scripted run and the one it delegates leave, in order: `test_without_a_kill` keeps it whole."""

BEFORE = (
    "boss tools_listed", "boss model_replied 1", "boss tool_called pay", "boss tool_returned pay",
    "boss model_requested 3", "clerk run_finished", "boss delegation_ended", "boss run_finished",
)  # fmt: skip
"""Facts that are lost with the worker, which dies just before their commit: one of each way to write one."""

BOSS_TURNS, CLERK_TURNS = 4, 2


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A fresh workspace."""
    make_workspace(tmp_path / "ws")
    return tmp_path / "ws"


def killed_after(root: Path, fact: int | None, moment: Moment = "after") -> int:
    """Start the run, or go on with it, in a process that perhaps dies at a fact; gives how it ended."""
    return in_fork(lambda: asyncio.run(work(root, Start("boss", "do it"), RUN, fact, moment=moment)))


def finish(root: Path) -> None:
    """Go on with the run in fresh processes until it ends; an unknown outcome is decided as a person would."""
    for _ in range(4):
        database = open_database(url(root))
        free_leases(database)
        database.close()
        code = killed_after(root, None)
        if code == 0:
            return
        assert code == 6, f"ended with {code}"
        decide(root)
    raise AssertionError("the run did not come to its end")


def decide(root: Path) -> None:
    """Look at the outside world (the count file), then say what became of the call."""
    database = open_database(url(root))
    decide_lost(root, Recorder(database), RUN)
    database.close()


def check_end(root: Path) -> None:
    """Finished, whole, and nothing that was recorded happened twice."""
    database = open_database(url(root))
    with database.reading() as session:
        assert get_run(session, RUN).status == "finished"
        assert [child.status for child in list_children(session, RUN)] == ["finished"]
        report = verify(session)
        assert report.whole, report.problems
    assert Counter(lines(root / "count.txt"))["pay 5"] == 1
    assert report.model_replies == BOSS_TURNS + CLERK_TURNS
    database.close()


def test_without_a_kill(root: Path) -> None:
    """The scripted run itself: every reply asked once, every tool called once, the number of facts as stated."""
    assert killed_after(root, None) == 0
    check_end(root)
    assert Counter(lines(root / "asked.txt")).most_common(1)[0][1] == 1
    assert Counter(lines(root / "count.txt")) == {"look a": 1, "pay 5": 1, "look b": 1}
    database = open_database(url(root))
    facts = facts_of(database, RUN)
    database.close()
    assert tuple(point(one) for one in facts) == POINTS


def point(fact: StoredEvent) -> str:
    """What a fact of the scripted run is called above."""
    parts = str(fact.event.op or "").split("/")
    number = parts[-1] if parts[0] == "model" else ""
    called = parts[3] if parts[0] == "tool" else ""
    return " ".join(one for one in ("boss" if fact.stream == RUN else "clerk", fact.kind, number, called) if one)


@pytest.mark.parametrize(
    ("name", "moment"), [*((name, "after") for name in POINTS), *((name, "before") for name in BEFORE)]
)
def test_killed_at(root: Path, name: str, moment: Moment) -> None:
    """Just after a fact is durable, or just before it would be: the run goes on, and asks no recorded reply again."""
    code = killed_after(root, POINTS.index(name) + 1, moment)
    assert code in {-9, 0}
    asked_before = Counter(lines(root / "asked.txt"))
    replied = recorded_replies(root)
    finish(root)
    check_end(root)
    again = Counter(lines(root / "asked.txt")) - asked_before
    assert not set(again) & replied, "a recorded reply was asked of the model again"


def recorded_replies(root: Path) -> set[str]:
    """`agent turn` of each reply that was on record at the kill."""
    database = open_database(url(root))
    found = set()
    with database.reading() as session:
        for name, stream in [("boss", RUN), *(("clerk", child.id) for child in list_children(session, RUN))]:
            replies = read_events(session, stream, kinds=["model_replied"])
            found |= {f"{name} {turn}" for turn in range(len(replies))}
    database.close()
    return found


def test_killed_inside_a_write(root: Path) -> None:
    """The effect happened and its answer was lost: the run waits for a person, and nothing is paid twice."""
    (root / "kill-client").touch()
    assert killed_after(root, None) == -9
    assert lines(root / "count.txt") == ["look a", "pay 5"]
    database = open_database(url(root))
    free_leases(database)
    database.close()
    assert killed_after(root, None) == 6
    finish(root)
    check_end(root)


def test_a_living_owner_keeps_its_run(root: Path) -> None:
    """Two workers cannot have one run: the second is told who has it."""
    killed_after(root, 3)  # dies, but its lease still counts
    assert killed_after(root, None) == 6
