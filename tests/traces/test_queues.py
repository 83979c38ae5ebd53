"""Queues: the same runs for everybody, nobody twice on one run, and agreement over what was said."""

from collections.abc import Sequence

import pytest

from tests.builders import Ticking, record_run, run_started
from traces.db import Database
from traces.errors import BadInput, NotFound
from traces.feedback import Judgement, give_feedback
from traces.filters import conditions
from traces.provenance import Provenance
from traces.queues import close_queue, get_queue, list_queues, next_run, open_queue, progress_of
from traces.recorder import Recorder
from traces.verify import verify
from traces.withdrawals import withdraw_feedback

BY = Provenance(by="lead", reason="how polite are we")


@pytest.fixture
def recorder(database: Database) -> Recorder:
    """A ledger with a dozen runs that have ended and one that has not."""
    recorder = Recorder(database, clock=Ticking())
    for number in range(12):
        record_run(recorder, run_id=f"run_{number:02}", agent="hello" if number % 2 else "claims")
    recorder.append("run_open", run_started())
    return recorder


def judge(recorder: Recorder, run: str, by: str, score: float) -> None:
    """One word of a reviewer."""
    give_feedback(recorder, run, Judgement(by=by, score=score))


def left(recorder: Recorder, name: str, by: str, after: str | None = None) -> str | None:
    """The id of the next run for somebody."""
    with recorder.database.reading() as session:
        run = next_run(session, progress_of(session, get_queue(session, name)), by, after=after)
    return None if run is None else run.id


def draw(recorder: Recorder, name: str, query: str = "", **more: int) -> Sequence[str]:
    """The runs of a new queue."""
    with recorder.database.reading() as session:
        where = conditions(query, session=session)
    return open_queue(recorder, name, query, where, BY, **more).opened.runs


def test_the_draw_is_fixed_and_only_of_runs_that_ended(recorder: Recorder) -> None:
    """Another name draws in another order; the filter holds; what is drawn later is not in it."""
    first, other = draw(recorder, "polite", size=12), draw(recorder, "quick", size=12)
    assert sorted(first) == sorted(other) == [f"run_{number:02}" for number in range(12)]
    assert first != other
    assert all(int(run[-2:]) % 2 for run in draw(recorder, "hellos", "agent:hello", size=5))
    record_run(recorder, run_id="run_later")
    with recorder.database.reading() as session:
        assert get_queue(session, "polite").opened.runs == first
        assert [one.name for one in list_queues(session)] == ["hellos", "quick", "polite"]
        assert verify(session).whole


def test_each_run_goes_to_as_many_people_as_were_asked_for(recorder: Recorder) -> None:
    """Everybody goes the same way; a run that two have judged is given to nobody; a skipped one comes again."""
    first, second, third = draw(recorder, "polite", size=3)
    assert left(recorder, "polite", "ann") == left(recorder, "polite", "bob") == first
    judge(recorder, first, "ann", 1)
    assert left(recorder, "polite", "ann") == second
    assert left(recorder, "polite", "ann", after=second) == third
    judge(recorder, first, "bob", 1)
    assert left(recorder, "polite", "cleo") == second
    judge(recorder, second, "ann", 0)
    judge(recorder, second, "bob", 1)
    judge(recorder, third, "ann", 0)
    assert left(recorder, "polite", "ann") is None
    assert left(recorder, "polite", "bob", after=third) == third
    with recorder.database.reading() as session:
        progress = progress_of(session, get_queue(session, "polite"))
        assert (progress.done, progress.of("ann"), progress.of("bob")) == (2, 3, 2)
        found = progress.agreement()
        assert (found.runs, found.agreed) == (2, 1)
        assert [run for run, _ in found.disputed] == [second]
    withdraw_feedback(recorder, first, None, Provenance(by="ann"))
    assert left(recorder, "polite", "ann") == first


def test_a_closed_queue_gives_nothing(recorder: Recorder) -> None:
    """Twice is once; the name is taken for good."""
    draw(recorder, "polite", size=3)
    closed = close_queue(recorder, "polite", BY)
    assert close_queue(recorder, "polite", BY).closed_at == closed.closed_at
    assert left(recorder, "polite", "ann") is None
    with pytest.raises(BadInput, match="there is a queue 'polite' already"):
        draw(recorder, "polite")


@pytest.mark.parametrize(
    ("name", "query", "more", "told"),
    [
        ("Polite!", "", {}, "no name of a queue"), ("polite", "agent:nobody", {}, "no run that has ended"),
        ("polite", "", {"size": 0}, "1 to 1,000 runs"), ("polite", "", {"reviewers": 10}, "1 to 9 people"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened(recorder: Recorder, name: str, query: str, more: dict[str, int], told: str) -> None:
    """Names, numbers and filters that make no queue are refused before anything is written."""
    with pytest.raises(BadInput, match=told):
        draw(recorder, name, query, **more)
    with recorder.database.reading() as session:
        assert list_queues(session) == []
        with pytest.raises(NotFound):
            get_queue(session, "polite")
