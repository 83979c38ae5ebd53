"""One look after the other while the service runs: the loop that every watch of the service has.

Prevents: a watch that ends at the first thing it did not expect, with nobody told, until the service starts again.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from agents.errors import StropError
from traces.errors import LedgerError

log = structlog.get_logger("strop.watch")

Look = Callable[[], Awaitable[float | None]]
"""Looks once; gives the seconds until the next look where these are not the usual ones."""


class Watcher:
    """Looks, rests and looks again. Made, opened and closed on one event loop.

    Args:
        name: what it watches, for the log.
        look: one look. What it raises is in the log, and the next look comes all the same.
        every: seconds between two looks.
    """

    def __init__(self, name: str, look: Look, every: float) -> None:
        self._name = name
        self._look = look
        self._every = every
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch(), name=f"{self._name} watch")

    def stop(self) -> None:
        """Look no more, without waiting for the look that is under way."""
        if self._task is not None:
            self._task.cancel()

    async def close(self) -> None:
        """Stop; what is done in a thread comes to its end by itself."""
        self.stop()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            rest: float | None = None
            try:
                rest = await self._look()
            except LedgerError:  # locked or gone for a moment: the next look may see more
                pass
            except StropError as error:  # the record, or a file, says no
                log.warning("watch.left", watch=self._name, error=str(error), hint=error.hint)
            except Exception:  # whatever it is, what comes after it must not be left without a watch
                log.exception("watch.broke", watch=self._name)
            await asyncio.sleep(self._every if rest is None else rest)
