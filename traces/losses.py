"""What could not be stored: counted by day and reason in a table beside the ledger, and shown.

Spans and requests that were refused were told so to whoever sent them, and writes that failed to whoever asked; here
an operator sees them. While the database itself is in the way, counts wait in memory and are written with the next
fact that can be. Prevents: a loss that is known to a log file alone.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.db import Database, micros
from traces.errors import LedgerError
from traces.pen import Pen, Statement
from traces.previews import storable
from traces.tables import LOSSES

What = Literal["spans", "requests", "writes"]
"""Spans that were refused alone; requests nothing of which could be read; facts whose commit failed."""

LONGEST_EXAMPLE: Final = 300
"""Characters kept of what was said about the newest one."""

MOST_ROWS: Final = 10_000
"""Rows that one look gives; a day has some twenty."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What was lost for one reason on one day (UTC)."""

    day: str
    what: What
    why: str
    count: int
    last_at: datetime
    example: str


@dataclass
class _Waiting:
    count: int
    last_at: datetime
    example: str


class Losses:
    """The counts of one process, from any thread."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, What, str], _Waiting] = {}

    def add(self, what: What, why: str, count: int = 1, example: str = "") -> None:
        """Count what was lost; `why` is one of few words, `example` what was said of the newest."""
        at = self._clock()
        key = (f"{at.astimezone(UTC):%Y-%m-%d}", what, why[:40])
        with self._lock:
            one = self._waiting.setdefault(key, _Waiting(0, at, ""))
            one.count, one.last_at, one.example = one.count + count, at, example or one.example

    @property
    def waiting(self) -> bool:
        """Whether there are counts that are not written yet."""
        return bool(self._waiting)

    def settle(self) -> bool:
        """Write the counts that wait; gives whether none is left. Never raises for a database that cannot be used."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if not waiting:
            return True
        try:
            with self._database.appending() as pen:
                _write(pen, waiting)
        except LedgerError:
            with self._lock:
                for key, one in waiting.items():
                    newer = self._waiting.setdefault(key, _Waiting(0, one.last_at, one.example))
                    newer.count += one.count
            return False
        return True


def _write(pen: Pen, waiting: dict[tuple[str, What, str], _Waiting]) -> None:
    rows = [
        {"day": day, "what": what, "why": why, "count": one.count, "at": micros(one.last_at),
         "example": storable(one.example)[:LONGEST_EXAMPLE]}
        for (day, what, why), one in waiting.items()
    ]  # fmt: skip
    pen.run_all(_ADD, rows)


_ADD: Final = Statement(
    sa.text(
        "INSERT INTO losses (day, what, why, count, last_at, example) "
        "VALUES (:day, :what, :why, :count, :at, :example) "
        "ON CONFLICT (day, what, why) DO UPDATE SET count = losses.count + excluded.count, "
        "last_at = excluded.last_at, example = excluded.example"
    )
)


def list_losses(session: Session, *, since: datetime | None = None) -> list[Loss]:
    """What was lost, the newest first; `since`: at or after this."""
    query = sa.select(LOSSES).order_by(LOSSES.c.day.desc(), LOSSES.c.last_at.desc(), LOSSES.c.why).limit(MOST_ROWS)
    if since is not None:
        query = query.where(LOSSES.c.last_at >= since)
    return [Loss(**row) for row in session.execute(query).mappings()]


def total(losses: Iterable[Loss]) -> int:
    """How many in all."""
    return sum(one.count for one in losses)
