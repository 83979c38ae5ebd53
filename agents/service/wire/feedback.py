"""What people say of a run."""

from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from agents.service.wire.shape import Shape


class EditView(Shape):
    """One field of a correction: its path (`/team`), what the run said there (may be left out), what is right."""

    path: str
    said: JsonValue = None
    right: JsonValue = None


class WithdrawFeedback(Shape):
    """Take a judgement back: the one named, or the newest of one's own on the run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feedback_id: str | None = None
    reason: str = ""
    by: str = ""


class GiveFeedback(Shape):
    """A judgement on a run or on one of its operations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: float | None = Field(default=None, ge=0, le=1, strict=True)
    label: str | None = None
    comment: str = ""
    correction: JsonValue = None
    edits: tuple[EditView, ...] = ()
    """The correction field by field; given alone, the correction is made of it."""
    outcome: str | None = None
    op: str | None = None
    by: str = ""
    tier: Literal["reviewer", "customer", "program", "imported"] = "reviewer"
