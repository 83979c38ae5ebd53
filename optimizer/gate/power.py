"""What the pools can show at all: noise floor, detectable effect, headroom; prevents paying for a hopeless search."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.evidence import NoiseFloor, Power
from optimizer.gate.distributions import conditional_mean_solution, normal_quantile
from optimizer.gate.paired import CHUNK_CELLS, random_signs, standard_error
from optimizer.gate.pairs import Clustered, Pair, by_outcome, checked

POWER = 0.8  # the usual promise: four of five real effects of this size are seen


def _reach(alpha: float, power: float = POWER) -> float:
    """Standard errors between no effect and one that is seen with `power` at two-sided `alpha`."""
    return normal_quantile(1.0 - alpha / 2.0) + normal_quantile(power)


def power_of(sample: Clustered, *, alpha: float, worth: float) -> Power:
    """The minimum detectable effect of these pairs, from the cluster-robust standard error.

    MDE = (z_{1 - alpha/2} + z_{power}) * se (Bloom 1995, Eval. Rev. 19). The effect observed is not used:
    "observed power" would only repeat the p-value. The standard error shrinks with the square root of the number
    of clusters, hence the size that `worth` would take. Where no pair differs it is zero, which says nothing of what
    these pairs could have shown: then one pair in n + 2 is taken to differ, as before any candidate was run.
    """
    error = standard_error(sample)
    mde = _reach(alpha) * error if error else detectable_effect(sample.n, disagreement=0.0, alpha=alpha)
    if sample.k < 2 or error == 0.0:
        return Power(
            minimum_detectable=min(mde, 1.0), power=POWER, worth=worth, clusters_for_worth=None, pairs_for_worth=None
        )
    growth = (mde / worth) ** 2
    return Power(
        minimum_detectable=min(mde, 1.0),
        power=POWER,
        worth=worth,
        clusters_for_worth=math.ceil(sample.k * growth),
        pairs_for_worth=math.ceil(sample.n * growth),
    )


def expected_gain(delta: float, se: float, *, alpha: float) -> float:
    """The gain to expect of a candidate that passed: the delta, less what passing a test adds to it.

    Only lucky draws of a true effect pass, so the mean reported gain is too high (winner's curse). Half way between
    the delta and the conditional maximum likelihood estimate given delta > z_{1 - alpha/2} * se (Zhong & Prentice
    2008, Biostatistics 9, third estimator): nearly unbiased where the power is 50 % or more.
    """
    if se == 0.0:
        return delta
    threshold = normal_quantile(1.0 - alpha / 2.0)
    return (delta + se * conditional_mean_solution(delta / se, threshold)) / 2.0


def continued_gain(delta: float, se: float, *, looks: int) -> float:
    """The gain to expect of a candidate that passed on some night of many: the delta of all nights, less its luck.

    A test that stops when it has won enough stops on a high note. For a walk that stops at a level, the mean at
    the stop is too high by delta / z^2 (z = delta / se; the first moment of the inverse Gaussian stopping time), and
    by 0.583 se / sqrt(looks) more where one looks only once a night (the overshoot; Siegmund 1985, Sequential
    Analysis, ch. 10).
    """
    if se == 0.0 or delta <= 0.0:
        return delta
    return max(0.0, delta * (1 - (se / delta) ** 2) - 0.583 * se / math.sqrt(looks))


def detectable_effect(
    n: int, *, disagreement: float, replicas: int = 1, design_effect: float = 1.0, alpha: float = 0.05
) -> float:
    """The smallest true effect that `n` pairs will show with 80 % power, before any candidate was run.

    A pair of single runs differs by +-1 on a share `disagreement` of tasks (from the A/A), so the variance of a
    task's delta is disagreement / replicas. `design_effect` is 1 + (m - 1) * icc for families of m tasks
    (Kish 1965).
    """
    variance = max(disagreement, 1.0 / (n + 2)) * design_effect / (n * replicas)
    return min(1.0, _reach(alpha) * math.sqrt(variance))


@dataclass(frozen=True, slots=True)
class Headroom:
    """Is there more to gain than the pools can show? `repeatable` is the share of tasks failed in every run."""

    n: int
    repeatable: float
    detectable: float
    enough: bool
    reason: str


def headroom(scores: Sequence[Sequence[float]], *, detectable: float, failed_below: float = 0.5) -> Headroom:
    """Compare the incumbent's repeatable failures with the smallest effect the sealed pool can show.

    `scores` holds, per task, the outcome of each repeated run. A task is a repeatable failure if no run of it
    reaches `failed_below`: failures that come and go are noise, and no prompt can be shown to have mended them.
    """
    failures = sum(1 for runs in scores if max(runs) < failed_below)
    repeatable = failures / len(scores) if scores else 0.0
    enough = repeatable > detectable
    said = f"{failures} of {len(scores)} tasks fail in every run ({100 * repeatable:.1f} points at most to gain)"
    limit = f"the smallest effect the pool can show is {100 * detectable:.1f} points"
    return Headroom(len(scores), repeatable, detectable, enough, f"{said}; {limit}")


def noise_floor(same: Sequence[Pair], *, level: float = 0.95, flips: int = 10_000, seed: int = 0) -> NoiseFloor:
    """The A/A figure from pairs whose two arms are runs of the same incumbent.

    The floor is the `level` quantile of |delta| when the two runs are exchanged at random within each cluster.
    Raises GateInputError for bad pairs.
    """
    ordered = checked(same)
    sample = by_outcome(ordered)
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK_CELLS // sample.k)
    blocks = [random_signs(rng, min(step, flips - at), sample.k) @ sample.sums for at in range(0, flips, step)]
    deltas = np.abs(np.concatenate(blocks)) / sample.n
    return NoiseFloor(
        n=sample.n,
        n_clusters=sample.k,
        disagreement=sum(1 for pair in ordered if pair.before != pair.after) / sample.n,
        delta=sample.delta,
        floor=float(np.quantile(deltas, level)),
        level=level,
    )


def scaled_floor(noise: NoiseFloor, n_clusters: int) -> float:
    """The floor for a comparison on `n_clusters`: noise shrinks with the square root of the clusters."""
    return noise.floor * math.sqrt(noise.n_clusters / n_clusters)
