"""What is looked after each hour while the service runs: signals are noted, and what is past its time goes.

A lease lets one process of many do it, a part at a time. Prevents: an erasure that holds customers' runs up.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from agents.prompts.governance import Governance
from agents.retention import MOST, Rules, expire, find_due
from agents.review import expire_waiting
from agents.service.watcher import Watcher
from traces.events import ErasureDone
from traces.ids import short
from traces.leases import LEASE_SECONDS, claim, release, renew
from traces.recorder import Recorder
from traces.scrub import scrub
from traces.signals import note_signals

log = structlog.get_logger("strop.hourly")

LOOK_SECONDS: Final = 3600.0
"""Rules of retention count in days, and a customer is gone after one."""

LEASE: Final = "hourly"
"""Name of the lease."""

REST_SECONDS: Final = 0.05
"""Between two parts of a look: requests come first."""


class HourlyWatch:
    """Notes signals, lets proposals expire, and keeps the workspace's `[retention]`.

    Args:
        recorder: of the ledger.
        rules: how long, and how much.
        owner: this process, for the lease.
        governance: gives the rules for decisions that the workspace's file has for an agent.
    """

    def __init__(self, recorder: Recorder, rules: Rules, owner: str, governance: Callable[[str], Governance]) -> None:
        self._recorder = recorder
        self._rules = rules
        self._owner = owner
        self._governance = governance
        self._watcher = Watcher("hourly", self._look_now, LOOK_SECONDS)
        self._closing = threading.Event()
        self._renewed = 0.0

    def open(self) -> None:
        """Begin to look."""
        self._watcher.open()

    async def close(self) -> None:
        """Stop after the part that is under way: it is done in a thread that nothing interrupts."""
        self._closing.set()
        await self._watcher.close()

    async def _look_now(self) -> float | None:
        done = await asyncio.to_thread(self.look, datetime.now(UTC))
        return 1.0 if done is not None and done.runs >= MOST else None  # a full pass means that there is more

    def look(self, now: datetime) -> ErasureDone | None:
        """Note signals and erase one pass of what is due at `now`.

        Gives what was erased; None when nothing was, or another process looks.
        """
        database = self._recorder.database
        with database.writing() as session:
            if claim(session, LEASE, self._owner, now) is not None:
                return None
        try:
            gone = expire_waiting(self._recorder, self._governance)
            if gone:
                log.info("proposals.expired", bundles=[short(one) for one in gone])
            noted = note_signals(self._recorder, now, self._rest)
            if noted:
                log.info("signals.noted", found=dict(Counter(one.signal for one in noted)))
            if not self._rules.wanted:
                return None
            with database.reading() as session:
                due = find_due(session, self._rules, now)
            done = expire(self._recorder, due)
            if done is not None:
                scrub(database, compact=False)
                log.info("retention.erased", runs=done.runs, events=done.events, why=due.why, kept=dict(due.kept))
            return done
        finally:
            with database.writing() as session:
                release(session, LEASE, self._owner)

    def _rest(self) -> bool:
        """Leave the machine to others for a moment, with the lease kept; False when the service stops."""
        if time.monotonic() - self._renewed > LEASE_SECONDS / 3:
            with self._recorder.database.writing() as session:
                renew(session, self._owner, [LEASE], datetime.now(UTC))
            self._renewed = time.monotonic()
        return not self._closing.wait(REST_SECONDS)
