"""Simulated canaries through the judge that the service asks: a look after every conversation, all five metrics."""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from statistics import median
from typing import Final

import numpy as np
from scipy import stats

from agents.prompts.plan import Counted, RolloutPlan
from optimizer.watch import RolloutJudge

ERRORS: Final = 0.3
"""The part of bad conversations that are failed runs; the others ended and were judged bad."""

HARM: Final = 0.01
"""Conversations with a refused call."""

SPREAD: Final = 0.6
"""Standard deviation of the logarithm of cost and of seconds: half of the conversations within a factor of 1.5."""


@dataclass(frozen=True)
class Played:
    """How one canary went: what was found first, after how many conversations of the candidate."""

    found: str
    exposed: int


def play(seed: int, control: float, candidate: float, plan: RolloutPlan) -> Played:
    """One canary whose arms have these rates of good conversations, until an alarm or the end of its exposure."""
    rng, judge, exposed = np.random.default_rng(seed), RolloutJudge(f"rollout_{seed}", "canary", plan), 0
    while exposed < plan.exposure:
        drawn = bool(rng.random() < plan.share)
        exposed += drawn
        good = bool(rng.random() < (candidate if drawn else control))
        values = {
            "quality": float(good), "errors": float(not good and rng.random() < ERRORS),
            "safety": float(rng.random() < HARM), "cost": 0.01 * float(np.exp(rng.normal(0, SPREAD))),
            "seconds": 5 * float(np.exp(rng.normal(0, SPREAD))),
        }  # fmt: skip
        judge.see(Counted("candidate" if drawn else "control", plan.share, values))
        verdict = judge.say(over=False).verdict
        if verdict != "none yet":
            return Played(verdict, exposed)
    return Played("none", exposed)


def play_all(control: float, candidate: float, canaries: int) -> list[Played]:
    """So many canaries, by their seeds from 0; on all processors, which changes nothing about any of them."""
    one = partial(play, control=control, candidate=candidate, plan=RolloutPlan())
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return list(pool.map(one, range(canaries), chunksize=10))


def rate(played: Iterable[Played], *verdicts: str) -> float:
    """The part of these canaries that came to one of these verdicts."""
    found = list(played)
    return round(sum(one.found in verdicts for one in found) / len(found), 4)


def typical(played: Iterable[Played]) -> float:
    """Conversations of the candidate until it was taken back, in the median."""
    return median([one.exposed for one in played if one.found == "worse"] or [0])


def bound(control: float, candidate: float, exposure: int, error: float) -> float:
    """How often the best of all tests sees it: one look, the control's rate known, all the error on this side.

    Neyman & Pearson (1933): the exact binomial test, randomised at its edge.
    """
    null, other = stats.binom(exposure, control), stats.binom(exposure, candidate)
    edge = int(null.ppf(error))
    inside = float(null.cdf(edge - 1))
    part = (error - inside) / float(null.pmf(edge))
    return round(float(other.cdf(edge - 1)) + part * float(other.pmf(edge)), 4)
