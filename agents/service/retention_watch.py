"""Erasing what is past its time while the service runs: looked at each hour, a part at a time.

A lease lets one process of many do it. Prevents: an erasure that holds customers' runs up for minutes.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import structlog

from agents.retention import BY, MOST, Rules, expire, find_due
from traces.errors import LedgerError
from traces.events import ErasureDone
from traces.leases import claim, release
from traces.recorder import Recorder
from traces.scrub import scrub

log = structlog.get_logger("strop.retention")

LOOK_SECONDS: Final = 3600.0
"""How often it is looked what is past its time. Rules count in days."""


class RetentionWatch:
    """Keeps the workspace's `[retention]`.

    Args:
        recorder: of the ledger.
        rules: how long, and how much.
        owner: this process, for the lease.
    """

    def __init__(self, recorder: Recorder, rules: Rules, owner: str) -> None:
        self._recorder = recorder
        self._rules = rules
        self._owner = owner
        self._watching: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look, if anything is ever to go."""
        if self._rules.wanted:
            self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop after the part that is under way: it is done in a thread that nothing interrupts."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            done = None
            with suppress(LedgerError):  # locked or gone for a moment: the next look does it
                done = await asyncio.to_thread(self.look, datetime.now(UTC))
            # A full pass means that there is more.
            await asyncio.sleep(1.0 if done is not None and done.runs >= MOST else LOOK_SECONDS)

    def look(self, now: datetime) -> ErasureDone | None:
        """Erase one pass of what is due at `now`; None when nothing was, or another process does it."""
        database = self._recorder.database
        with database.writing() as session:
            if claim(session, BY, self._owner, now) is not None:
                return None
        try:
            with database.reading() as session:
                due = find_due(session, self._rules, now)
            done = expire(self._recorder, due)
            if done is not None:
                scrub(database, compact=False)
                log.info("retention.erased", runs=done.runs, events=done.events, why=due.why, kept=dict(due.kept))
            return done
        finally:
            with database.writing() as session:
                release(session, BY, self._owner)
