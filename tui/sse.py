"""Server-sent events, read from bytes: the parser and the waits between two tries. Pure.

Written by hand because a line may only end at CR or LF: `splitlines` would also cut at U+2028, which JSON allows.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

FIRST_WAIT: Final = 0.2
LONGEST_WAIT: Final = 5.0


@dataclass(frozen=True)
class Message:
    """One event of the stream. `id` is the last one seen, "" when there was none."""

    event: str
    data: str
    id: str


@dataclass
class Parser:
    """Bytes in, whole messages out; a message broken off by the end of the stream is never given."""

    id: str = ""
    _rest: bytes = b""
    _event: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The messages that are complete with this chunk."""
        block = self._rest + chunk
        # A CR at the very end may be half of a CRLF: it waits for the next chunk.
        held = b"\r" if block.endswith(b"\r") else b""
        block = block[: len(block) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = block.split(b"\n")
        self._rest = rest + held
        for raw in lines:
            message = self._line(raw.decode("utf-8", "replace"))
            if message is not None:
                yield message

    def _line(self, text: str) -> Message | None:
        if not text:
            return self._dispatch()
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self.id = value
        return None

    def _dispatch(self) -> Message | None:
        event, data = self._event or "message", self._data
        self._event, self._data = "", []
        return Message(event, "\n".join(data), self.id) if data or event == "end" else None


def wait_before(attempt: int, *, spread: float | None = None) -> float:
    """Seconds before try number `attempt` (from 1): doubling, bounded, and spread so that clients do not march."""
    bound = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempt - 1, 10))
    return bound * (0.5 + 0.5 * (random.random() if spread is None else spread))
