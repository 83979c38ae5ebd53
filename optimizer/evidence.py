"""What the gate found, as frozen values that survive JSON; prevents a verdict from travelling without its figures.

Every share, mean, delta, margin and bound is a fraction of one (0.05 is five points). Lists of ids are sorted.
Nothing here computes: `optimizer.gate` fills these values, screens and reports only read them.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["better", "no improvement", "undecided", "harmful"]
VERDICTS: tuple[Verdict, ...] = ("better", "no improvement", "undecided", "harmful")


class Value(BaseModel):
    """A frozen value: unknown fields and infinities are refused, so what is stored reads back equal."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Interval(Value):
    """A two-sided interval for a difference; `level` is its confidence, corrected for multiplicity."""

    low: float
    high: float
    level: float


class StratumEvidence(Value):
    """One stratum (write / no-write): is the candidate non-inferior there, by `margin`?"""

    name: str
    n: int
    n_clusters: int
    before: float
    after: float
    delta: float
    interval: Interval
    low_bound: float = Field(description="one-sided lower bound of the delta, at 1 - alpha")
    margin: float
    p: float = Field(description="clustered sign flips, two-sided")
    standing: Literal["non-inferior", "not shown", "worse"]


class GuardEvidence(Value):
    """One 0/1 harm column: it must not rise."""

    name: str
    n: int
    before: float
    after: float
    delta: float
    interval: Interval
    high_bound: float = Field(description="one-sided upper bound of the rise, at 1 - alpha")
    margin: float
    p_rise: float = Field(description="clustered sign flips, one-sided: the harm rose")
    standing: Literal["held", "not shown", "risen"]


class RatioEvidence(Value):
    """Cost or tokens per solved task, candidate over incumbent; None where an arm solved nothing."""

    name: Literal["cost", "tokens"]
    before: float | None
    after: float | None
    ratio: float | None
    limit: float | None
    within: bool


class Baseline(Value):
    """What a trivial agent scores on the same tasks, e.g. `do-nothing`, `hand-over`."""

    name: str
    score: float


class NoiseFloor(Value):
    """The incumbent against itself (A/A): how large a delta two identical agents show."""

    n: int
    n_clusters: int
    disagreement: float = Field(description="share of tasks on which two runs of the incumbent differ")
    delta: float
    floor: float = Field(description="|delta| that identical agents stay under with probability `level`")
    level: float


class Power(Value):
    """The smallest true effect these pairs show with probability `power`, and what `worth` would take."""

    minimum_detectable: float
    power: float
    worth: float = Field(description="the smallest effect worth having")
    clusters_for_worth: int | None
    pairs_for_worth: int | None


class Correction(Value):
    """How much of the error allowance this one comparison may use."""

    method: str
    candidates: int
    openings: int = Field(description="the number of the candidate: for how many sealed examples were ever opened")
    proposals: int = Field(default=0, description="candidates called better before: each earns one allowance more")
    alpha: float
    alpha_spent: float


class BettingState(Value):
    """The always-valid test between two nights: store it, hand it back, the evidence goes on adding up.

    Log wealth per bet size for three wagers: `up` (the candidate is no better), `down` (no worse), `short` (it is
    better by `worth` or more). `seen` are digests of the clusters already bet on; a cluster is bet on once.
    `moments` are the sums over these clusters of s, m, s^2, s m and m^2, where s is the cluster's summed difference
    and m its number of tasks: the mean of all nights and its standard error follow from them.
    """

    worth: float
    up: tuple[float, ...]
    down: tuple[float, ...]
    short: tuple[float, ...]
    clusters: int = 0
    nights: int = 0
    seen: tuple[str, ...] = ()
    opening: int = Field(default=1, ge=1, description="the candidate's number: kept for as long as it is carried")
    proposals: int = Field(default=0, ge=0, description="candidates called better before its first look")
    moments: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)


class SequentialEvidence(Value):
    """The e-process after these pairs. A log e-value past `log_threshold` decides, whenever one looks."""

    e_value: float = Field(description="against 'no better'; capped at 1e300")
    log_e_up: float
    log_e_down: float
    log_e_short: float
    log_threshold: float
    continued: bool = Field(description="True: earlier nights are in it, and it decides alone")
    new_clusters: int
    repeated_clusters: int = Field(description="clusters of tonight already bet on, not counted again")
    n: int = Field(default=0, description="tasks of all nights together")
    delta: float | None = Field(default=None, description="mean difference over the tasks of all nights")
    state: BettingState


class ReplayEvidence(Value):
    """Calls that recorded tool results could not answer. Diverged pairs are dropped, never scored."""

    attempted: int
    diverged: int
    rate: float
    limit: float


class Evidence(Value):
    """All that was found between incumbent (`a`) and candidate (`b`), and the verdict with its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    a: str = "incumbent"
    b: str = "candidate"
    metric: str = "outcome"
    n: int
    n_clusters: int
    replicas: int = Field(description="runs per task and arm (the smallest number over tasks)")
    before: float
    after: float
    delta: float
    expected_gain: float | None = Field(
        default=None, description="only if better: the delta less the winner's curse of having passed"
    )
    interval: Interval
    interval_method: str
    seed: int
    resamples: int
    mcnemar_p: float
    clustered_p: float
    gained: int
    lost: int
    gained_tasks: tuple[str, ...]
    lost_tasks: tuple[str, ...]
    sequential: SequentialEvidence
    correction: Correction
    power: Power
    strata: tuple[StratumEvidence, ...] = ()
    guards: tuple[GuardEvidence, ...] = ()
    ratios: tuple[RatioEvidence, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    noise: NoiseFloor | None = None
    replay: ReplayEvidence | None = None

    @property
    def e_value(self) -> float:
        """The e-value against 'no better', all nights together."""
        return self.sequential.e_value
