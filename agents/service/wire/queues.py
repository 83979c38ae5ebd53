"""Queues: runs that several people are to judge."""

from datetime import datetime

from pydantic import ConfigDict, Field

from agents.service.wire.runs import RunView
from agents.service.wire.shape import Key, Shape


class OpenQueue(Shape):
    """Draw runs that a query means, and put them up for judgement."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Key
    query: str = Field(default="", max_length=2000)
    size: int = 50
    reviewers: int = 2
    """How many people judge each run."""
    labels: list[Key] = []
    reason: str = ""
    by: str = ""


class CloseQueue(Shape):
    """Nobody need judge its runs any more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = ""
    by: str = ""


class QueueView(Shape):
    """A queue as it stands, for whoever asks (`mine`, `left`)."""

    name: str
    query: str = ""
    agents: list[str] = []
    labels: list[str] = []
    reviewers: int = 1
    runs: int = 0
    done: int = 0
    """Runs that as many people judged as were asked for."""
    begun: int = 0
    """Runs that somebody judged."""
    mine: int = 0
    left: int = 0
    """Runs that the caller may still judge."""
    by_reviewer: dict[str, int] = {}
    opened_at: datetime
    opened_by: str = ""
    note: str = ""
    closed_at: datetime | None = None


class AgreementView(Shape):
    """How far reviewers agree: Krippendorff's alpha with its 95 % interval (None: too little to say)."""

    alpha: float | None = None
    low: float | None = None
    high: float | None = None
    runs: int = 0
    """Judged by two at least."""
    agreed: int = 0
    disputed: dict[str, dict[str, str]] = {}
    """Run -> reviewer -> word, of the runs on which they do not agree."""


class QueueDetail(Shape):
    """A queue and how far its reviewers agree."""

    queue: QueueView
    agreement: AgreementView


class QueueTurn(Shape):
    """The next run that the caller may judge; None: there is none left."""

    queue: QueueView
    run: RunView | None = None
