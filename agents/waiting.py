"""Runs that wait for a person: let go of when the last word is said, and those above them with them.

A decision and what follows from it are one transaction. Prevents: a run that waits for what was said already.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.recording import recording_of
from traces.events import Event, RunReleased
from traces.recorder import Recorder
from traces.store import list_children, list_runs, read_events
from traces.summary import RunSummary
from traces.tables import RUNS, Where

SAID_KINDS = ("approval_requested", "approval_decided", "question_asked", "question_answered")
"""The facts that tell whether a run waits for a person's yes or answer; `question_asked` names its call."""

Reason = Literal["outcome_unknown", "approval", "question"]

MOST_RUNS: Final = 1000
"""Waiting runs that are looked through; a house with more has another problem first."""


def list_waiting(session: Session, *, where: Where = (), limit: int = MOST_RUNS) -> Sequence[RunSummary]:
    """The runs that wait for a person, those that have waited longest first."""
    return list_runs(session, where=[RUNS.c.status == "waiting", *where], oldest=True, limit=limit).items[::-1]


def say(recorder: Recorder, run_id: str, said: Event, reason: Reason, *, last: bool | None = None) -> None:
    """Write what a person said about a run, and release it where nothing else is open; then those above it.

    Args:
        recorder: the writer of the ledger.
        run_id: whose fact it is.
        said: the fact.
        reason: what the run waited for.
        last: whether this was the last word the run waited for; None: its held calls and questions tell.

    Raises:
        IntegrityError: somebody wrote into one of these ledgers meanwhile; nothing was written.
    """
    with recorder.database.writing() as session:
        recorder.append_in(session, run_id, said)
        released = _release(recorder, session, run_id, reason, last)
    for name in {run_id, *released}:
        recorder.announce(name)


def release_if_said(recorder: Recorder, run_id: str, reason: Reason) -> None:
    """Release a run that came to wait in the very moment in which the last word was written."""
    with recorder.database.reading() as session:
        if _is_open(session, run_id):
            return
    recorder.append(run_id, RunReleased(reason=reason))


def _release(recorder: Recorder, session: Session, run_id: str, reason: Reason, last: bool | None) -> list[str]:
    released: list[str] = []
    for name in _waiting_line(session, run_id):
        said = last if name == run_id and last is not None else not _is_open(session, name)
        if not said:
            break
        recorder.append_in(session, name, RunReleased(reason=reason))
        released.append(name)
    return released


def _waiting_line(session: Session, run_id: str) -> Iterable[str]:
    """The run and those above it that wait for its answer."""
    line: list[str] = []
    name: str | None = run_id
    while name is not None:
        # Locked: a run that is just coming to wait does so before this is read, or sees our decision afterwards.
        row = session.execute(
            sa.select(RUNS.c.status, RUNS.c.parent_run_id).where(RUNS.c.id == name).with_for_update()
        ).one()
        if row.status == "waiting":
            line.append(name)
        name = row.parent_run_id
    return line


def _is_open(session: Session, run_id: str) -> bool:
    """Whether a person still has to say something about the run, or about one below it."""
    recording = recording_of(one.event for one in read_events(session, run_id, kinds=SAID_KINDS))
    if recording.undecided or recording.unanswered:
        return True
    return any(child.status == "waiting" for child in list_children(session, run_id))
