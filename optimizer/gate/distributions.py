"""The only place of the gate that touches SciPy; prevents home-made distributions from creeping into tests."""

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float64]


def binomial_two_sided(successes: int, trials: int) -> float:
    """Exact two-sided p of a fair coin showing `successes` of `trials` (scipy.stats.binomtest); 1.0 for none."""
    if trials == 0:
        return 1.0
    return float(stats.binomtest(successes, trials, 0.5).pvalue)


def normal_quantile(p: float) -> float:
    """The standard normal quantile of `p`."""
    return float(special.ndtri(p))


def expanded_tail(tail: float, clusters: int) -> float:
    """The tail a percentile bootstrap should read to cover `1 - tail` with few clusters.

    Hesterberg (2015), What Teachers Should Know About the Bootstrap, Am. Stat. 69(4), 'expanded percentile
    interval': Phi(-sqrt(k / (k - 1)) * t_{tail, k - 1}). For many clusters it tends to `tail` itself.
    """
    t = float(stats.t.isf(tail, clusters - 1))
    return float(special.ndtr(-np.sqrt(clusters / (clusters - 1)) * t))


def log_mean_exp(log_values: Floats) -> float:
    """Log of the mean of exp(log_values), without overflow."""
    return float(special.logsumexp(log_values) - np.log(len(log_values)))


def conditional_mean_solution(observed: float, threshold: float) -> float:
    """The mean m >= 0 of a unit normal whose draws above `threshold` have the mean `observed`; 0 if none has.

    The conditional maximum likelihood estimate of an effect that is reported only when it passes a threshold.
    """

    def excess(mean: float) -> float:
        hazard = np.exp(stats.norm.logpdf(threshold - mean) - stats.norm.logsf(threshold - mean))
        return float(mean + hazard - observed)

    return 0.0 if excess(0.0) >= 0 else float(optimize.brentq(excess, 0.0, observed))
