"""Judgements on runs: how one is checked and given, and how corrections are read again.

Feedback is a fact in the run's own ledger. Prevents: a judgement that says nothing, one on a run or operation that is
not there, and a correction that no database can keep; each is refused before anything is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.edits import Edit, correction_of, edits_between, told
from traces.errors import FeedbackError, NotFound, OperationTaken
from traces.events import FeedbackGiven, Json, RunFinished
from traces.ids import canonical_json, is_utf8, new_id
from traces.provenance import Actor, Provenance
from traces.recorder import Recorder
from traces.store import get_whole_run, list_feedback, list_operation, read_events
from traces.tables import EVENTS, RUNS

Tier = Literal["reviewer", "customer", "program", "imported"]

LONGEST: Final = 200
"""Characters of a label, a name or an outcome: what fits on a line of a screen."""

LARGEST: Final = 1_000_000
"""Characters of a comment, or of a correction as JSON: a few hundred pages."""

DEEPEST: Final = 50
"""Levels of a correction: serializers give up at some 200, and no answer of an agent comes near this."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What somebody says about a run, or about one operation of it. At least one thing must be said."""

    by: str
    score: float | None = None
    """From 0 (all wrong) to 1 (all right)."""
    label: str | None = None
    correction: Json = None
    """The right answer, in whole or in part: an object of output fields, or a text."""
    edits: tuple[Edit, ...] = ()
    """The same, field by field. Given alone, the correction is made of them."""
    comment: str = ""
    outcome: str | None = None
    op: str | None = None
    tier: Tier = "reviewer"
    actor: Actor = "person"
    explicit: bool = True


def give_feedback(recorder: Recorder, run_id: str, judgement: Judgement) -> FeedbackGiven:
    """Write a judgement into the run's ledger. It is durable when this returns.

    Raises:
        FeedbackError: it says nothing, or something that cannot be kept.
        NotFound: there is no such run, or no such operation in it.
    """
    check(judgement)
    while True:
        with recorder.database.reading() as session:
            get_whole_run(session, run_id)
            event = _event(session, run_id, judgement)
            placed = event if judgement.op is None else _placed(session, run_id, event, judgement.op)
        try:
            recorded = recorder.append(run_id, placed).event
        except OperationTaken:  # somebody judged the same operation in this moment: take the next number
            continue
        assert isinstance(recorded, FeedbackGiven)
        return recorded


def _event(session: Session, run_id: str, judgement: Judgement) -> FeedbackGiven:
    correction, edits = judgement.correction, list(judgement.edits)
    if judgement.op is None and (edits or correction is not None):
        output = _output(session, run_id)
        if edits and correction is None:
            correction = correction_of(output, edits)
        edits = told(output, edits) if judgement.edits else edits_between(output, correction)
    elif edits:
        raise FeedbackError("edits are of the run's answer, not of one operation")
    return FeedbackGiven(
        feedback_id=new_id("fb"),
        score=judgement.score,
        label=judgement.label or None,
        correction=correction,
        edits=[edit.model_dump(mode="json") for edit in edits],
        comment=judgement.comment,
        outcome=judgement.outcome or None,
        explicit=judgement.explicit,
        tier=judgement.tier,
        provenance=Provenance(by=judgement.by, actor=judgement.actor),
    )


def _output(session: Session, run_id: str) -> Json:
    """The run's answer; None where it gave none."""
    ends = [stored.event for stored in read_events(session, run_id, kinds=["run_finished"])]
    return ends[-1].output if ends and isinstance(ends[-1], RunFinished) else None


def _placed(session: Session, run_id: str, event: FeedbackGiven, op: str) -> FeedbackGiven:
    """The judgement at its operation; `attempt` numbers the judgements, for one operation may have several."""
    facts = list_operation(session, run_id, op)
    if not facts:
        raise NotFound("operation", op, hint=f"`strop runs show {run_id}` lists its operations.")
    judged = [fact.attempt or 1 for fact in facts if fact.kind == "feedback_given"]
    place = {"op": op, "step": facts[0].step, "attempt": max(judged, default=0) + 1}
    return event.model_copy(update=place)


def check(judgement: Judgement) -> None:
    """Pass when the judgement says something that can be kept.

    Raises:
        FeedbackError: names what is wrong with it.
    """
    if not judgement.by.strip():
        raise FeedbackError("feedback needs the name of who gives it")
    said = (judgement.score, judgement.label, judgement.correction, judgement.outcome)
    if all(value in (None, "") for value in said) and not judgement.comment.strip() and not judgement.edits:
        raise FeedbackError(
            "the feedback says nothing", hint="Give a score, a label, a correction, a comment or an outcome."
        )
    if judgement.score is not None and not 0 <= judgement.score <= 1:
        raise FeedbackError(f"a score is a number from 0 to 1, not {judgement.score!r}")
    for name in ("by", "label", "outcome", "op"):
        _check_text(name, getattr(judgement, name) or "", 300 if name == "op" else LONGEST)
    _check_text("comment", judgement.comment, LARGEST)
    check_json("correction", judgement.correction)
    for edit in judgement.edits:
        check_json("edit", [edit.path, edit.said, edit.right])


def _check_text(name: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise FeedbackError(f"the {name} has {len(text):,} characters; {longest:,} are the most")
    if "\0" in text or not is_utf8(text):
        raise FeedbackError(f"the {name} is not valid text", hint="Send UTF-8 without NUL.")


def check_json(name: str, value: Json) -> None:
    """Pass when a value that somebody sent can be kept and read again.

    Raises:
        FeedbackError: `name` holds what JSON has not, invalid text, too much, or nesting without an end.
    """
    _check_inside(name, value, 1)
    try:
        text = canonical_json(value)
    except (ValueError, TypeError) as error:
        raise FeedbackError(
            f"the {name} is not JSON: {error}", hint="Give an object of fields, or a text."
        ) from error
    if len(text) > LARGEST:
        raise FeedbackError(f"the {name} has {len(text):,} characters; {LARGEST:,} are the most")


def _check_inside(name: str, value: Json, depth: int) -> None:
    if depth > DEEPEST:
        raise FeedbackError(f"the {name} is nested deeper than {DEEPEST} levels")
    if isinstance(value, str) and ("\0" in value or not is_utf8(value)):
        raise FeedbackError(f"the {name} holds invalid text", hint="Send UTF-8 without NUL.")
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for item in value:
            _check_inside(name, item, depth + 1)


def list_corrections(session: Session, run_ids: Iterable[str]) -> dict[str, list[FeedbackGiven]]:
    """The judgements that say what would have been right, by run id; runs without one are left out."""
    given = list_feedback(session, run_ids)
    right = {run_id: [one for one in judged if one.correction is not None] for run_id, judged in given.items()}
    return {run_id: judged for run_id, judged in right.items() if judged}


def count_judgements(session: Session, agent: str, since: datetime | None) -> int:
    """How many judgements on runs of the agent came after `since` (None: all)."""
    counted = sa.select(sa.func.count()).select_from(EVENTS.join(RUNS, RUNS.c.id == EVENTS.c.stream))
    query = counted.where(EVENTS.c.kind == "feedback_given", RUNS.c.agent == agent)
    return session.execute(query if since is None else query.where(EVENTS.c.at > since)).scalar_one()
