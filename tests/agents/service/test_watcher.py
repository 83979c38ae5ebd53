"""The loop of every watch: what one look raises keeps no other look from coming."""

import asyncio

import pytest

from agents.errors import UsageError
from agents.service.watcher import Watcher
from traces.errors import LedgerUnavailable

pytestmark = pytest.mark.anyio


async def test_a_look_that_raises_is_followed_by_another() -> None:
    """Whatever it raises; and a look may say when the next one is due."""
    raised: list[Exception] = [
        LedgerUnavailable("locked", hint=""),
        UsageError("a bad line"),
        ValueError("a surprise"),
    ]
    seen, done = 0, asyncio.Event()

    async def look() -> float | None:
        nonlocal seen
        seen += 1
        if raised:
            raise raised.pop()
        done.set()
        return 3600.0

    watcher = Watcher("test", look, 0.0)
    watcher.open()
    async with asyncio.timeout(10):
        await done.wait()
    await watcher.close()
    assert seen == 4
