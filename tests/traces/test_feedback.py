"""Feedback: what is accepted, what is refused with which words, and how corrections are read again."""

from typing import Any

import pytest

from tests.builders import finished, record_run
from traces.db import Database
from traces.errors import FeedbackError, NotFound
from traces.feedback import DEEPEST, LARGEST, LONGEST, Judgement, check, check_json, give_feedback, list_corrections
from traces.recorder import Recorder
from traces.store import get_run, list_operation, read_events
from traces.verify import verify


def nested(levels: int) -> Any:
    """Lists in lists."""
    value: Any = "deep"
    for _ in range(levels):
        value = [value]
    return value


def test_a_judgement_is_a_fact_of_its_run(database: Database) -> None:
    """What was said, by whom and with which standing is in the run's own ledger, and its row shows the score."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    given = give_feedback(
        recorder, run_id, Judgement(by="m.keller", score=0.5, correction={"team": "harbour"}, comment="é")
    )
    with database.reading() as session:
        assert read_events(session, run_id)[-1].event == given
        assert (get_run(session, run_id).score, get_run(session, run_id).feedback) == (0.5, 1)
    assert (given.provenance.by, given.provenance.actor, given.tier) == ("m.keller", "person", "reviewer")


SAYINGS: list[dict[str, Any]] = [
    {"score": 0},
    {"label": "wrong team"},
    {"correction": {"team": None}},
    {"correction": "Team Harbour"},
    {"correction": False},
    {"correction": []},
    {"comment": "odd"},
    {"outcome": "paid"},
    {"score": 1.0, "tier": "program", "actor": "machine", "explicit": False},
]


def test_one_thing_said_is_enough(database: Database) -> None:
    """A judgement may consist of any one of its parts."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    for said in SAYINGS:
        give_feedback(recorder, run_id, Judgement(by="m.keller", **said))
    with database.reading() as session:
        assert get_run(session, run_id).feedback == len(SAYINGS)


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({}, "says nothing"),
    ({"comment": "  ", "label": ""}, "says nothing"),
    ({"score": 1.5}, "from 0 to 1"),
    ({"score": float("nan")}, "from 0 to 1"),
    ({"by": " ", "score": 1}, "needs the name"),
    ({"by": "\ud800", "score": 1}, "the by is not valid text"),
    ({"comment": "half \udc00"}, "the comment is not valid text"),
    ({"label": "nul \0"}, "the label is not valid text"),
    ({"label": "x" * (LONGEST + 1)}, "are the most"),
    ({"comment": "x" * (LARGEST + 1)}, "are the most"),
    ({"correction": {"team": "\ud800"}}, "invalid text"),
    ({"correction": {"\ud800": 1}}, "invalid text"),
    ({"correction": float("inf")}, "is not JSON"),
    ({"correction": {1, 2}}, "is not JSON"),
    ({"correction": nested(DEEPEST + 1)}, "nested deeper"),
    ({"correction": "x" * LARGEST}, "are the most"),
]


@pytest.mark.parametrize(("said", "told"), REFUSALS, ids=[told for _, told in REFUSALS])
def test_what_cannot_be_kept_is_refused_with_its_reason(said: dict[str, Any], told: str) -> None:
    """One clear error for each."""
    with pytest.raises(FeedbackError, match=told):
        check(Judgement(**{"by": "m.keller", **said}))


def test_a_refusal_leaves_the_ledger_as_it_was(database: Database) -> None:
    """It is checked before anything is written."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    for said, _ in REFUSALS:
        with pytest.raises(FeedbackError):
            give_feedback(recorder, run_id, Judgement(**{"by": "m.keller", **said}))
    with database.reading() as session:
        assert get_run(session, run_id).feedback == 0


def test_the_deepest_correction_is_read_back(database: Database) -> None:
    """What is just allowed survives writing and reading."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    check_json("correction", nested(DEEPEST - 1))
    give_feedback(recorder, run_id, Judgement(by="m.keller", correction=nested(DEEPEST - 1)))
    with database.reading() as session:
        assert list_corrections(session, [run_id])[run_id][0].correction == nested(DEEPEST - 1)


def test_there_must_be_such_a_run_and_operation(database: Database) -> None:
    """A judgement on what is not there is refused."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    with pytest.raises(NotFound, match="no run"):
        give_feedback(recorder, "run_nowhere", Judgement(by="m.keller", score=1))
    with pytest.raises(NotFound, match="no operation"):
        give_feedback(recorder, run_id, Judgement(by="m.keller", score=1, op="model/9"))


def test_several_people_may_judge_one_operation(database: Database) -> None:
    """The fence that keeps a worker from doing a thing twice does not keep reviewers from agreeing."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    for by in ("m.keller", "j.ito", "m.keller"):
        given = give_feedback(Recorder(database), run_id, Judgement(by=by, score=1, op="model/1"))
    assert (given.op, given.step, given.attempt) == ("model/1", 1, 3)
    with database.reading() as session:
        kinds = [fact.kind for fact in list_operation(session, run_id, "model/1")]
        assert kinds == ["model_requested", "model_replied", *["feedback_given"] * 3]
        assert verify(session).whole


def test_corrections_are_read_by_run(database: Database) -> None:
    """Only what says what would have been right, in the order it was said."""
    recorder = Recorder(database)
    mended, liked, silent = (record_run(recorder, finished("x")) for _ in range(3))
    give_feedback(recorder, liked, Judgement(by="m.keller", score=1))
    for team in ("harbour", "bridge"):
        give_feedback(recorder, mended, Judgement(by="m.keller", correction={"team": team}))
    with database.reading() as session:
        found = list_corrections(session, [mended, liked, silent])
    assert {run: [one.correction["team"] for one in given] for run, given in found.items()} == {
        mended: ["harbour", "bridge"]
    }
