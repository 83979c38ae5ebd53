"""What people and programs said of a run."""

from typing import Literal

from pydantic import Field

from traces.events.fact import Event, Json
from traces.provenance import Provenance

Signal = Literal["rephrase", "retry", "abandonment", "escalation"]
"""The customer said it again in other words, in the same words, did not come back, was handed on to a person."""


class FeedbackGiven(Event):
    """A judgement on a run or one of its steps (`op`), by a person or a program."""

    BODIES = frozenset({"correction", "comment", "edits"})
    OUTSIDE = frozenset({"label", "correction", "comment", "outcome", "edits", "provenance"})
    kind: Literal["feedback_given"] = "feedback_given"
    feedback_id: str
    score: float | None = Field(default=None, ge=0, le=1)
    label: str | None = None
    correction: Json = None
    """The right answer, in whole or in part: an object of output fields, or a text."""
    edits: list[Json] = []
    """The correction field by field: `{"path", "said", "right"}` (`traces.edits.Edit`)."""
    comment: str = ""
    outcome: str | None = None
    """What became of it in the end, as an application told later."""
    explicit: bool = True
    tier: Literal["reviewer", "customer", "program", "imported"] = "reviewer"
    provenance: Provenance


class FeedbackWithdrawn(Event):
    """Who gave a judgement took it back (`op` names it, so it is done once). The judgement stays on record and counts
    for nothing any more.
    """

    OUTSIDE = frozenset({"unmarked", "provenance"})
    kind: Literal["feedback_withdrawn"] = "feedback_withdrawn"
    feedback_id: str
    score: float | None = None
    """The run's score without it: of the newest judgement that stands."""
    unmarked: list[str] = []
    """Marks that no other judgement gives the run (`traces.marks`)."""
    provenance: Provenance


class SignalSeen(Event):
    """Something in the conversation tells how the run went, though nobody said so (`traces.signals`)."""

    kind: Literal["signal_seen"] = "signal_seen"
    signal: Signal
    by_run: str | None = None
    """The turn that gave it away."""
    detail: str = ""
    """The rule's figure, or the tool that handed on: no words of anybody."""
