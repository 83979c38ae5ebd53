"""Requests without a known key, counted in the database until they are a fact of the audit.

Who has no key can knock a thousand times a second, and each is on disk before it is answered; the ledger grows by a
row every ten seconds all the same. Functions (session, …) -> value; sessions must come from `writing()`.
"""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.access.tables import KNOCKS
from agents.access.tokens import AUDIT
from traces.db import insert_for
from traces.events import RequestRefused
from traces.recorder import Recorder

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Others are counted as one: whoever has no key does not get to choose what is written down."""

Knock = tuple[str, str]
"""(method, why it was refused)."""


def named(method: str, why: str) -> Knock:
    """The knock as it is counted."""
    return (method if method in METHODS else "another", why[:200])


def count_knocks(session: Session, knocks: Mapping[Knock, int]) -> None:
    """Add these to what is counted."""
    statement = insert_for(session.get_bind().dialect.name, KNOCKS)
    more = statement.on_conflict_do_update(
        index_elements=["method", "why"], set_={"times": KNOCKS.c.times + statement.excluded.times}
    )
    for (method, why), times in sorted(knocks.items()):
        session.execute(more, {"method": method, "why": why, "times": times})


def write_knocks(session: Session, recorder: Recorder) -> int:
    """Make facts of what is counted, a row each; gives how many requests they stand for."""
    taken = sa.delete(KNOCKS).returning(KNOCKS.c.method, KNOCKS.c.why, KNOCKS.c.times)
    rows = sorted(tuple(row) for row in session.execute(taken))
    for method, why, times in rows:
        recorder.append_in(session, AUDIT, RequestRefused(status=401, method=method, route="", why=why, times=times))
    return sum(times for _, _, times in rows)
