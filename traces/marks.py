"""What was noticed or said of runs in a few words, so that the filter language finds them: labels, outcomes, signals.

Computed from events; a mark is a word with what kind of word it is, such as `signal:rephrase`.
"""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.beginnings import starts_with
from traces.events import Event, FeedbackGiven, FeedbackWithdrawn, SignalSeen
from traces.pen import Pen, Statement
from traces.search import named_in
from traces.tables import RUN_MARKS

LONGEST: Final = 200
"""Characters of a mark."""

_WRITE: Final = sa.text("INSERT INTO run_marks(mark, run_id) VALUES (:mark, :run_id) ON CONFLICT DO NOTHING")
_INSERT: Final = Statement(_WRITE)
_DELETE: Final = Statement(sa.text("DELETE FROM run_marks WHERE mark = :mark AND run_id = :run_id"))


def marks_of(event: Event) -> list[str]:
    """The marks that a fact gives its run; none for most kinds."""
    match event:
        case SignalSeen():
            return [f"signal:{event.signal}"]
        case FeedbackGiven():
            said = {"label": event.label, "outcome": event.outcome}
            return [f"{kind}:{word.casefold()}"[:LONGEST] for kind, word in said.items() if word]
        case _:
            return []


def unmarked_by(event: Event) -> list[str]:
    """The marks that a fact takes from its run."""
    return event.unmarked if isinstance(event, FeedbackWithdrawn) else []


def write_marks(pen: Pen, stream: str, event: Event) -> None:
    """Remember the marks of a fact, or forget them, in the transaction that writes it; twice is once."""
    for mark in marks_of(event):
        pen.run(_INSERT, {"mark": mark, "run_id": stream})
    for mark in unmarked_by(event):
        pen.run(_DELETE, {"mark": mark, "run_id": stream})


def note_marks(session: Session, pairs: Iterable[tuple[str, str]]) -> None:
    """Remember marks, as (run, mark) pairs."""
    rows = [{"run_id": run_id, "mark": mark} for run_id, mark in sorted(set(pairs))]
    if rows:
        session.execute(_WRITE, rows)


def forget_marks(session: Session, run_id: str) -> None:
    """Take away the marks that are somebody's words; what was noticed is none."""
    gone = sa.or_(RUN_MARKS.c.mark.startswith("label:"), RUN_MARKS.c.mark.startswith("outcome:"))
    session.execute(sa.delete(RUN_MARKS).where(RUN_MARKS.c.run_id == run_id, gone))


def marked(session: Session | None, kind: str, word: str) -> sa.ColumnElement[bool]:
    """Runs with this mark, as a condition over runs."""
    mark = f"{kind}:{word.casefold()}"[:LONGEST]
    return named_in(session, RUN_MARKS.c.run_id, RUN_MARKS.c.mark == mark)


def marked_at_all(session: Session | None, kind: str) -> sa.ColumnElement[bool]:
    """Runs with any mark of this kind."""
    return named_in(session, RUN_MARKS.c.run_id, starts_with(RUN_MARKS.c.mark, f"{kind}:"))
