"""Facts of a queue: runs that several people are to judge. Stream `queue_NAME`."""

from typing import Literal

from traces.events.fact import Event
from traces.provenance import Provenance


class QueueOpened(Event):
    """Runs were drawn to be judged. Which ones does not change any more; what is said of them is in their ledgers."""

    BODIES = frozenset({"runs"})
    OUTSIDE = frozenset({"query", "labels", "provenance"})
    kind: Literal["queue_opened"] = "queue_opened"
    name: str
    query: str
    """Which runs they were drawn from."""
    runs: list[str]
    """In the order in which they are shown to everybody."""
    agents: list[str]
    """Whose runs they are."""
    reviewers: int
    """How many people are to judge each run."""
    labels: list[str] = []
    """What reviewers may choose from with one key."""
    provenance: Provenance


class QueueClosed(Event):
    """Nobody need judge its runs any more."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["queue_closed"] = "queue_closed"
    provenance: Provenance
