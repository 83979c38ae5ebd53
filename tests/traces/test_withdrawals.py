"""Judgements that are taken back: they stay on record, and nobody who reads feedback hears of them any more."""

import pytest

from agents.definitions import Metric
from optimizer.mine import mine
from tests.builders import judged, record_run
from traces.agreement import read_agreement
from traces.db import Database
from traces.errors import FeedbackError, NotFound
from traces.feedback import Judgement, give_feedback
from traces.filters import conditions
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import get_run, list_feedback, list_runs, read_events
from traces.verify import verify
from traces.withdrawals import withdraw_feedback

ANN, BOB = Provenance(by="ann"), Provenance(by="bob")


def test_what_was_taken_back_counts_no_more(database: Database) -> None:
    """Score, count, labels, agreement and what a night learns are as if it had not been said; both facts stay."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    right = give_feedback(recorder, run_id, Judgement(by="ann", score=1.0, label="clear"))
    wrong = give_feedback(recorder, run_id, Judgement(by="bob", score=0.0, label="rude", correction="No."))
    withdrawn = withdraw_feedback(recorder, run_id, wrong.feedback_id, BOB)
    with database.reading() as session:
        run = get_run(session, run_id)
        assert (run.score, run.feedback) == (1.0, 1)
        assert list_feedback(session, [run_id])[run_id] == [right]
        found = {
            text: len(list_runs(session, where=conditions(text, session=session)).items)
            for text in ("label:rude", "label:clear", "has:feedback")
        }
        assert found == {"label:rude": 0, "label:clear": 1, "has:feedback": 1}
        assert read_agreement(session, [], "score").runs == 0
        learned = mine(session, "hello", Metric(kind="text"))
        assert [one.expected for one in learned.examples] == [{"output": "Good morning!"}]
        kinds = [stored.kind for stored in read_events(session, run_id)][-3:]
        assert kinds == ["feedback_given", "feedback_given", "feedback_withdrawn"]
        assert withdrawn.unmarked == ["label:rude"]
        assert verify(session).whole


def test_twice_is_once_and_the_last_one_of_all_leaves_nothing(database: Database) -> None:
    """Without a name it is one's newest that stands; when none is left there is none to take back."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    for score in (0.0, 0.5):
        give_feedback(recorder, run_id, Judgement(by="ann", score=score, label="same"))
    first = withdraw_feedback(recorder, run_id, None, ANN)
    assert first.unmarked == []
    assert withdraw_feedback(recorder, run_id, first.feedback_id, ANN) == first
    with database.reading() as session:
        assert get_run(session, run_id).score == 0.0
    withdraw_feedback(recorder, run_id, None, ANN)
    with database.reading() as session:
        run = get_run(session, run_id)
        assert (run.score, run.feedback) == (None, 0)
        assert not list_runs(session, where=conditions("label:same", session=session)).items
        assert not mine(session, "hello", Metric(kind="text")).examples
    with pytest.raises(NotFound, match="judgement of 'ann'"):
        withdraw_feedback(recorder, run_id, None, ANN)


def test_nobody_takes_back_what_others_said(database: Database) -> None:
    """Only who gave it, or who may do so for others; a name nobody has given is refused."""
    recorder = Recorder(database)
    run_id = record_run(recorder)
    given = judged(provenance=ANN)
    recorder.append(run_id, given)
    with pytest.raises(FeedbackError, match="is of 'ann', not of 'bob'"):
        withdraw_feedback(recorder, run_id, given.feedback_id, BOB)
    with pytest.raises(NotFound, match="fb_none"):
        withdraw_feedback(recorder, run_id, "fb_none", ANN)
    withdraw_feedback(recorder, run_id, given.feedback_id, BOB, others=True)
    with database.reading() as session:
        assert get_run(session, run_id).feedback == 0
