"""The runs that one worker holds: their leases kept alive together, and what it must hear about them in time.

Prevents: two workers on one run, a worker that goes on although its lease is another's, and a run that was cancelled
elsewhere but works on. One look a moment for all runs of a process, however many they are.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from agents.errors import RunOwned, TurnQueued
from traces.db import Database
from traces.errors import LedgerError
from traces.leases import LEASE_SECONDS, claim, claim_beside, release, release_beside, renew
from traces.pen import Pen, pen_of
from traces.store import find_earlier_turn
from traces.summary import RunSummary
from traces.tables import RUNS

log = structlog.get_logger("strop.leases")

HEAR_SECONDS: Final = 0.5
"""How often we look whether a run was cancelled elsewhere: it stops within a second or two."""

RENEW_SECONDS: Final = LEASE_SECONDS / 4
"""Three signs of life may fail before a lease runs out."""


@dataclass(eq=False)
class _Hold:
    """One time that a run is held: by which task, and whether its lease turned out to be another's."""

    task: asyncio.Task[object]
    lost: bool = False
    given_back: bool = False


@dataclass(frozen=True)
class _Look:
    """What one look at the database said about the runs we hold."""

    cancelled: list[str]
    lost: list[str]


class Holder:
    """Holds leases in the name of one worker, on one event loop."""

    def __init__(self, database: Database, worker: str) -> None:
        self._database = database
        self.worker = worker
        self._holds: dict[str, _Hold] = {}
        self._keeper: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def holding(self, run: RunSummary, *, claimed: bool = False) -> AsyncIterator[None]:
        """Hold the run's lease within this, on behalf of the current task; it may be `claimed` already.

        Raises:
            RunOwned: somebody living has it, or has it by the end.
            TurnQueued: an earlier turn of its conversation has not ended.
        """
        if not claimed:
            self._claim(run)
        task = asyncio.current_task()
        assert task is not None
        hold = self._holds[run.id] = _Hold(task)
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep())
        try:
            yield
        except asyncio.CancelledError:
            if hold.lost:
                raise RunOwned(
                    f"run {run.id} was taken over by another worker",
                    hint="This one gave no sign of life for too long.",
                ) from None
            raise
        finally:
            del self._holds[run.id]
            if not hold.given_back:
                with suppress(LedgerError), self._database.writing() as session:
                    release(session, run.id, self.worker)

    def give_back(self, pen: Pen, run_id: str) -> None:
        """Give the lease back in the transaction that ends the run: one commit less."""
        release_beside(pen, run_id, self.worker)
        self._holds[run_id].given_back = True

    @property
    def busy(self) -> bool:
        """Whether any run is worked on here."""
        return bool(self._holds)

    def find(self, run_id: str) -> asyncio.Task[object] | None:
        """The task of a run that is worked on here, or None."""
        hold = self._holds.get(run_id)
        return None if hold is None else hold.task

    def claim_new(self, session: Session, run: RunSummary, *, is_turn: bool) -> bool:
        """Take the lease of a run in the transaction that starts it; not where an earlier turn goes first.

        Args:
            session: that transaction's.
            run: the run.
            is_turn: whether its conversation may have earlier turns.
        """
        if is_turn and _first_turn(session, run) is not None:
            return False
        claim_beside(pen_of(session), run.id, self.worker, datetime.now(UTC))
        return True

    def _claim(self, run: RunSummary) -> None:
        if run.id in self._holds:
            raise RunOwned(f"run {run.id} is being worked on here already", hint="Wait until it has ended.")
        with self._database.writing() as session:
            first = _first_turn(session, run)
            if first is not None:
                raise TurnQueued(run.id, first)
            other = claim(session, run.id, self.worker, datetime.now(UTC))
        if other is not None:
            raise RunOwned(
                f"run {run.id} is being worked on by {other}",
                hint=f"Wait for it; a dead worker's run is free after {LEASE_SECONDS:g} s.",
            )

    async def _keep(self) -> None:
        renewed = time.monotonic()
        while self._holds:
            await asyncio.sleep(HEAR_SECONDS)
            due = time.monotonic() - renewed >= RENEW_SECONDS
            try:
                held = dict(self._holds)
                look = await asyncio.to_thread(self._look, list(held), due)
                renewed = time.monotonic() if due else renewed
                self._stop(look, held)
            except LedgerError:  # locked or gone for a moment; what is written meanwhile meets the fence
                pass
            except Exception:  # whatever it is: one look that ends must not let the leases of all runs run out
                log.exception("leases.broke")

    def _look(self, names: list[str], due: bool) -> _Look:
        query = sa.select(RUNS.c.id).where(RUNS.c.id.in_(names), RUNS.c.status == "cancelled")
        with self._database.reading() as session:
            cancelled = list(session.execute(query).scalars())
        if not due:
            return _Look(cancelled, [])
        with self._database.writing() as session:
            ours = renew(session, self.worker, names, datetime.now(UTC))
        return _Look(cancelled, [name for name in names if name not in ours])

    def _stop(self, look: _Look, held: Mapping[str, _Hold]) -> None:
        for name in (*look.cancelled, *look.lost):
            hold = held[name]
            # One that ended while we looked has given its lease back itself, and may have been begun again since.
            if self._holds.get(name) is hold and not hold.given_back:
                hold.lost = name not in look.cancelled
                hold.task.cancel()


def _first_turn(session: Session, run: RunSummary) -> str | None:
    """The earlier turn of the conversation that must end first, or None."""
    return find_earlier_turn(session, run) if run.origin == "user" and run.parent_run_id is None else None
