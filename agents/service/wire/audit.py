"""The shapes of the audit, and of the answer to "why did this run say that"."""

from datetime import datetime
from typing import Any

from pydantic import Field

from agents.service.wire.runs import RunView
from agents.service.wire.shape import Shape
from agents.service.wire.versions import BundleView


class AuditView(Shape):
    """One decision, refusal or key given out, as one row of the audit. `id` orders them all."""

    id: int
    at: datetime
    stream: str
    seq: int
    kind: str
    who: str = ""
    actor: str = ""
    role: str = ""
    agent: str = ""
    bundle: str = ""
    run_id: str = ""
    what: str
    """In words."""
    why: str = ""


class AuditPage(Shape):
    """Rows of the audit, newest first; ask again with `before` for the next page."""

    items: list[AuditView]
    before: int | None = None


class AuditDetail(Shape):
    """One row with everything that belongs to it."""

    row: AuditView
    data: dict[str, Any] = Field(default_factory=dict)
    sheet: str = ""
    """The text that stood for the proposal when it was decided on; empty: none was kept."""
    confirmed: bool = False
    """The person's client sent that text's digest back."""


class WhyView(Shape):
    """Why a run said what it said: the version it ran on, what that stands on, and who decided so."""

    run: RunView
    bundle: BundleView
    chosen: str
    """How the run came to this version, in words."""
    reproducible: bool
    """The version in the store is what its digest says."""
    parents: list[BundleView] = Field(default_factory=list)
    """From its parent up to the first version, without their contents."""
    evidence_digest: str | None = None
    evidence: dict[str, Any] = Field(default_factory=dict)
    summary: str = ""
    decisions: list[AuditView] = Field(default_factory=list)
    """About this version, up to the run's start, oldest first."""
