"""What background work tells the screens. Workers post these; only handlers change what is shown."""

from dataclasses import dataclass
from datetime import datetime

from textual.message import Message

from agents.service.wire import EventView
from tui.client import Link


@dataclass
class LinkChanged(Message):
    """The stream of facts came alive or was lost."""

    link: Link


@dataclass
class FactsArrived(Message):
    """New facts of any stream, in order, gathered over a tenth of a second."""

    facts: list[EventView]


@dataclass
class Counted(Message):
    """How many things wait for a person, and since when the oldest does."""

    waiting: int
    oldest: datetime | None = None


@dataclass
class Refreshed(Message):
    """What a screen shows may have changed without a fact that says how: ask the service again."""
