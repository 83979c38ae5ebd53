"""How much error one comparison may spend; prevents the best of many from passing as good, and a worn-out pool.

The books of one sealed pool, one-sided: its first opening may spend alpha / 2, all further first looks at other
candidates alpha / 4 together, and all tests that are continued over nights another alpha / 4 together. So the chance
of ever proposing a candidate that is no better from one pool is at most alpha, however many nights read it.
"""

from collections.abc import Sequence


def spent_alpha(alpha: float, *, candidates: int, openings: int) -> float:
    """The two-sided level of one comparison.

    Bonferroni over the `candidates` tested on these very pairs. Over `openings` of the same sealed pool: the first
    may use `alpha`, the k-th (k >= 2) alpha / (2 k (k - 1)), which sum to another alpha / 2.
    """
    _check(candidates, openings)
    share = 1.0 if openings == 1 else 1.0 / (2 * openings * (openings - 1))
    return alpha * share / candidates


def continued_alpha(alpha: float, *, candidates: int, opening: int) -> float:
    """The two-sided level of a test that goes on over nights, for a candidate first looked at in this `opening`.

    alpha / (2 k (k + 1)), which sum to alpha / 2 over all candidates that are ever carried on from one pool.
    """
    _check(candidates, opening)
    return alpha / (2 * opening * (opening + 1)) / candidates


def _check(candidates: int, openings: int) -> None:
    if candidates < 1 or openings < 1:
        raise ValueError(f"candidates and openings count from one, got {candidates} and {openings}")


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values (Holm 1979), in the order given; each is at most 1."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = running
    return adjusted
