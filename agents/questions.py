"""Questions of tool servers to the person behind a call: recorded, answered once, found again by every later worker.

The call that a question came up in has ended; the answer releases the run, which makes the call again and gives the
server what is on record (`tools.questions`). Prevents: a worker held up by a question, and a question lost with one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import jsonschema
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agents.errors import AnswerNeeded, IllegalStep, UsageError
from agents.recording import Inquiry, Recording, recording_of
from agents.waiting import MOST_RUNS, SAID_KINDS, list_waiting, say
from tools.policies import DAY
from traces.errors import NotFound
from traces.events import QuestionAnswered, QuestionAsked
from traces.feedback import check_json
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import StoredEvent, get_run, match_run, read_events, read_streams
from traces.summary import ENDED
from traces.tables import Where

Action = Literal["accept", "decline", "cancel"]
State = Literal["pending", "accepted", "declined", "cancelled"]
_STATES: Final[dict[str, State]] = {"accept": "accepted", "decline": "declined", "cancel": "cancelled"}

EXPIRES_AFTER: Final = timedelta(seconds=DAY)
"""A question that nobody answered by then counts as dismissed: the agent goes on without an answer."""


@dataclass(frozen=True)
class Asked:
    """A question and what became of it."""

    run_id: str
    inquiry: Inquiry
    asked_at: datetime

    @property
    def id(self) -> str:
        """`RUN:NUMBER`."""
        return f"{self.run_id}:{str(self.inquiry.question.op).removeprefix('question/')}"

    @property
    def state(self) -> State:
        """Where the question stands."""
        return "pending" if self.inquiry.answer is None else _STATES[self.inquiry.answer.action]


def answer_needed(run_id: str, recording: Recording) -> AnswerNeeded:
    """The error that names the questions a person has to answer."""
    ops = recording.unanswered
    names = [f"{run_id}:{op.removeprefix('question/')}" for op in ops]
    return AnswerNeeded(
        f"run {run_id} waits until a person answers {len(names)} question(s): {', '.join(names)}",
        hint=f"strop questions show {names[0]}, then strop questions answer it.",
        ops=ops,
    )


# --- a person's answer ---------------------------------------------------------------------------------------------


def answer_question(
    recorder: Recorder,
    question_id: str,
    action: Action,
    provenance: Provenance,
    *,
    content: dict[str, Any] | None = None,
    now: datetime | None = None,
    late: bool = False,
) -> Asked:
    """Write an answer; when it was the last word its run waited for, the run is released.

    Args:
        recorder: the writer of the ledger.
        question_id: `RUN:NUMBER`; RUN may be a part of an id.
        action: `accept` with the filled form, `decline`, or `cancel` (dismissed without an answer).
        provenance: who says it, and why.
        content: the filled form, as the question's schema wants it.
        now: the time; default this moment.
        late: whether this says that nobody answered in time.

    Raises:
        NotFound: there is no such question.
        IllegalStep: it was answered before, has expired, or its run has ended.
        UsageError: the content is not what the form asks for.
    """
    now = now or datetime.now(UTC)
    while True:
        with recorder.database.reading() as session:
            found = get_question(session, question_id)
            run = get_run(session, found.run_id)
        check_json("content", content)
        asked, before = found.inquiry.question, found.inquiry.answer
        if before is not None:
            raise IllegalStep(
                f"question {found.id} was {found.state} by {before.provenance.by}", hint="It is answered once."
            )
        if run.status in ENDED:
            raise IllegalStep(f"run {run.id} is {run.status}; nobody waits for an answer any more")
        if now >= asked.expires_at and not late:
            raise IllegalStep(f"question {found.id} expired at {asked.expires_at:%Y-%m-%d %H:%M} UTC")
        _check_content(asked, action, content)
        event = QuestionAnswered(op=asked.op, step=asked.step, action=action, content=content, provenance=provenance)
        try:
            say(recorder, found.run_id, event, "question")
        except IntegrityError:
            continue  # somebody wrote into one of these ledgers meanwhile: look again
        return replace(found, inquiry=Inquiry(asked, event))


def _check_content(asked: QuestionAsked, action: Action, content: dict[str, Any] | None) -> None:
    if action != "accept" or asked.form is None:
        if content is not None:
            raise UsageError("only an accepted form has content", hint="Leave the content out.")
        return
    wrong = next(
        iter(jsonschema.Draft202012Validator(asked.form).iter_errors({} if content is None else content)), None
    )
    if wrong is not None:
        where = ".".join(str(part) for part in wrong.absolute_path)
        raise UsageError(
            f"the answer does not fit the form: {where + ': ' if where else ''}{wrong.message}",
            hint="GET the question, or `strop questions show` it: its form says what is asked for.",
        )


def expire_questions(recorder: Recorder, runs: Iterable[str], now: datetime) -> int:
    """Dismiss the questions of these runs whose time has passed; gives how many."""
    with recorder.database.reading() as session:
        late = [one for one in list_unanswered(session, runs) if now >= one.inquiry.question.expires_at]
    by = Provenance(by="strop", actor="machine", reason="nobody answered in time")
    for one in late:
        try:
            answer_question(recorder, one.id, "cancel", by, now=now, late=True)
        except IllegalStep:
            continue  # answered in this moment, here or elsewhere
    return len(late)


# --- what waits --------------------------------------------------------------------------------------------------


def get_question(session: Session, question_id: str) -> Asked:
    """One question by `RUN:NUMBER`; the run's id alone will do where it has asked once only.

    Raises:
        NotFound: there is none.
    """
    run, _, number = question_id.rpartition(":")
    run_id = match_run(session, run or question_id)
    asked = _asked(run_id, read_events(session, run_id, kinds=SAID_KINDS))
    wanted = [one for one in asked if one.inquiry.question.op == f"question/{number}"]
    if not number.isdigit() and len(asked) == 1:
        wanted = asked
    if not wanted:
        raise NotFound("question", question_id, hint="`strop questions list` shows what waits.")
    return wanted[0]


def list_questions(session: Session, *, where: Where = (), limit: int = MOST_RUNS) -> list[Asked]:
    """The questions that nobody has answered, the oldest run's first, of so many runs."""
    return list_unanswered(session, [run.id for run in list_waiting(session, where=where, limit=limit)])


def list_unanswered(session: Session, runs: Iterable[str]) -> list[Asked]:
    """The questions of these runs that nobody has answered, in the order of the runs."""
    found = read_streams(session, runs, SAID_KINDS)
    asked = (one for run_id, facts in found.items() for one in _asked(run_id, facts))
    return [one for one in asked if one.inquiry.answer is None]


def _asked(run_id: str, facts: Sequence[StoredEvent]) -> list[Asked]:
    at = {fact.op: fact.at for fact in facts if isinstance(fact.event, QuestionAsked)}
    inquiries = recording_of(fact.event for fact in facts).inquiries
    return [Asked(run_id, one, at[op]) for op, one in inquiries.items()]
