"""The always-valid test: evidence that may be looked at, stored, and continued every night.

Prevents the commonest false promotion: looking each night and stopping at the first lucky one. A bettor stakes a
share of its wealth on the candidate, cluster by cluster. If the candidate is no better, wealth grows on average by
nothing, so it ever reaches 1/a with probability at most a, however often one looks (Ville 1939).

One wager is on the *mean difference of one cluster*, x in [-1, 1], and multiplies the wealth by 1 + s * x, with a
uniform mixture over STAKES of s in (0, 1) (Waudby-Smith & Ramdas 2024, JRSS B 86, betting; Robbins 1970, mixtures).
With one task per cluster that is the mixture e-process on discordant pairs: a gain pays 1 + s, a loss 1 - s.

What is promised about clusters, and what is not. The null is "the expected cluster mean difference is <= 0", for
clusters drawn independently; within a cluster any dependence is allowed. A cluster that returns on a later night is
not new evidence about *families*, so it is skipped and counted as repeated. If the families are fixed for good and
only their conversations are new, name the cluster `family@night`; the null is then that no family gains, and a mix
of winning and losing families may pass. Wagering on whole clusters costs power against wagering on single pairs;
that is the price of not counting ten copies of one question as ten wins.
"""

import hashlib
import math
from collections.abc import Iterable

import numpy as np

from optimizer.evidence import BettingState
from optimizer.gate.distributions import Floats, log_mean_exp
from optimizer.gate.pairs import Clustered

STAKES: Floats = (np.arange(32) + 0.5) / 32  # any fixed mixture is valid; 32 midpoints lose < 1 % of the growth


def fresh_state(worth: float, opening: int = 1, proposals: int = 0) -> BettingState:
    """Wealth one on every stake; `worth` (the smallest effect worth having) is fixed for the life of the test."""
    nothing = (0.0,) * len(STAKES)
    return BettingState(worth=worth, up=nothing, down=nothing, short=nothing, opening=opening, proposals=proposals)


def advance(state: BettingState, sample: Clustered) -> tuple[BettingState, int]:
    """Bet on the clusters of `sample` that `state` has not seen; returns the new state and how many were skipped.

    The order of clusters does not matter: wealth is a product. Raises ValueError for a state whose stakes are not
    ours.
    """
    if len(state.up) != len(STAKES):
        raise ValueError(f"a betting state with {len(state.up)} stakes cannot go on; this gate has {len(STAKES)}")
    digests = [_digest(name) for name in sample.names]
    known = set(state.seen)
    new = np.array([digest not in known for digest in digests], dtype=bool)
    means = (sample.sums / sample.sizes)[new]
    moved = BettingState(
        worth=state.worth,
        up=_grown(state.up, means),
        down=_grown(state.down, -means),
        short=_grown(state.short, (state.worth - means) / (1.0 - state.worth)),
        clusters=state.clusters + len(means),
        nights=state.nights + 1,
        seen=tuple(sorted(known.union(digests))),
        opening=state.opening,
        proposals=state.proposals,
        moments=_added(state, sample.sums[new], sample.sizes[new]),
    )
    return moved, len(digests) - len(means)


def log_e(log_wealth: tuple[float, ...]) -> float:
    """Log of the e-value: the mean wealth over the stakes."""
    return log_mean_exp(np.asarray(log_wealth, dtype=np.float64))


def new_clusters(state: BettingState, names: Iterable[str]) -> int:
    """How many of these clusters the test has not bet on: without any, a further look adds nothing."""
    return len({_digest(name) for name in names} - set(state.seen))


def pooled(state: BettingState) -> tuple[int, float, float]:
    """(tasks, mean difference, its cluster-robust standard error) over all nights; zero and one where unknown."""
    s, m, ss, sm, mm = state.moments
    if not m:
        return 0, 0.0, 1.0
    delta = s / m
    if state.clusters < 2:
        return round(m), delta, 1.0
    residuals = max(0.0, ss - 2 * delta * sm + delta * delta * mm)
    return round(m), delta, math.sqrt(state.clusters / (state.clusters - 1) * residuals) / m


def _added(state: BettingState, sums: Floats, sizes: Floats) -> tuple[float, float, float, float, float]:
    new = (sums.sum(), sizes.sum(), (sums * sums).sum(), (sums * sizes).sum(), (sizes * sizes).sum())
    s, m, ss, sm, mm = (float(old + more) for old, more in zip(state.moments, new, strict=True))
    return s, m, ss, sm, mm


def _grown(log_wealth: tuple[float, ...], wins: Floats) -> tuple[float, ...]:
    """Log wealth after wagers paying `wins` (each >= -1 and of mean <= 0 under the null)."""
    # Sorting makes the floating sum the same for any order of clusters' names.
    growth = np.log1p(np.outer(STAKES, np.sort(wins))).sum(axis=1)
    return tuple(float(w) for w in np.asarray(log_wealth) + growth)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
