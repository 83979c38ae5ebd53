"""What people and programs said of a run."""

from typing import Literal

from pydantic import Field

from traces.events.fact import Event, Json
from traces.provenance import Provenance


class FeedbackGiven(Event):
    """A judgement on a run or one of its steps (`op`), by a person or a program."""

    BODIES = frozenset({"correction", "comment"})
    OUTSIDE = frozenset({"label", "correction", "comment", "outcome", "provenance"})
    kind: Literal["feedback_given"] = "feedback_given"
    feedback_id: str
    score: float | None = Field(default=None, ge=0, le=1)
    label: str | None = None
    correction: Json = None
    """The right answer, in whole or in part: an object of output fields, or a text."""
    comment: str = ""
    outcome: str | None = None
    explicit: bool = True
    tier: Literal["reviewer", "customer", "program", "imported"] = "reviewer"
    provenance: Provenance
