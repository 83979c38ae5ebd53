"""Every refusal as a fact: who asked for what, and why not.

Who is known and asks beyond its role is written down each time. Who knocks without a key is counted on disk before it
is answered, and written down at once when that begins, then every ten seconds: also by the next service, where this
one is killed in between. Prevents: a probe that leaves no trace, and a ledger that a stranger can fill.
"""

import asyncio
import threading
import time
from contextlib import suppress
from typing import Final

import structlog

from agents.access.caller import Caller
from agents.access.knocks import Knock, count_knocks, named, write_knocks
from agents.access.tokens import AUDIT
from agents.service.watcher import Watcher
from traces.errors import LedgerError
from traces.events import RequestRefused
from traces.recorder import Recorder

EVERY_SECONDS: Final = 10.0
"""How often knocks without a key are written down while they go on."""

log = structlog.get_logger("strop.service")


def refuse(recorder: Recorder, caller: Caller, route: str, why: str) -> None:
    """Write down that somebody who is known asked for what it may not."""
    method, _, path = route.partition(" ")
    event = RequestRefused(
        status=403, method=method, route=path, who=caller.name, role=caller.role, token=caller.token, why=why
    )
    try:
        recorder.append(AUDIT, event)
    except LedgerError as error:
        # The answer stays no. Where nothing can be written, the log is what is left.
        log.error("refusal.unrecorded", error=str(error), **event.model_dump(mode="json", exclude={"kind"}))


class Knocks:
    """Requests without a known key. Those that come at the same time share a commit.

    Args:
        recorder: of the ledger.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._new: dict[Knock, int] = {}
        self._until = 0.0
        self._is_waiting = True
        """Whether there may be something on disk that is no fact yet: a service that was killed may have left it."""
        self._watcher = Watcher("refusals", self._flush, EVERY_SECONDS)

    def knock(self, method: str, why: str) -> None:
        """One more: it is on disk when this returns. Called in threads."""
        with self._lock:
            one = named(method, why)
            self._new[one] = self._new.get(one, 0) + 1
        with self._writing:  # who waited here was counted by the one before
            self._count()

    def _count(self) -> None:
        with self._lock:
            new, self._new = self._new, {}
        if not new:
            return
        is_time = time.monotonic() >= self._until
        try:
            with self._recorder.database.writing() as session:
                count_knocks(session, new)
                if is_time:
                    write_knocks(session, self._recorder)
        except LedgerError as error:
            told = [{"method": method, "why": why, "times": times} for (method, why), times in new.items()]
            log.error("refusal.unrecorded", error=str(error), status=401, knocks=told)
            return
        if is_time:
            self._until = time.monotonic() + EVERY_SECONDS
        self._is_waiting = not is_time

    def flush(self) -> None:
        """Write down what is only counted."""
        with self._writing:
            self._count()
            if not self._is_waiting:
                return
            with suppress(LedgerError):  # it is on disk: the next one writes it down
                with self._recorder.database.writing() as session:
                    write_knocks(session, self._recorder)
                self._is_waiting = False

    def open(self) -> None:
        """Begin to write down what is counted, every few seconds."""
        self._watcher.open()

    async def close(self) -> None:
        """Write down the rest."""
        await self._watcher.close()
        await asyncio.to_thread(self.flush)

    async def _flush(self) -> None:
        await asyncio.to_thread(self.flush)
