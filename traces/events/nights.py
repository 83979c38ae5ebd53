"""Facts of a night's stream: what the optimizer tried, what it measured, how it ended."""

from typing import Literal

from traces.events.fact import Event, Json


class NightStarted(Event):
    """The optimizer began to look for a better bundle."""

    BODIES = frozenset({"settings"})
    kind: Literal["night_started"] = "night_started"
    agent: str
    incumbent: str
    settings: dict[str, Json]
    because: str = ""
    """Why it was run: a schedule, so many judgements; empty: a person asked."""


class NightResumed(Event):
    """A stopped night went on; recorded rollouts are not paid again."""

    kind: Literal["night_resumed"] = "night_resumed"
    recorded_rollouts: int


class StageReached(Event):
    """The night came to a stage of its protocol; `facts` are its figures."""

    BODIES = frozenset({"facts"})
    kind: Literal["stage_reached"] = "stage_reached"
    stage: str
    message: str
    facts: dict[str, Json] = {}


class CandidateFound(Event):
    """A strategy brought a bundle worth trying."""

    kind: Literal["candidate_found"] = "candidate_found"
    bundle: str
    strategy: str
    note: str = ""


class RolloutScored(Event):
    """One bundle was tried once on one example. The key (bundle, example, replica) is never paid twice."""

    BODIES = frozenset({"feedback"})
    OUTSIDE = frozenset({"feedback"})
    kind: Literal["rollout_scored"] = "rollout_scored"
    bundle: str
    example: str
    replica: int
    pool: Literal["reflect", "select", "sealed", "held_out"]
    score: float | None
    """None where the rollout is undecidable (the replay diverged)."""
    feedback: str = ""
    run_id: str | None = None
    diverged: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    seconds: float = 0.0


class SealedOpened(Event):
    """The sealed pool was read once more: every opening is counted, and every candidate it was opened for."""

    kind: Literal["sealed_opened"] = "sealed_opened"
    bundle: str
    opening: int
    number: int | None = None
    """Which candidate of the agent's life this is: its share of the error. The same as before where it is carried."""
    examples: int


class EvidenceWritten(Event):
    """The gate spoke on a candidate: the whole evidence."""

    BODIES = frozenset({"evidence"})
    kind: Literal["evidence_written"] = "evidence_written"
    bundle: str
    verdict: str
    evidence: Json


class NightEnded(Event):
    """The night is over: a proposal, or an honest no."""

    BODIES = frozenset({"facts"})
    kind: Literal["night_ended"] = "night_ended"
    verdict: str
    reasons: list[str]
    proposal: str | None = None
    facts: dict[str, Json] = {}
