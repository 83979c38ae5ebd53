"""The Pareto front of quality, cost and latency: which versions no other one beats. Pure."""

from collections.abc import Mapping

Aims = tuple[float, float, float]
"""(quality, the more the better; tokens and seconds, the fewer the better)."""


def on_front(aims: Mapping[str, Aims]) -> frozenset[str]:
    """The names of those that no other equals in all three aims and beats in one. Of equals all are on it."""
    return frozenset(
        name
        for name, own in aims.items()
        if not any(_beats(other, own) for rival, other in aims.items() if rival != name)
    )


def _beats(one: Aims, other: Aims) -> bool:
    turned = [(one[0], other[0]), (-one[1], -other[1]), (-one[2], -other[2])]
    return all(a >= b for a, b in turned) and any(a > b for a, b in turned)
