"""Which of the engine's slots works on a request; a slot remembers the last conversation it has read.

Prevents that two steps of one conversation land on different slots and the second reads everything again.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from agents.models.completion import Cancelled

# How often a waiting request looks whether its caller has gone, in seconds.
LOOK = 0.2


@dataclass(slots=True)
class Slot:
    """One place in the engine: its number, the messages in its memory and when it was last used (a count)."""

    number: int
    messages: list[Mapping[str, str]] = field(default_factory=list)
    used: int = 0
    busy: bool = False


class Slots:
    """The engine's places. A request waits for a free one and gets the one that has read most of it."""

    def __init__(self, count: int) -> None:
        self._all = [Slot(number) for number in range(count)]
        self._changed = threading.Condition()
        self._clock = 0
        self._closed = False

    @contextmanager
    def taken(self, messages: Sequence[Mapping[str, str]], gone: threading.Event) -> Iterator[Slot]:
        """Hold a slot for `messages`. Raises `Cancelled` if `gone` is set, or the slots close, while waiting."""
        slot = self._wait(messages, gone)
        try:
            yield slot
        finally:
            with self._changed:
                slot.busy = False
                self._changed.notify_all()

    def _wait(self, messages: Sequence[Mapping[str, str]], gone: threading.Event) -> Slot:
        with self._changed:
            while True:
                if self._closed or gone.is_set():
                    raise Cancelled
                free = [slot for slot in self._all if not slot.busy]
                if free:
                    best = max(free, key=lambda slot: (common(slot.messages, messages), -slot.used))
                    self._clock += 1
                    best.busy, best.used = True, self._clock
                    return best
                self._changed.wait(LOOK)

    def close(self, patience: float) -> bool:
        """Let nobody in any more and wait, in seconds, for those inside; False if some are still there."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not any(slot.busy for slot in self._all), timeout=patience)


def common(first: Sequence[Mapping[str, str]], second: Sequence[Mapping[str, str]]) -> int:
    """How many messages both start with."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count
