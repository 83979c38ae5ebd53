"""How much error one comparison may spend; prevents the best of many from passing as good, and a look each night.

One account for an agent's whole life, one-sided; a fresh sealed pool opens no new one. Candidates are numbered as
they first meet sealed examples. The first look at number 1 may err with alpha / 2, first looks at all later ones with
alpha / 4 together, all tests that go on over nights with another alpha / 4. So for as long as nothing was proposed,
the chance of ever proposing a candidate that is no better is at most alpha, however many nights and pools there are.

Each proposal earns the account once more what it began with (LOND: Javanmard & Montanari 2015, arXiv 1502.06197;
with e-values, which any dependence leaves valid: Xu & Ramdas 2024, AISTATS): of all that an agent is ever proposed,
a share of at most alpha is expected to be false, and an agent that has been improved can be improved again.
"""

from collections.abc import Sequence


def spent_alpha(alpha: float, *, candidates: int, openings: int, proposals: int = 0) -> float:
    """The two-sided level of a first look.

    Bonferroni over the `candidates` tested on these very pairs. The first candidate for which sealed examples are
    opened may use `alpha`, the k-th (k = `openings` >= 2) alpha / (2 k (k - 1)), which sum to another alpha / 2;
    times one more than the `proposals` made before, but never more than `alpha`.
    """
    _check(candidates, openings, proposals)
    share = 1.0 if openings == 1 else 1.0 / (2 * openings * (openings - 1))
    return min(alpha, alpha * share * (1 + proposals)) / candidates


def continued_alpha(alpha: float, *, candidates: int, openings: int, proposals: int = 0) -> float:
    """The two-sided level of a test that goes on over nights, for the candidate number k = `openings`.

    alpha / (2 k (k + 1)), which sum to alpha / 2 over all candidates ever; times one more than the `proposals` that
    had been made when it was first looked at.
    """
    _check(candidates, openings, proposals)
    return min(alpha, alpha * (1 + proposals) / (2 * openings * (openings + 1))) / candidates


def _check(candidates: int, openings: int, proposals: int) -> None:
    if candidates < 1 or openings < 1:
        raise ValueError(f"candidates and openings count from one, got {candidates} and {openings}")
    if proposals < 0:
        raise ValueError(f"proposals count from zero, got {proposals}")


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values (Holm 1979), in the order given; each is at most 1."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = running
    return adjusted
