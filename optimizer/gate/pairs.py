"""Outcomes of two arms on the same tasks, paired; prevents a comparison of different tasks or of one task twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class GateInputError(ValueError):
    """The outcomes cannot be compared as given; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One task, run by both arms in the same harness; replicas are averaged.

    `before` and `after` are mean outcomes in [0, 1]. `guards` maps a harm column to its (before, after) means in
    [0, 1]; `cost` and `tokens` are (before, after) means per run. `cluster` is the task's family: tasks of one
    family are alike, so whole families are what is resampled.
    """

    task: str
    cluster: str
    before: float
    after: float
    stratum: str | None = None
    guards: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    cost: tuple[float, float] | None = None
    tokens: tuple[float, float] | None = None
    replicas: int = 1

    @property
    def delta(self) -> float:
        """What the candidate gained on this task."""
        return self.after - self.before

    def swapped(self) -> "Pair":
        """The same task with the arms exchanged."""
        return Pair(
            self.task,
            self.cluster,
            self.after,
            self.before,
            self.stratum,
            {name: (b, a) for name, (a, b) in self.guards.items()},
            self.cost and (self.cost[1], self.cost[0]),
            self.tokens and (self.tokens[1], self.tokens[0]),
            self.replicas,
        )


def checked(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """The pairs sorted by task, so that their order cannot change a figure.

    Raises GateInputError for no pairs, a task given twice, an outcome or guard outside [0, 1], or a guard that
    only some tasks have.
    """
    if not pairs:
        raise GateInputError("there are no pairs to compare: no task was run by both arms")
    ordered = tuple(sorted(pairs, key=lambda pair: pair.task))
    for earlier, later in pairwise(ordered):
        if earlier.task == later.task:
            raise GateInputError(
                f"task {later.task!r} is given twice: average its replicas into one pair before the gate"
            )
    names = set(ordered[0].guards)
    for pair in ordered:
        _check_range(pair, names)
    return ordered


def _check_range(pair: Pair, guard_names: set[str]) -> None:
    if set(pair.guards) != guard_names:
        raise GateInputError(f"task {pair.task!r} has guards {sorted(pair.guards)}, others {sorted(guard_names)}")
    values = {"outcome": (pair.before, pair.after), **pair.guards}
    for name, both in values.items():
        if not all(0.0 <= value <= 1.0 for value in both):
            raise GateInputError(f"task {pair.task!r}: {name} {both!r} is outside 0..1; rescale it first")


@dataclass(frozen=True, slots=True)
class Clustered:
    """Differences summed by cluster: all that the clustered statistics need.

    `sums` and `sizes` have shape (clusters,), in the order of the sorted cluster names; `squares` is the sum of
    squared differences over tasks.
    """

    names: tuple[str, ...]
    sums: Floats
    sizes: Floats
    squares: float

    @property
    def n(self) -> int:
        """Number of tasks."""
        return int(self.sizes.sum())

    @property
    def k(self) -> int:
        """Number of clusters."""
        return len(self.sums)

    @property
    def delta(self) -> float:
        """Mean difference over tasks."""
        return float(self.sums.sum() / self.sizes.sum())


def clustered(differences: Sequence[float], clusters: Sequence[str]) -> Clustered:
    """Sum differences (one per task, in [-1, 1]) by cluster."""
    names, index = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    values = np.asarray(differences, dtype=np.float64)
    return Clustered(
        names=tuple(str(name) for name in names),
        sums=np.bincount(index, weights=values, minlength=len(names)).astype(np.float64),
        sizes=np.bincount(index, minlength=len(names)).astype(np.float64),
        squares=float(np.sum(values * values)),
    )


def by_outcome(pairs: Sequence[Pair]) -> Clustered:
    """The outcome's differences by cluster."""
    return clustered([pair.delta for pair in pairs], [pair.cluster for pair in pairs])


def by_guard(pairs: Sequence[Pair], name: str) -> Clustered:
    """The differences of guard `name` by cluster; positive is a rise of harm."""
    rises = [pair.guards[name][1] - pair.guards[name][0] for pair in pairs]
    return clustered(rises, [pair.cluster for pair in pairs])
