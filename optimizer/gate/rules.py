"""What is asked of a candidate, written down before its outcomes are seen; prevents margins chosen afterwards."""

from pydantic import BaseModel, ConfigDict, Field

from optimizer.evidence import Baseline, BettingState, NoiseFloor, ReplayEvidence


class GateRules(BaseModel):
    """The bar. Margins and limits are fractions of one; ratios are candidate over incumbent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="two-sided error of one comparison")
    worth: float = Field(default=0.05, gt=0, lt=1, description="the smallest effect worth having")
    stratum_margin: float = Field(default=0.05, gt=0, lt=1, description="a stratum may not be worse by this much")
    guard_margin: float = Field(default=0.02, ge=0, lt=1, description="a rise of harm that must be excluded")
    cost_limit: float | None = Field(default=None, gt=0, description="largest ratio of cost per solved task")
    token_limit: float | None = Field(default=None, gt=0, description="largest ratio of tokens per solved task")
    divergence_limit: float = Field(
        default=0.2, ge=0, le=1, description="largest share of pairs replay could not answer"
    )
    noise_required: bool = Field(default=False, description="no A/A figure, no `better`")
    resamples: int = Field(default=20_000, ge=200, description="bootstrap draws and random sign flips")
    seed: int = Field(default=0, ge=0)


class GateContext(BaseModel):
    """What the outcomes themselves cannot tell: the search behind the candidate and the state of the pool."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    a: str = "incumbent"
    b: str = "candidate"
    metric: str = "outcome"
    candidates: int = Field(default=1, ge=1, description="candidates tested on these very pairs")
    openings: int = Field(
        default=1, ge=1, description="for how many candidates sealed examples were ever opened, this one included"
    )
    proposals: int = Field(default=0, ge=0, description="how many candidates were called better before")
    state: BettingState | None = Field(default=None, description="the betting state of earlier nights")
    noise: NoiseFloor | None = None
    baselines: tuple[Baseline, ...] = ()
    attempted: int | None = Field(default=None, description="pairs tried under replay, those that diverged included")
    diverged: int = Field(default=0, ge=0, description="pairs dropped because replay could not answer a call")
    objections: tuple[str, ...] = Field(default=(), description="leaks, secrets, injected instructions: each refuses")
    notes: tuple[str, ...] = ()

    def replay(self, limit: float) -> ReplayEvidence | None:
        """The divergence rate, or None where nothing was replayed."""
        if self.attempted is None:
            return None
        rate = self.diverged / self.attempted if self.attempted else 0.0
        return ReplayEvidence(attempted=self.attempted, diverged=self.diverged, rate=rate, limit=limit)
