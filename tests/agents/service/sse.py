"""Reading server-sent events in tests, by the letter of the standard's simple cases."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Sent:
    """One event as it was sent; `comment` events are heartbeats."""

    event: str
    id: int | None
    data: Any


def read(text: str) -> list[Sent]:
    """All events of a whole stream."""
    return [_event(block) for block in text.split("\n\n") if block]


async def listen(response: httpx.Response) -> AsyncIterator[Sent]:
    """Events of a stream as they come."""
    rest = ""
    async for piece in response.aiter_text():
        *blocks, rest = (rest + piece).split("\n\n")
        for block in blocks:
            yield _event(block)


def _event(block: str) -> Sent:
    if block.startswith(":"):
        return Sent("comment", None, block[1:].strip())
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    place = fields.get("id")
    return Sent(fields["event"], None if place is None else int(place), json.loads(fields["data"]))
