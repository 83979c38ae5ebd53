"""What became of it, told days later; and corrections field by field."""

from typing import Any

import pytest

from tests.builders import Ticking, finished, record_run
from traces.db import Database
from traces.edits import Edit, correction_of, edits_between
from traces.errors import BadInput, FeedbackError
from traces.feedback import Judgement, give_feedback
from traces.filters import conditions
from traces.outcomes import read_outcomes, record_outcomes
from traces.recorder import Recorder
from traces.store import get_run, list_runs


def read(*rows: dict[str, Any]) -> list[Any]:
    """The outcomes of these rows."""
    return list(read_outcomes(enumerate(rows, 1)))


def test_an_outcome_is_the_conversations_last_turns(database: Database) -> None:
    """Once, however often it is told; the filter language finds it, and a score counts."""
    recorder = Recorder(database, clock=Ticking())
    record_run(recorder, conversation_id="c1")
    last = record_run(recorder, conversation_id="c1")
    other = record_run(recorder, conversation_id="c2")
    rows = read(
        {"conversation_id": "c1", "outcome": "Refunded", "score": "1", "at": "2026-03-04T10:00:00Z"},
        {"run": other, "outcome": "complained", "score": 0, "comment": ""},
        {"conversation": "c9", "outcome": "refunded"},
    )
    done = record_outcomes(recorder, rows, "shop")
    assert (done.recorded, done.known, done.unknown) == (2, 0, ["c9"])
    assert (record_outcomes(recorder, rows, "shop").recorded, record_outcomes(recorder, rows, "shop").known) == (0, 2)
    with database.reading() as session:
        found = list_runs(session, where=conditions("outcome:refunded", session=session)).items
        assert [(one.id, one.score) for one in found] == [(last, 1.0)]
        assert len(list_runs(session, where=conditions("has:outcome", session=session)).items) == 2


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"outcome": "x"}, "row 1: give either"),
        ({"conversation": "c", "run": "r", "outcome": "x"}, "row 1: give either"),
        ({"conversation": "c"}, "row 1: outcome"),
        ({"conversation": "c", "outcome": "x", "score": 3}, "row 1: score"),
        ({"conversation": "c", "outcome": "x", "colour": "red"}, "row 1: colour"),
    ],
)
def test_a_row_that_says_nothing_is_told(row: dict[str, Any], told: str) -> None:
    """With its number and its field."""
    with pytest.raises(BadInput, match=told):
        read(row)


OUTPUT = {"team": "harbour", "items": [{"price": 3}, {"price": 4}], "who": {"name": "x"}}


@pytest.mark.parametrize(
    ("edits", "correction"),
    [
        ([Edit(path="/team", said="harbour", right="bridge")], {"team": "bridge"}),
        ([Edit(path="who.name", right="y"), Edit(path="/new", right=1)], {"who": {"name": "y"}, "new": 1}),
        ([Edit(path="/items/1/price", right=5)], {"items": [{"price": 3}, {"price": 5}]}),
        ([Edit(path="", right="all of it")], "all of it"),
    ],
)
def test_edits_make_a_correction(edits: list[Edit], correction: Any) -> None:
    """Of the fields that they name; and the correction gives the same edits again."""
    assert correction_of(OUTPUT, edits) == correction
    assert all(edit.right != edit.said for edit in edits_between(OUTPUT, correction))


def test_an_edit_of_something_else_is_refused(database: Database) -> None:
    """What the reviewer saw is not what the run says."""
    recorder = Recorder(database)
    run = record_run(recorder, finished(OUTPUT))
    for edit, told in (
        (Edit(path="/team", said="bridge", right="x"), "the run says 'harbour' at '/team', not 'bridge'"),
        (Edit(path="/team/name", right="x"), "the answer has no '/team/name'"),
    ):
        with pytest.raises(FeedbackError, match=told):
            give_feedback(recorder, run, Judgement(by="ann", edits=(edit,)))
    with database.reading() as session:
        assert get_run(session, run).feedback == 0


def test_a_judgement_keeps_both(database: Database) -> None:
    """Edits and the correction they make, whichever was given."""
    recorder = Recorder(database)
    run = record_run(recorder, finished(OUTPUT))
    edited = give_feedback(recorder, run, Judgement(by="ann", edits=(Edit(path="team", right="bridge"),)))
    corrected = give_feedback(recorder, run, Judgement(by="bob", correction={"team": "bridge"}))
    assert edited.correction == corrected.correction == {"team": "bridge"}
    assert edited.edits == [{"path": "team", "said": "harbour", "right": "bridge"}]
    assert corrected.edits == [{"path": "/team", "said": "harbour", "right": "bridge"}]
