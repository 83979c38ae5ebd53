"""Facts of what is learned from: examples pinned by hand, texts held back from prompts, judges and how good they are.

Streams `examples_AGENT`, `quarantine_AGENT` and `judges_AGENT`.
"""

from typing import Literal

from traces.events.fact import Event, Json
from traces.provenance import Provenance


class ExamplePinned(Event):
    """A person put an example's family into a pool for good, or (None) took the pin away."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["example_pinned"] = "example_pinned"
    run: str
    pool: Literal["reflect", "select", "sealed"] | None
    provenance: Provenance


class TextHeld(Event):
    """A text was kept out of a prompt until a person has looked at it. `op` is its digest."""

    BODIES = frozenset({"text"})
    OUTSIDE = frozenset({"text"})
    kind: Literal["text_held"] = "text_held"
    text: str
    place: str
    """Where in the prompt it was to stand: a rule, the instructions, a demonstration."""
    source: str
    """The run it comes from, or the strategy that wrote it."""
    why: list[str]


class HeldTextDecided(Event):
    """A person looked at a held text: it may stand in prompts from now on, or never."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["held_text_decided"] = "held_text_decided"
    decision: Literal["release", "drop"]
    provenance: Provenance


class JudgeVersioned(Event):
    """A judge was written, by a person or by the optimizer. `op` is its digest; a version is never changed."""

    BODIES = frozenset({"program"})
    OUTSIDE = frozenset({"provenance"})
    kind: Literal["judge_versioned"] = "judge_versioned"
    judge: str
    program: dict[str, Json]
    parent: str | None = None
    provenance: Provenance


class JudgeMeasured(Event):
    """A judge's scores were held against people's on the same runs."""

    BODIES = frozenset({"agreement"})
    kind: Literal["judge_measured"] = "judge_measured"
    judge: str
    agreement: dict[str, Json]


class JudgeScored(Event):
    """A judge scored one answer. The key (judge, run, order) is never paid twice."""

    BODIES = frozenset({"feedback"})
    OUTSIDE = frozenset({"feedback"})
    kind: Literal["judge_scored"] = "judge_scored"
    judge: str
    run: str
    score: float | None
    feedback: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    seconds: float = 0.0
