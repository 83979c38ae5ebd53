"""One commit for all that is to be written in one moment: the runs of a process share what a commit costs.

A commit that survives power loss is the dearest part of a step. Where two hundred runs are at work, some of them are
always ready to write. Prevents: a disk that is waited for once for each fact.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import IntegrityError

from traces.errors import LedgerError, LedgerUnavailable
from traces.recorder import Page, Recorded, Recorder

MOST_PAGES: Final = 50
"""So many are written by one transaction, for the loop does nothing else meanwhile."""


@dataclass(frozen=True)
class Later:
    """A page that nobody waits for, and what becomes of its facts where it cannot be written."""

    page: Page
    put_back: Callable[[], None]


class Together:
    """Collects pages until the loop has come round once, then writes them all. One event loop only."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: list[tuple[Page, asyncio.Future[None]]] = []
        self._due: list[Callable[[], Later | None]] = []

    async def append(self, page: Page) -> list[Recorded]:
        """As `Recorder.append_page`. Who is cancelled meanwhile finds in `page.written` whether it was written."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._call()
        self._waiting.append((page, waiter))
        await waiter
        return page.written

    def add_later(self, make: Callable[[], Later | None]) -> None:
        """Write with the next commit what nobody waits for. It is asked for in that moment: what has been written by
        then with something else is not written twice.
        """
        self._call()
        self._due.append(make)

    def settle(self) -> None:
        """Write all that waits, now."""
        while self._waiting or self._due:
            self._write()

    def _call(self) -> None:
        if not self._waiting and not self._due:
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        """One commit. Pages that somebody waits for come first: what is due of the same run was known after them."""
        now, self._waiting = self._waiting[:MOST_PAGES], self._waiting[MOST_PAGES:]
        waiting: list[tuple[Page, asyncio.Future[None] | Later]] = []
        waiting += [(page, waiter) for page, waiter in now if not waiter.cancelled()]
        if not self._waiting:
            room = max(1, MOST_PAGES - len(waiting))
            due, self._due = self._due[:room], self._due[room:]
            waiting += [(one.page, one) for make in due if (one := make()) is not None]
        if self._waiting or self._due:
            asyncio.get_running_loop().call_soon(self._write)
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

    def _write_each(self, waiting: list[tuple[Page, asyncio.Future[None] | Later]]) -> None:
        """One of them is refused: it must not keep the others from being written, but what its own run says after."""
        refused: dict[str, Exception] = {}
        for page, waiter in waiting:
            try:
                if page.stream in refused:
                    raise refused[page.stream]
                self._recorder.append_page(page)
            except Exception as error:
                refused[page.stream] = error
                _fail(waiter, error)
            else:
                _wake(waiter)


def _wake(waiter: asyncio.Future[None] | Later) -> None:
    if isinstance(waiter, asyncio.Future) and not waiter.done():  # it may have been cancelled meanwhile
        waiter.set_result(None)


def _fail(waiter: asyncio.Future[None] | Later, error: Exception) -> None:
    if isinstance(waiter, Later):
        waiter.put_back()
    elif not waiter.done():
        waiter.set_exception(error)
