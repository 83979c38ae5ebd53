"""Fixed-sample paired statistics, clustered by family; prevents ten alike tasks from counting as ten proofs.

Everything is vectorised and chunked: memory stays under about 32 MB whatever the number of tasks.
"""

import math

import numpy as np

from optimizer.gate.distributions import (
    Floats,
    binomial_two_sided,
    expanded_tail,
    normal_quantile,
)
from optimizer.gate.pairs import Clustered

EXACT_CLUSTERS = 14  # 2**14 sign patterns are fewer than the default number of random ones
CHUNK_CELLS = 2_000_000  # bounds the memory of one block of resamples
TIE = 1e-9  # sums of averaged replicas that differ by less are the same sum


def mcnemar(gained: int, lost: int) -> float:
    """Exact McNemar p, two-sided: gained against lost as a fair coin (McNemar 1947; exact binomial form).

    Counts tasks, blind to clusters: too small a p where families move together, so never the only test.
    """
    return binomial_two_sided(gained, gained + lost)


def sign_flip_p(sample: Clustered, *, flips: int, seed: int, one_sided: bool = False) -> float:
    """Permutation p of the mean difference, flipping whole clusters.

    Under the null the arms are exchangeable within a cluster, so each cluster sum is as likely with either sign
    (Winkler et al. 2015, NeuroImage 123, sign-flipping of whole blocks). Exact by enumeration up to
    2**EXACT_CLUSTERS patterns, else Monte Carlo with (1 + hits) / (1 + flips) (Phipson & Smyth 2010).
    `one_sided` asks whether the difference is positive.
    """
    moved = sample.sums[np.abs(sample.sums) > TIE]
    if len(moved) == 0:
        return 1.0
    observed = float(moved.sum()) if one_sided else abs(float(moved.sum()))
    exact = len(moved) <= EXACT_CLUSTERS
    draws = 2 ** len(moved) if exact else flips
    rng = np.random.default_rng(seed)
    hits = 0
    step = max(1, CHUNK_CELLS // len(moved))
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        signs = _patterns(start, rows, len(moved)) if exact else random_signs(rng, rows, len(moved))
        totals = signs @ moved
        hits += int(np.count_nonzero((totals if one_sided else np.abs(totals)) >= observed - TIE))
    return hits / draws if exact else (1 + hits) / (1 + draws)


def _patterns(start: int, rows: int, width: int) -> Floats:
    """Rows `start`, `start + 1`, ... of all sign patterns of `width` clusters."""
    bits = (np.arange(start, start + rows)[:, None] >> np.arange(width)) & 1
    return bits.astype(np.float64) * 2.0 - 1.0


def random_signs(rng: np.random.Generator, rows: int, width: int) -> Floats:
    """Fair random signs, shape (rows, width)."""
    packed = rng.integers(0, 256, size=(rows, (width + 7) // 8), dtype=np.uint8)
    return np.unpackbits(packed, axis=1, count=width).astype(np.float64) * 2.0 - 1.0


def bootstrap_deltas(sample: Clustered, *, resamples: int, seed: int) -> Floats:
    """Mean differences of `resamples` draws of whole clusters with replacement, sorted; shape (resamples,).

    Ratio of resampled sums to resampled sizes (Field & Welsh 2007, JRSS B 69, cluster bootstrap).
    """
    rng = np.random.default_rng(seed)
    out = np.empty(resamples, dtype=np.float64)
    step = max(1, CHUNK_CELLS // sample.k)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = rng.integers(0, sample.k, size=(rows, sample.k))
        out[start : start + rows] = sample.sums[drawn].sum(axis=1) / sample.sizes[drawn].sum(axis=1)
    out.sort()
    return out


def bounds(sample: Clustered, deltas: Floats, tail: float) -> tuple[float, float]:
    """Lower and upper bound of the mean difference, each missing it with probability about `tail`.

    The wider of the expanded percentile bootstrap over clusters and Agresti & Min's (2005, Stat. Med. 24) Wald+2
    interval over tasks. The second keeps a handful of tasks without a single loss from "showing" that there is
    none. One cluster alone shows nothing: (-1, 1).
    """
    if sample.k < 2:
        return -1.0, 1.0
    reach = expanded_tail(tail, sample.k)
    low, high = (float(q) for q in np.quantile(deltas, [reach, 1.0 - reach]))
    center = float(sample.sums.sum()) / (sample.n + 2)
    spread = (sample.squares + 1.0) / (sample.n + 2) - center * center
    half = normal_quantile(1.0 - tail) * math.sqrt(spread / (sample.n + 2))
    return max(-1.0, min(low, center - half)), min(1.0, max(high, center + half))


def standard_error(sample: Clustered) -> float:
    """Cluster-robust standard error of the mean difference (Liang & Zeger 1986, with k / (k - 1))."""
    if sample.k < 2:
        return 1.0
    residuals = sample.sums - sample.sizes * sample.delta
    return math.sqrt(sample.k / (sample.k - 1) * float(residuals @ residuals)) / sample.n
