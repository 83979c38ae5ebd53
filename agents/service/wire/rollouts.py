"""How versions meet real conversations."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field, JsonValue

from agents.service.wire.shape import Key, Shape


class ArmView(Shape):
    """One arm of a rollout, as far as its conversations are counted."""

    bundle: str
    conversations: int = 0
    """Given to this arm so far."""
    counted: int = 0
    """Of these, what came of them is known."""
    means: dict[str, float] = {}
    """By metric: quality from 0 to 1, errors and safety as a rate, cost in US dollars, seconds for latency."""


class AlarmView(Shape):
    """One always-valid test of a rollout. An alarm is not taken back by later conversations."""

    name: str
    metric: str
    alpha: float
    """Its part of the error budget."""
    z: float | None = None
    """How far the candidate is off, in standard deviations; positive is the side of the alarm."""
    needed: float | None = None
    """What z would have had to be at the last look."""
    alarm: bool = False


class ShadowView(Shape):
    """What the candidate did beside the live version; nobody saw its answers."""

    runs: int = 0
    failed: int = 0
    diverged: int = 0
    """Made a call that the recording cannot answer."""
    same: int = 0
    """Gave the same answer as the live version."""
    cost: float | None = None
    live_cost: float | None = None
    seconds: float | None = None
    live_seconds: float | None = None


class RolloutView(Shape):
    """A version that meets real conversations: how many it gets, what came of them, and what the tests say."""

    id: str
    agent: str
    mode: Literal["shadow", "canary", "ab"]
    state: Literal["running", "exposed", "ended"]
    """`exposed`: the candidate had all the conversations it may have; what is open is waited for."""
    outcome: Literal["rolled_back", "promoted", "stopped"] | None = None
    verdict: Literal["none yet", "worse", "better", "unharmed", "undecided"] = "none yet"
    reasons: list[str] = []
    share: float
    """Of new conversations, to the candidate."""
    exposure: int
    exposed: int
    promote: Literal["person", "better", "unharmed"] = "person"
    """Who takes it live: a person, or the watch under the plan that a person signed."""
    candidate: ArmView
    control: ArmView
    difference: float | None = None
    """Quality of the candidate less that of the control."""
    interval: tuple[float, float] | None = None
    """95 % interval of the difference, good for one look."""
    tests: list[AlarmView] = []
    shadow: ShadowView | None = None
    plan: dict[str, Any] = {}
    started_at: datetime
    started_by: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""


class StartRollout(Shape):
    """Let a version meet real conversations. What is left out is the usual plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: Key
    candidate: Key
    """Digest of the version, or its first characters."""
    control: Key | None = None
    """What it is compared with; default what is live."""
    mode: Literal["shadow", "canary", "ab"] = "canary"
    plan: dict[str, JsonValue] = {}
    reason: str = Field(min_length=1)
    by: str = ""
    live: str | None = None
    """The live digest the person saw; another one now is a conflict (409)."""


class ChangeRollout(Shape):
    """Give the candidate more or fewer conversations from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float | None = Field(default=None, gt=0, lt=1)
    exposure: int | None = Field(default=None, ge=1)
    reason: str = Field(min_length=1)
    by: str = ""


class EndRollout(Shape):
    """A person's word on a rollout: take the candidate live, or take it back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["promote", "stop"]
    reason: str = Field(min_length=1)
    by: str = ""
