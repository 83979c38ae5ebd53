"""Bundles, what is proposed of them, and decisions."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field, JsonValue

from agents.service.wire.shape import Key, Shape


class BundleView(Shape):
    """A version: what it is (`content`), where it comes from, and where it stands."""

    digest: str
    agent: str
    state: str
    live: bool = False
    parent: str | None = None
    parents: list[str] = []
    """All it was made from, `parent` first; several for a merge."""
    author: str
    author_kind: str
    note: str = ""
    created_at: datetime
    runs: int = 0
    content: dict[str, Any] = {}
    readable: str = ""
    """The prompt as the model gets it, then every other field, one a line."""


class DiffLineView(Shape):
    """One line of a word diff: (`same` | `removed` | `added`, text) in order."""

    runs: list[tuple[Literal["same", "removed", "added"], str]]


class FlipView(Shape):
    """One sealed example on which the two versions disagree."""

    example: str
    input: str = ""
    expected: JsonValue = None
    before: JsonValue = None
    after: JsonValue = None
    run_before: str | None = None
    run_after: str | None = None


class SignatureView(Shape):
    """One person's yes."""

    by: str
    role: str = ""
    reason: str = ""
    at: datetime


class ProposalView(Shape):
    """A bundle that waits for a person's decision, with the evidence to be shown."""

    bundle: BundleView
    incumbent: str
    stale: bool = False
    """The live bundle is no longer the one it was proven against."""
    verdict: str = ""
    evidence_digest: str | None = None
    evidence: dict[str, Any] = {}
    """The whole evidence as `optimizer.evidence.Evidence` writes it."""
    summary: str = ""
    """The evidence as a plain table for people."""
    got_better: list[FlipView] = []
    got_worse: list[FlipView] = []
    head: int = 0
    """Seq of the newest decision about the agent: send it with a decision, so that two people cannot cross."""
    signatures: list[SignatureView] = []
    approvals: int = 1
    """How many signatures the agent's rules ask for."""
    sheet: str = ""
    """All that a person decides on, as one text; only with a single proposal."""
    sheet_digest: str = ""
    """Send it back with the decision when this was on the screen."""


class Decide(Shape):
    """A person's decision on a proposal. `shown` is the digest of the evidence that was on the screen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["approve", "reject"]
    reason: str = Field(min_length=1)
    by: str = ""
    shown: str | None = None
    incumbent: str | None = None
    """The live digest the person saw; another one now is a conflict (409)."""
    head: int | None = None
    """The `head` of the proposal as the person saw it; a newer decision is a conflict (409) that says which."""
    sheet: str | None = None
    """The proposal's `sheet_digest`, when that text was on the screen; another one now is a conflict (409)."""


class RollBack(Shape):
    """Take the live bundle back, to the one before it or to `to`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = Field(min_length=1)
    by: str = ""
    to: Key | None = None
    live: str | None = None
    """The live digest the person saw; another one now is a conflict (409)."""
    head: int | None = None
    """The agent's `head` as the person saw it; a newer decision is a conflict (409) that says which."""
