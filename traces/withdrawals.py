"""Judgements that were taken back: which ones stand, and how somebody takes one back.

Nothing is changed or removed: a fact says that an earlier one counts no more. Prevents: a slip of the finger that the
next night learns from, and a record in which it never happened.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from traces.errors import FeedbackError, NotFound
from traces.events import Event, FeedbackGiven, FeedbackWithdrawn
from traces.marks import marks_of
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.standing import JUDGED, standing
from traces.store import get_whole_run, read_events


def withdraw_feedback(
    recorder: Recorder, run_id: str, feedback_id: str | None, by: Provenance, *, others: bool = False
) -> FeedbackWithdrawn:
    """Take a judgement back; it is durable when this returns. Twice is once.

    Args:
        recorder: of the ledger.
        run_id: the run it is on.
        feedback_id: which one; None: the newest by this person that stands.
        by: who takes it back.
        others: also one that somebody else gave.

    Raises:
        NotFound: there is no such run, no such judgement, or none of this person's.
        FeedbackError: somebody else gave it.
    """
    while True:
        try:
            with recorder.database.writing() as session:
                get_whole_run(session, run_id)
                facts = _judged(session, run_id)
                given = _meant(facts, run_id, feedback_id, by, others)
                known = _withdrawn(facts).get(given.feedback_id)
                if known is not None:
                    return known
                recorded = recorder.append_in(session, run_id, _withdrawal(facts, given, by))
                if len(_judged(session, run_id)) != len(facts) + 1:
                    raise _Overtaken
        except (IntegrityError, _Overtaken):  # another judgement came in between: look again
            continue
        recorder.announce(run_id, recorded)
        assert isinstance(recorded.event, FeedbackWithdrawn)
        return recorded.event


class _Overtaken(Exception):
    """What was looked at is not all there is any more; nothing was written."""


def _judged(session: Session, run_id: str) -> list[Event]:
    return [stored.event for stored in read_events(session, run_id, kinds=JUDGED)]


def _withdrawn(facts: Iterable[Event]) -> dict[str, FeedbackWithdrawn]:
    return {one.feedback_id: one for one in facts if isinstance(one, FeedbackWithdrawn)}


def _meant(
    facts: Sequence[Event], run_id: str, feedback_id: str | None, by: Provenance, others: bool
) -> FeedbackGiven:
    hint = f"`strop runs show {run_id}` shows who said what."
    if feedback_id is None:
        own = [one for one in standing(facts) if _is_by(one, by)]
        if not own:
            raise NotFound(f"judgement of {by.by!r} on run", run_id, hint=hint)
        return own[-1]
    given = next((one for one in facts if isinstance(one, FeedbackGiven) and one.feedback_id == feedback_id), None)
    if given is None:
        raise NotFound("judgement", feedback_id, hint=hint)
    if not others and not _is_by(given, by):
        raise FeedbackError(
            f"judgement {feedback_id} is of {given.provenance.by!r}, not of {by.by!r}",
            hint="Only who gave it takes it back; say what you think of the run yourself.",
        )
    return given


def _is_by(given: FeedbackGiven, by: Provenance) -> bool:
    return by.by == given.provenance.by or by.identity == given.provenance.identity


def _withdrawal(facts: Sequence[Event], given: FeedbackGiven, by: Provenance) -> FeedbackWithdrawn:
    left = [one for one in standing(facts) if one.feedback_id != given.feedback_id]
    scores = [one.score for one in left if one.score is not None]
    kept = {mark for one in left for mark in marks_of(one)}
    return FeedbackWithdrawn(
        op=f"withdrawn/{given.feedback_id}", feedback_id=given.feedback_id, score=scores[-1] if scores else None,
        unmarked=[mark for mark in marks_of(given) if mark not in kept], provenance=by,
    )  # fmt: skip
