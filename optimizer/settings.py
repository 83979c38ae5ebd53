"""How a night is run, as one frozen value that is written into the ledger with the night's first fact."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from agents.sections import NightsSection
from optimizer.examples import Pool, Tier
from optimizer.gate import GateRules
from optimizer.judges.agreement import Bar
from optimizer.mine import TRUSTED
from optimizer.purse import Caps

StrategyName = Literal[
    "carried", "demonstrations", "rules", "rules_and_demos", "rules_and_note", "order_format", "gepa", "root_cause",
    "metaprompt", "mipro", "evolution", "settings_sweep", "model_choice", "joint", "tool_texts",
]  # fmt: skip
ALL: tuple[StrategyName, ...] = get_args(StrategyName)
"""Every way of searching there is."""

FEW: tuple[StrategyName, ...] = (
    "carried", "demonstrations", "rules", "rules_and_note", "rules_and_demos", "gepa", "root_cause", "metaprompt",
    "order_format",
)  # fmt: skip
"""Of the preset `small`. Those that need a reflection model are left out where there is none."""

MANY: tuple[StrategyName, ...] = tuple(name for name in ALL if name not in ("tool_texts", "rules_and_note"))
"""Of the preset `medium`: tool texts are off, published evidence is against them."""


class NightSettings(BaseModel):
    """The sizes, caps and bars of a night. The defaults are the preset `small`: about 200 rollouts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    candidate: str | None = Field(default=None, description="a version to prove, instead of looking for one")
    shares: dict[Pool, float] = {"reflect": 0.35, "select": 0.2, "sealed": 0.45}
    by_time: bool = Field(default=False, description="new families: the oldest teach, the newest prove")
    trusted: tuple[Tier, ...] = TRUSTED
    strategies: tuple[StrategyName, ...] = FEW
    candidates: int = Field(default=6, ge=1, description="the most that enter the race")
    looked_at: int = Field(
        default=300, ge=8, description="reviewed runs that strategies see, and select ones they try"
    )
    demonstrations: tuple[int, ...] = Field(default=(8, 16), description="sizes to try")
    rules: int = Field(default=24, ge=1, description="the most rules shown")
    rule_chars: int = Field(default=200, ge=20)
    prompt_chars: int = Field(default=16_000, ge=200, description="the longest prompt a candidate may have")
    noise_examples: int = Field(default=12, ge=2, description="A/A pairs")
    rungs: tuple[int, ...] = Field(default=(8, 16, 24), description="select examples seen after each round")
    sealed_examples: int | None = Field(default=None, description="the most sealed pairs of the proof; None: all")
    replicas: int = Field(default=1, ge=1, description="runs per sealed example and arm")
    least_examples: int = Field(default=12, ge=4, description="fewer sealed examples than this: no night")
    concurrency: int = Field(default=0, ge=0, description="at once; 0: the slots of an embedded model, else 8")
    rollouts: int | None = 400
    tokens: int | None = None
    dollars: float | None = 5.0
    minutes: float | None = 30.0
    error_rate: float = Field(default=0.5, gt=0, le=1)
    reflection_calls: int = Field(default=20, ge=0, description="the most proposals asked of the reflection model")
    gepa_rollouts: int = Field(default=120, ge=0, description="the most rollouts that GEPA may make")
    mipro_trials: int = Field(default=8, ge=0, description="choices that MIPROv2 tries")
    joint_trials: int = Field(default=12, ge=0, description="choices that the joint search tries")
    temperatures: tuple[float, ...] = (0.0, 0.7)
    top_ps: tuple[float, ...] = (0.9,)
    models: tuple[str, ...] = Field(default=(), description="other models that may be proposed")
    cost_limit: float | None = Field(default=2.0, description="dollars per solved task, candidate over incumbent")
    token_limit: float | None = None
    stratum_least: int = Field(default=8, ge=1, description="a smaller stratum is told, not tested")
    judge_bar: Bar = Field(default=Bar(), description="what a judge must reach where one is the metric")
    gate: GateRules = GateRules(resamples=10_000)

    @property
    def caps(self) -> Caps:
        """What the purse enforces."""
        return Caps(tokens=self.tokens, dollars=self.dollars, minutes=self.minutes, rollouts=self.rollouts)

    @property
    def rules_of_gate(self) -> GateRules:
        """The bar of the sealed proof."""
        changes = {"cost_limit": self.cost_limit, "token_limit": self.token_limit, "noise_required": True}
        return self.gate.model_copy(update={**changes, "seed": self.seed})


def preset(name: Literal["small", "medium"]) -> NightSettings:
    """Named sizes: `small` for an embedded model (minutes), `medium` for a served one."""
    if name == "small":
        return NightSettings()
    return NightSettings(
        strategies=MANY, replicas=2, candidates=16,
        demonstrations=(4, 8, 16, 32), noise_examples=40, rungs=(16, 32, 64, 128), rollouts=3000,
        minutes=240, gepa_rollouts=600, reflection_calls=60,
    )  # fmt: skip


def settings_of(nights: NightsSection, size: Literal["small", "medium"]) -> NightSettings:
    """The preset with what the workspace's `[nights]` says of models and limits; its caps are given beside it."""
    house = {
        "models": nights.models, "cost_limit": nights.cost_limit or None, "token_limit": nights.token_limit or None,
    }  # fmt: skip
    return preset(size).model_copy(update=house)
