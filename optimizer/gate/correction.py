"""How much error one comparison may spend; prevents the best of many from passing as good, and a worn-out pool."""

from collections.abc import Sequence


def spent_alpha(alpha: float, *, candidates: int, openings: int) -> float:
    """The two-sided level of one comparison.

    Bonferroni over the `candidates` tested on these very pairs. Over `openings` of the same sealed pool: the first
    may use `alpha`, the k-th (k >= 2) alpha / (k (k - 1)). These sum to 2 alpha two-sided, so the chance of ever
    proposing a candidate that is no better from one pool is at most alpha, however many nights read it.
    """
    if candidates < 1 or openings < 1:
        raise ValueError(f"candidates and openings count from one, got {candidates} and {openings}")
    share = 1.0 if openings == 1 else 1.0 / (openings * (openings - 1))
    return alpha * share / candidates


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values (Holm 1979), in the order given; each is at most 1."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = running
    return adjusted
