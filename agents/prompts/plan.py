"""What a person signs when a version is to meet real conversations: how many, how compared, what may then happen.

Pure values. The rule by which a conversation's outcome is read is in `agents.prompts.outcomes`, the arithmetic in the
optimizer's `gate.canary`. Prevents: a threshold that is thought of when the figures are known.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.errors import UsageError
from traces.events import Arm, Json

Mode = Literal["shadow", "canary", "ab"]
Verdict = Literal["none yet", "worse", "better", "unharmed", "undecided"]

METRICS: Final = ("quality", "errors", "safety", "cost", "seconds")
"""What is read of a conversation: quality 0 to 1 (more is better), errors and safety 0 or 1, US dollars and seconds a
run (less is better)."""


class RolloutPlan(BaseModel):
    """Fixed before the first conversation. Only share and exposure may be changed later, by a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(default=0.1, gt=0, lt=1)
    """Of new conversations, to the candidate."""
    control_share: float | None = Field(default=None, gt=0, lt=1)
    """Of new conversations, to what it is compared with; None: all others. What is left over goes to the live one."""
    exposure: int = Field(default=150, ge=1, le=100_000)
    """Conversations (of a shadow: runs) that the candidate gets at most."""
    promote: Literal["person", "better", "unharmed"] = "person"
    """`better`: the watch takes it live on that alarm. `unharmed`: also when its exposure is over, nothing was worse,
    and the 95 % interval of the difference in quality lies above -margin."""
    margin: float = Field(default=0.1, gt=0, lt=1)
    error: float = Field(default=0.05, gt=0, lt=0.5)
    """The chance that equal arms are taken back or found better, all tests and all looks together."""
    wait_minutes: float = Field(default=30, ge=0)
    """A conversation that nobody judges and that does not fail is counted so long after its last run ended."""
    silence: Literal["good", "unknown"] = "unknown"
    """What it says of quality when nobody says a word: nothing, or that all was well."""
    cost_ratio: float = Field(default=1.5, ge=1)
    """The alarm is for a candidate that costs more than so many times what the control costs."""
    seconds_ratio: float = Field(default=1.5, ge=1)
    safety_labels: tuple[str, ...] = ("unsafe", "safety")
    """Judgements with one of these labels are counted as harm, like calls that the house's policies refused."""

    @model_validator(mode="after")
    def _shares(self) -> "RolloutPlan":
        if self.share + (self.control_share or 0) > 1:
            raise ValueError("share and control_share are more than all conversations")
        return self

    @property
    def compared_share(self) -> float:
        """Of new conversations, to the control."""
        return 1 - self.share if self.control_share is None else self.control_share


def read_plan(given: dict[str, Json]) -> RolloutPlan:
    """A plan from what a person gave.

    Raises:
        UsageError: names the field.
    """
    try:
        return RolloutPlan.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("plan", *first["loc"])))
        known = ", ".join(RolloutPlan.model_fields)
        raise UsageError(f"{place}: {first['msg']}", hint=f"A plan may have: {known}.") from error


@dataclass(frozen=True)
class Alarm:
    """One test of a plan. `worse`: for a candidate that does harm; else for one that is better."""

    name: str
    metric: str
    worse: bool
    part: float
    """Of the error budget."""
    late: float
    """How much of it is kept for the end: the power to which the part of the exposure that is over is raised."""


CANARY: Final = (
    Alarm("quality", "quality", True, 0.72, 2),
    Alarm("errors", "errors", True, 0.10, 1),
    Alarm("safety", "safety", True, 0.05, 1),
    Alarm("cost", "cost", True, 0.04, 1),
    Alarm("seconds", "seconds", True, 0.04, 1),
    Alarm("better", "quality", False, 0.05, 2),
)
"""A canary is to find harm: nearly all of its budget goes there. The parts add up to 1."""

EVEN: Final = (
    Alarm("quality", "quality", True, 0.40, 2),
    Alarm("errors", "errors", True, 0.05, 1),
    Alarm("safety", "safety", True, 0.05, 1),
    Alarm("cost", "cost", True, 0.05, 1),
    Alarm("seconds", "seconds", True, 0.05, 1),
    Alarm("better", "quality", False, 0.40, 2),
)
"""An A/B asks which one is better: both sides alike."""


def alarms_of(mode: Mode) -> tuple[Alarm, ...]:
    """The tests of a rollout of this kind."""
    return EVEN if mode == "ab" else CANARY


@dataclass(frozen=True)
class Counted:
    """What came of one conversation, as it is on record."""

    arm: Arm
    share: float
    values: dict[str, float]


@dataclass(frozen=True)
class Tested:
    """Where one test stands. `z` is positive on the side of the alarm."""

    name: str
    metric: str
    alpha: float
    z: float | None
    needed: float | None
    alarm: bool


@dataclass(frozen=True)
class Finding:
    """What the counted conversations of a rollout say by now."""

    verdict: Verdict
    reasons: tuple[str, ...]
    tests: tuple[Tested, ...]
    difference: float | None
    interval: tuple[float, float] | None


class Judge(Protocol):
    """Takes a rollout's conversations in the order in which they were counted. The optimizer has one."""

    def see(self, one: Counted) -> None:
        """Take in the next one, and look."""

    def change(self, exposure: int) -> None:
        """The candidate gets so many conversations in all, from here on."""

    def say(self, *, over: bool) -> Finding:
        """What they say. `over`: the exposure is, and no outcome is open."""


class JudgeMaker(Protocol):
    """Makes the judge of one rollout."""

    def __call__(self, rollout: str, mode: Mode, plan: RolloutPlan) -> Judge:
        """The seed of its draws comes from the rollout's id, so that any process comes to the same findings."""
