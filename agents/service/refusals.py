"""Every refusal as a fact: who asked for what, and why not.

Who is known and asks beyond its role is written down each time. Who knocks without a key can knock a thousand times a
second: those are written down at once when they begin, and then counted.
Prevents: a probe that leaves no trace, and a ledger that a stranger can fill.
"""

import threading
import time
from typing import Final

import structlog

from agents.access.caller import Caller
from agents.access.tokens import AUDIT
from traces.errors import LedgerError
from traces.events import RequestRefused
from traces.recorder import Recorder

EVERY_SECONDS: Final = 10.0
"""How often knocks without a key are written down while they go on."""

log = structlog.get_logger("strop.service")


def refuse(recorder: Recorder, caller: Caller, route: str, why: str) -> None:
    """Write down that somebody who is known asked for what it may not."""
    method, _, path = route.partition(" ")
    _append(
        recorder,
        RequestRefused(
            status=403, method=method, route=path, who=caller.name, role=caller.role, token=caller.token, why=why
        ),
    )


class Knocks:
    """Requests without a known key: the first is written down at once, those that follow are counted."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._lock = threading.Lock()
        self._until = 0.0
        self._waiting: dict[tuple[str, str], int] = {}

    def knock(self, method: str, why: str) -> None:
        """One more. Routes are not told apart: whoever has no key does not get to choose what is written down."""
        with self._lock:
            self._waiting[method, why] = self._waiting.get((method, why), 0) + 1
            if time.monotonic() < self._until:
                return
            self._until = time.monotonic() + EVERY_SECONDS
            waiting, self._waiting = self._waiting, {}
        self._write(waiting)

    def flush(self) -> None:
        """Write down what was only counted, when the service stops."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        self._write(waiting)

    def _write(self, waiting: dict[tuple[str, str], int]) -> None:
        for (method, why), times in waiting.items():
            _append(self._recorder, RequestRefused(status=401, method=method, route="", why=why, times=times))


def _append(recorder: Recorder, event: RequestRefused) -> None:
    try:
        recorder.append(AUDIT, event)
    except LedgerError as error:
        # The answer stays no. Where nothing can be written, the log is what is left.
        log.error("refusal.unrecorded", error=str(error), **event.model_dump(mode="json", exclude={"kind"}))
