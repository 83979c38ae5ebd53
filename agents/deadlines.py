"""Until when a person may answer: which waiting runs have a held call or a question whose time has passed.

Looked up once for each time a run comes to wait, for a service asks every other second. Prevents: the calls that have
waited longest being held for ever, because so many others wait.
"""

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.approvals import expire_approvals, list_undecided
from agents.questions import expire_questions, list_unanswered
from traces.recorder import Recorder
from traces.tables import RUNS

AT_ONCE: Final = 500
"""Runs that are looked up in one go: after a start with many that wait, the rest has its turn at the next look."""


class Deadlines:
    """Says for a person what nobody said in time. Not to be used from two threads at once.

    Args:
        recorder: of the ledger.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._known: dict[str, tuple[int, datetime | None]] = {}
        """By waiting run: how many facts it had when it was looked up, and when the first of what is open expires."""

    def expire(self, now: datetime) -> int:
        """Refuse the held calls and dismiss the questions that are past their time; gives how many."""
        with self._recorder.database.reading() as session:
            late = self._late(session, now)
        return expire(self._recorder, late, now) if late else 0

    def _late(self, session: Session, now: datetime) -> list[str]:
        query = sa.select(RUNS.c.id, RUNS.c.events).where(RUNS.c.status == "waiting").order_by(RUNS.c.started_at)
        waiting = {str(run_id): int(events) for run_id, events in session.execute(query)}
        self._known = {run: known for run, known in self._known.items() if known[0] == waiting.get(run)}
        new = [run for run in waiting if run not in self._known][:AT_ONCE]
        for run, until in _first_ends(session, new).items():
            self._known[run] = (waiting[run], until)
        return [run for run, (_, until) in self._known.items() if until is not None and until <= now]


def _first_ends(session: Session, runs: list[str]) -> dict[str, datetime | None]:
    """When the first of what is open in each of these runs expires; None where nothing is."""
    ends = [(one.run_id, one.held.request.expires_at) for one in list_undecided(session, runs)]
    ends += [(one.run_id, one.inquiry.question.expires_at) for one in list_unanswered(session, runs)]
    found: dict[str, datetime | None] = dict.fromkeys(runs)
    for run, end in ends:
        found[run] = min(found[run] or end, end)
    return found


def expire(recorder: Recorder, runs: list[str], now: datetime) -> int:
    """Refuse the held calls and dismiss the questions of these runs that are past their time; gives how many."""
    return expire_approvals(recorder, runs, now) + expire_questions(recorder, runs, now)
