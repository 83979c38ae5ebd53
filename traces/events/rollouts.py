"""Facts of a rollout's stream: what was to be tried on whom, what came of each conversation, how it ended."""

from typing import Literal

from traces.events.fact import Event, Json
from traces.provenance import Provenance

Arm = Literal["candidate", "control"]


class RolloutStarted(Event):
    """A person let a version meet real conversations, under this plan and no other."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["rollout_started"] = "rollout_started"
    agent: str
    mode: Literal["shadow", "canary", "ab"]
    candidate: str
    control: str
    plan: dict[str, Json]
    references: dict[str, float] = {}
    """What a usual conversation of the control cost (US dollars) and took (s), fixed at the start."""
    provenance: Provenance


class RolloutChanged(Event):
    """A person changed how much the candidate gets. What was counted before stays counted as it was."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["rollout_changed"] = "rollout_changed"
    changes: dict[str, Json]
    provenance: Provenance


class ConversationCounted(Event):
    """What came of one conversation (`op`), as the watch counted it: once, for good."""

    kind: Literal["conversation_counted"] = "conversation_counted"
    conversation_id: str
    arm: Arm
    share: float
    """The chance it had of going to the candidate, when it was given out."""
    values: dict[str, float]
    """By metric; what is not known is left out."""
    runs: list[str]
    """The runs it was read from: what the rule was applied to."""


class ShadowCompared(Event):
    """The candidate answered what the live version had answered (`op`: that run); nobody saw it."""

    OUTSIDE = frozenset({"error"})
    kind: Literal["shadow_compared"] = "shadow_compared"
    live_run: str
    shadow_run: str
    status: str
    diverged: bool
    """It made a call that the recording cannot answer."""
    same: bool | None
    """Whether both gave the same answer; None where either gave none."""
    live_cost: float | None
    shadow_cost: float | None
    live_seconds: float | None
    shadow_seconds: float | None
    error: str = ""


class RolloutEnded(Event):
    """No further conversation is given to the candidate by this rollout."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["rollout_ended"] = "rollout_ended"
    outcome: Literal["rolled_back", "promoted", "stopped"]
    reasons: list[str]
    """The alarms in words, or what the person said."""
    figures: dict[str, Json] = {}
    """What the watch saw when it ended, by metric."""
    provenance: Provenance
