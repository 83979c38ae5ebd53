"""What the night learns from: one reviewed turn of an agent, with its recorded run and what is known to be right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from optimizer.metric import Call
from traces.ids import canonical_json

Pool = Literal["reflect", "select", "sealed"]
POOLS: tuple[Pool, ...] = ("reflect", "select", "sealed")
Tier = Literal["reviewer", "customer", "program", "imported"]


@dataclass(frozen=True)
class Example:
    """One turn. `run` is the recorded run whose tool results answer the calls of a rollout.

    `expected` is empty where only a comment is known; such an example can teach a rule but cannot be scored.
    `score` is the metric on the recorded run's own answer (None: not scorable), `answer` the whole right answer as
    far as it is known, ready to be shown to a model (None: not known).
    """

    id: str
    agent: str
    input: str
    run: str
    bundle: str
    family: str
    expected: Mapping[str, Any] = field(default_factory=dict)
    answer: Any = None
    history: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    tier: Tier = "reviewer"
    changes_state: bool = False
    output: Any = None
    calls: tuple[Call, ...] = ()
    score: float | None = None
    tokens: int = 0
    cost: float | None = None
    seconds: float = 0.0
    """What the recorded run took, in US dollars and in seconds."""
    commented_by: tuple[str, ...] = ()
    """Who said each of `comments`."""
    untrusted: tuple[str, ...] = ()
    """What people said of it whose word is not taken: customers."""
    started: datetime | None = None
    human: float | None = None
    """Whether most people called the run's own answer right (1) or wrong (0); None: nobody said, or evenly."""
    agreement: float = 1.0
    """Share of the reviewers whose answer is the one that stands."""

    @property
    def scorable(self) -> bool:
        """Whether a rollout on it can be scored."""
        return self.score is not None

    @property
    def label(self) -> str:
        """The right answer in short, for balancing: examples with one label are alike in what they teach."""
        return canonical_json(self.expected.get("output", self.expected))[:200]


def example_id(run_id: str) -> str:
    """The example that a run becomes."""
    return "ex_" + run_id.removeprefix("run_")
