"""What is read from a conversation without anybody saying it, and what is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.definitions import Metric
from optimizer.mine import mine
from tests.builders import PERSON, Ticking, finished, judged, record_run
from traces import signals
from traces.db import Database
from traces.events import ToolCalled
from traces.filters import conditions
from traces.recorder import Recorder
from traces.signals import Turn, note_signals, signals_of
from traces.store import get_run, list_runs
from traces.verify import verify

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def turn(number: int, text: str, minutes: float = 0.0, **changes: Any) -> Turn:
    """One turn, `minutes` after NOON, of ten seconds."""
    start = NOON + timedelta(minutes=minutes)
    given: dict[str, Any] = {
        "run_id": f"run_{number}", "agent": "desk", "status": "finished", "started_at": start,
        "ended_at": start + timedelta(seconds=10), "input": text, "output": "It is on its way.", "tools": frozenset(),
    }  # fmt: skip
    return Turn(**{**given, **changes})


def told(*turns: Turn, days: float = 0.1) -> list[tuple[str, str]]:
    """(run, signal) of a conversation, so many days later."""
    return [(one.run_id, one.signal) for one in signals_of(turns, NOON + timedelta(days=days))]


FIRST = "When will the adjuster come to look at my roof"


@pytest.mark.parametrize(
    ("again", "minutes", "expected"),
    [
        ("When will somebody come to look at the roof, the adjuster?", 2, [("run_1", "rephrase")]),
        ("when will the ADJUSTER come to look at my roof?", 2, [("run_1", "retry")]),
        ("Thank you. And how much of my excess do I have to pay?", 2, []),
        ("When will the adjuster come to look at my roof", 200, []),
        ("the roof", 2, []),
    ],
)
def test_the_same_said_again(again: str, minutes: float, expected: list[tuple[str, str]]) -> None:
    """In the same words or in others, soon; another matter, a late turn or a few words are none."""
    assert told(turn(1, FIRST), turn(2, again, minutes)) == expected


def test_another_agents_turn_says_nothing() -> None:
    """It was asked something of its own."""
    assert told(turn(1, FIRST), turn(2, FIRST, 1, agent="claims")) == []


@pytest.mark.parametrize(
    ("last", "days", "expected"),
    [
        ({"status": "failed", "output": None}, 2, [("run_1", "abandonment")]),
        ({"output": "Which policy do you mean?"}, 2, [("run_1", "abandonment")]),
        ({"output": {"answer": "Which policy?", "team": "desk"}}, 2, [("run_1", "abandonment")]),
        ({"output": "Which policy do you mean?"}, 0.5, []),
        ({}, 2, []),
        ({"status": "running", "ended_at": None}, 2, []),
    ],
)
def test_nobody_came_back(last: dict[str, Any], days: float, expected: list[tuple[str, str]]) -> None:
    """After a day, where something was left open."""
    assert told(turn(1, FIRST, **last), days=days) == expected


def test_handed_on_to_a_person() -> None:
    """By the name of the tool."""
    assert told(turn(1, FIRST, tools=frozenset({"look_up", "hand_over_to_team"}))) == [("run_1", "escalation")]


def test_signals_are_noted_once_and_found_again(database: Database) -> None:
    """In the run's own ledger, which stays whole; the filter language finds them; no judgement is counted."""
    recorder = Recorder(database, clock=Ticking(NOON))
    call = ToolCalled(
        op="tool/1",
        step=1,
        tool="escalate",
        server="s",
        arguments={},
        call_id="c",
        effect="write",
        idempotency_key="k",
    )
    first = record_run(recorder, input=FIRST)
    second = record_run(recorder, call, finished(), input="When will the adjuster come and look at my old roof")
    found = {(one.run_id, one.signal) for one in note_signals(recorder, NOON + timedelta(hours=1))}
    assert found == {(first, "rephrase"), (second, "escalation")}
    assert note_signals(recorder, NOON + timedelta(hours=1)) == []
    with database.reading() as session:
        assert verify(session).whole
        for query, run in (("signal:rephrase", first), ("signal:escalation", second)):
            assert [one.id for one in list_runs(session, where=conditions(query, session=session)).items] == [run]
        assert len(list_runs(session, where=conditions("has:signal -signal:retry", session=session)).items) == 2
        assert get_run(session, first).feedback == 0


def test_a_look_that_is_stopped_is_taken_up_by_the_next(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conversations are looked at in parts, and no turn of the last days is left out for being one of many."""
    monkeypatch.setattr(signals, "AT_ONCE", 2)
    recorder = Recorder(database, clock=Ticking(NOON))
    for number in range(5):
        for text in (FIRST, "When will the adjuster come and look at my old roof"):
            record_run(recorder, input=text, conversation_id=f"c{number}")
    later, parts = NOON + timedelta(hours=1), iter([True, False])
    assert len(note_signals(recorder, later, lambda: next(parts))) == 4
    assert len(note_signals(recorder, later)) == 1
    assert note_signals(recorder, later) == []


@pytest.mark.parametrize("before", ["", "And there is one more thing. " * 10])
def test_words_behind_the_first_characters_count(database: Database, before: str) -> None:
    """What the list shows of a text is enough where it is the whole text, and else is not."""
    recorder = Recorder(database, clock=Ticking(NOON))
    asked = [f"{before}{'A question of mine. ' * 12}{text}" for text in ("Where is it?", "Is that all?")]
    for number, text in enumerate((asked[0], asked[0], asked[1])):
        record_run(
            recorder, finished(output=f"{before}Which one{'?' if number == 2 else '!'}"), input=text,
            conversation_id="c"
        )  # fmt: skip
    found = [(one.signal, one.detail) for one in note_signals(recorder, NOON + timedelta(days=2))]
    assert [signal for signal, _ in found] == ["retry", "rephrase", "abandonment"]


def test_a_program_that_calls_a_run_right_does_not_outweigh_a_signal(database: Database) -> None:
    """A person's word does."""
    recorder = Recorder(database, clock=Ticking(NOON))
    runs = [
        record_run(recorder, input=FIRST, conversation_id=name)
        for name in ("c_program", "c_person", "c_program_alone")
    ]
    for name in ("c_program", "c_person"):
        record_run(recorder, input="When will the adjuster come and look at my old roof", conversation_id=name)
    for run, tier in zip(runs, ("program", "reviewer", "program"), strict=True):
        recorder.append(run, judged(score=1.0, tier=tier, provenance=PERSON))
    note_signals(recorder, NOON + timedelta(hours=1))
    with database.reading() as session:
        mined = mine(session, "hello", Metric(kind="text"))
    assert mined.left_out == {"no word of a trusted tier": 1, "a copy of another": 1}
