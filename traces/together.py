"""One commit for all that is to be written in one moment: the runs of a process share what a commit costs.

A commit that survives power loss is the dearest part of a step. Where two hundred runs are at work, some of them are
always ready to write. Prevents: a disk that is waited for once for each fact.
"""

import asyncio
from typing import Final

from sqlalchemy.exc import IntegrityError

from traces.errors import LedgerError, LedgerUnavailable
from traces.recorder import Page, Recorded, Recorder

MOST_PAGES: Final = 50
"""So many are written by one transaction, for the loop does nothing else meanwhile."""


class Together:
    """Collects pages until the loop has come round once, then writes them all. One event loop only."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: list[tuple[Page, asyncio.Future[None]]] = []

    async def append(self, page: Page) -> list[Recorded]:
        """As `Recorder.append_page`. Who is cancelled meanwhile finds in `page.written` whether it was written."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._write)
        self._waiting.append((page, waiter))
        await waiter
        return page.written

    def settle(self) -> None:
        """Write all that waits, now."""
        while self._waiting:
            self._write()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting[:MOST_PAGES], self._waiting[MOST_PAGES:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._write)
        waiting = [(page, waiter) for page, waiter in waiting if not waiter.cancelled()]
        if not waiting:
            return
        try:
            self._recorder.append_pages([page for page, _ in waiting])
        except LedgerUnavailable as error:  # for one as for all, and trying each would take long
            for _, waiter in waiting:
                _fail(waiter, error)
        except (LedgerError, IntegrityError):
            self._write_each(waiting)
        except Exception as error:
            for _, waiter in waiting:
                _fail(waiter, error)
        else:
            for _, waiter in waiting:
                _wake(waiter)

    def _write_each(self, waiting: list[tuple[Page, asyncio.Future[None]]]) -> None:
        """One of them is refused: it must not keep the others from being written."""
        for page, waiter in waiting:
            try:
                self._recorder.append_page(page)
            except Exception as error:
                _fail(waiter, error)
            else:
                _wake(waiter)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():  # cancelled meanwhile
        waiter.set_result(None)


def _fail(waiter: asyncio.Future[None], error: Exception) -> None:
    if not waiter.done():
        waiter.set_exception(error)
