"""How far a judge agrees with people: kappa with its interval, and what sways it. Pure.

Prevents a judge from deciding that only seems to agree: where nine of ten answers are right, one that always says
"right" agrees on nine of ten and knows nothing; its kappa is zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy import stats  # type: ignore[import-untyped]

from traces.agreement import kappa

RESAMPLES: Final = 2000
LEVEL: Final = 0.95


@dataclass(frozen=True)
class Judged:
    """One answer that a person and the judge looked at. `swapped`: the judge's score with its options turned."""

    family: str
    human: bool
    judge: bool
    swapped: bool | None = None
    length: int = 0


class JudgeAgreement(BaseModel):
    """What was found on these answers."""

    model_config = ConfigDict(frozen=True)

    n: int
    families: int
    unread: int = Field(description="answers on which the judge said nothing that can be read")
    accuracy: float
    human_right: float = Field(description="share of answers that people call right")
    kappa: float | None
    low: float | None = Field(description="of a 95 % interval, families drawn with replacement")
    high: float | None
    flips: float | None = Field(
        description="share of verdicts that change when the options are offered in turned order"
    )
    flips_n: int = 0
    length_bias: float | None = Field(description="rank correlation of the answer's length with judge less person")
    length_p: float | None = None


class Bar(BaseModel):
    """What a judge must reach before its word may decide on a proposal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int = Field(default=30, ge=2, description="answers that people judged too")
    kappa_low: float = Field(default=0.4, ge=0, le=1, description="lower end of kappa's interval")
    flips: float = Field(
        default=0.1, ge=0, le=1, description="the most verdicts that may hang on the order of options"
    )
    length_p: float = Field(default=0.01, ge=0, le=1, description="a length bias surer than this refuses")


def agree(judged: Sequence[Judged], *, unread: int = 0, seed: int = 0) -> JudgeAgreement:
    """Hold a judge against people. At least one answer."""
    families = sorted({one.family for one in judged})
    low, high = _interval(judged, families, seed)
    turned = [one for one in judged if one.swapped is not None]
    bias, p = _length(judged)
    return JudgeAgreement(
        n=len(judged), families=len(families), unread=unread,
        accuracy=sum(one.judge == one.human for one in judged) / len(judged),
        human_right=sum(one.human for one in judged) / len(judged), kappa=_kappa(judged), low=low, high=high,
        flips=sum(one.swapped != one.judge for one in turned) / len(turned) if turned else None,
        flips_n=len(turned), length_bias=bias, length_p=p,
    )  # fmt: skip


def misses(found: JudgeAgreement, bar: Bar) -> tuple[str, ...]:
    """Why a judge may not decide; empty when it may."""
    said = []
    if found.n < bar.n:
        said.append(f"people judged {found.n} of its answers, {bar.n} are needed")
    if found.low is None or found.low < bar.kappa_low:
        span = "unknown" if found.low is None or found.high is None else f"{found.low:.2f} to {found.high:.2f}"
        told = "unknown" if found.kappa is None else f"{found.kappa:.2f}"
        said.append(f"kappa with people is {told} ({span}), its lower end must reach {bar.kappa_low:.2f}")
    if found.flips is None or found.flips > bar.flips:
        told = "not measured" if found.flips is None else f"{found.flips:.0%} of verdicts"
        said.append(f"position bias: {told} change with the order of options, at most {bar.flips:.0%} may")
    if found.length_p is not None and found.length_p < bar.length_p:
        said.append(f"length bias: longer answers are judged otherwise than people do (p {found.length_p:.2g})")
    if found.unread > 0.05 * (found.n + found.unread):
        said.append(f"{found.unread} of its replies could not be read")
    return tuple(said)


def _kappa(judged: Sequence[Judged]) -> float | None:
    return kappa([[str(one.human), str(one.judge)] for one in judged])


def _interval(judged: Sequence[Judged], families: Sequence[str], seed: int) -> tuple[float | None, float | None]:
    """Percentiles of the bootstrap over whole families, from counts by family."""
    if len(families) < 5:
        return None, None
    place = {family: at for at, family in enumerate(families)}
    counts = np.zeros((len(families), 4))
    for one in judged:
        counts[place[one.family], 2 * one.human + one.judge] += 1
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(families), size=(RESAMPLES, len(families)))
    both_wrong, only_judge, only_human, both_right = counts[drawn].sum(axis=1).T
    n = both_wrong + only_judge + only_human + both_right
    human, judge = (only_human + both_right) / n, (only_judge + both_right) / n
    expected = human * judge + (1 - human) * (1 - judge)
    known = expected < 1
    values = ((both_right + both_wrong) / n - expected)[known] / (1 - expected[known])
    if len(values) < RESAMPLES / 2:
        return None, None
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _length(judged: Sequence[Judged]) -> tuple[float | None, float | None]:
    errors = [int(one.judge) - int(one.human) for one in judged]
    lengths = [one.length for one in judged]
    if len(set(errors)) < 2 or len(set(lengths)) < 2:
        return None, None
    found = stats.spearmanr(lengths, errors)
    return float(found.statistic), float(found.pvalue)
