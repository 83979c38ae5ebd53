"""Slots: a conversation comes back to where it was read; nobody waits for a caller who has gone."""

import threading

import pytest

from agents.models.completion import Cancelled
from agents.models.slots import Slots, common


def chat(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text} for text in texts]


def test_a_conversation_returns_to_its_slot() -> None:
    """The second step of a conversation goes where the first was read, whichever slot is older."""
    slots, nobody = Slots(2), threading.Event()
    with slots.taken(chat("a"), nobody) as first, slots.taken(chat("b"), nobody) as second:
        first.messages, second.messages = chat("a"), chat("b")
    with slots.taken(chat("b", "more"), nobody) as again:
        assert again.number == second.number
    with slots.taken(chat("a", "more"), nobody) as again:
        assert again.number == first.number


def test_a_new_conversation_takes_the_slot_longest_unused() -> None:
    """What was read lately is likelier to be needed again."""
    slots, nobody = Slots(2), threading.Event()
    with slots.taken(chat("a"), nobody) as first:
        first.messages = chat("a")
    with slots.taken(chat("b"), nobody) as second:
        assert second.number != first.number
        second.messages = chat("b")
    with slots.taken(chat("c"), nobody) as third:
        assert third.number == first.number


def test_a_waiting_caller_who_goes_gets_nothing() -> None:
    """A cancelled request does not wait for its turn first."""
    slots, gone = Slots(1), threading.Event()
    with slots.taken(chat("a"), threading.Event()):
        gone.set()
        with pytest.raises(Cancelled), slots.taken(chat("b"), gone):
            pass


def test_closed_slots_let_nobody_in() -> None:
    """After closing, a late request is told instead of reaching a freed engine."""
    slots = Slots(1)
    assert slots.close(0)
    with pytest.raises(Cancelled), slots.taken(chat("a"), threading.Event()):
        pass


def test_common_counts_equal_messages_from_the_start() -> None:
    """Only an unbroken start can be used again."""
    assert common(chat("a", "b"), chat("a", "b", "c")) == 2
    assert common(chat("x", "b"), chat("a", "b")) == 0
