r"""Planted populations: tasks in families, and arms whose true gain is known.

    python -m benchmarks.nights.population --pairs 400 --gain 0.067 --seed 1 -o planted.csv

writes one as a CSV for

    strop gate planted.csv --a incumbent --b candidate --cluster family --stratum changes_state --guard side_effect \
        --tokens tokens --cost cost --baseline do-nothing --baseline hand-over

The incumbent solves a task with its own difficulty's chance; another arm mends a share of what it fails and breaks a
share of what it solves, both wavering from family to family, so that families move together as those of the recorded
runs do (102 mended and 56 broken of 690).
"""

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BROKEN = 0.19
"""Share of solved tasks that another prompt breaks: 56 of 294 in the recorded gpt-4 pair."""


@dataclass(frozen=True)
class Population:
    """Chances by task: `solves` (incumbent), and which family a task is of."""

    solves: np.ndarray
    family: np.ndarray
    changes_state: np.ndarray

    @property
    def n(self) -> int:
        """Number of tasks."""
        return len(self.solves)


@dataclass(frozen=True)
class Arm:
    """How another prompt differs: chances to mend a failure and to break a success, by task (last axis)."""

    mends: np.ndarray
    breaks: np.ndarray

    def gain(self, population: Population) -> float:
        """The true mean gain on these tasks."""
        p = population.solves
        return float(np.mean((1 - p) * self.mends - p * self.breaks))


def make_population(rng: np.random.Generator, n: int, *, family: int = 4) -> Population:
    """`n` tasks in families of `family`; about 43 % are solved, as by the recorded gpt-4."""
    families = np.arange(n) // family
    center = rng.beta(1.3, 1.7, size=families[-1] + 1)[families]
    solves = np.clip(center + rng.normal(0, 0.1, size=n), 0.02, 0.98)
    return Population(solves, families, (rng.random(families[-1] + 1) < 0.8)[families])


def make_arm(
    rng: np.random.Generator, population: Population, gain: float, *, broken: float = BROKEN, spread: float = 0.3
) -> Arm:
    """An arm whose true gain on these tasks is `gain`. `spread`: how unevenly families take to it (0: evenly)."""
    many = make_arms(rng, population, [gain], broken=broken, spread=spread)
    return Arm(many.mends[0], many.breaks[0])


def make_arms(
    rng: np.random.Generator, population: Population, gains: Sequence[float], *, broken: float = BROKEN,
    spread: float = 0.3,
) -> Arm:  # fmt: skip
    """An arm for each of `gains`, as one whose chances have shape (arms, tasks)."""
    p, k = population.solves, population.family[-1] + 1
    shape = 1 / spread**2 if spread else 1e9
    uneven = rng.gamma(shape, 1 / shape, size=(2, len(gains), k))[:, :, population.family]
    breaks = np.clip(broken * uneven[0], 0, 1)
    wanted = np.asarray(gains) + np.mean(p * breaks, axis=1)
    mends = uneven[1]
    for _ in range(20):  # clipping at one takes some away: scale until the mean is what is wanted
        scale = wanted / np.mean((1 - p) * np.clip(mends, 0, 1), axis=1)
        mends = np.clip(mends * scale[:, None], 0, 1)
    return Arm(mends, breaks)


def draw(rng: np.random.Generator, population: Population, arm: Arm | None, before: np.ndarray) -> np.ndarray:
    """The arm's outcomes (of several arms, a row each) where the incumbent's were `before`; None: its second run."""
    if arm is None:
        again = rng.random(population.n) < population.solves
        return np.where(rng.random(population.n) < 0.4, again, before)
    shape = arm.mends.shape
    return np.where(before, rng.random(shape) >= arm.breaks, rng.random(shape) < arm.mends)


def rows(rng: np.random.Generator, population: Population, arm: Arm) -> list[dict[str, Any]]:
    """One row per arm and task, do-nothing and hand-over beside them."""
    before = rng.random(population.n) < population.solves
    after = draw(rng, population, arm, before)
    outcomes = {
        "incumbent": before, "candidate": after, "do-nothing": ~population.changes_state,
        "hand-over": np.zeros(population.n, dtype=bool),
    }  # fmt: skip
    found = []
    for name, right in outcomes.items():
        acts = name in ("incumbent", "candidate")
        harm = acts & ~right & (rng.random(population.n) < 0.3)
        for at in range(population.n):
            tokens = int(rng.normal(900, 90)) if acts else 0
            found.append({
                "arm": name, "task": f"t{at:04}", "family": f"f{population.family[at]:03}",
                "outcome": int(right[at]), "changes_state": int(population.changes_state[at]),
                "side_effect": int(harm[at]), "tokens": tokens, "cost": f"{tokens * 2e-6:.6f}",
            })  # fmt: skip
    return found


def main() -> None:
    """Write one population."""
    parser = argparse.ArgumentParser(description="A planted population as CSV for `strop gate`.")
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--gain", type=float, default=0.067, help="true gain, a fraction of one; 0: a null")
    parser.add_argument("--family", type=int, default=4, help="tasks in a family")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", default="-")
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    population = make_population(rng, asked.pairs, family=asked.family)
    arm = make_arm(rng, population, asked.gain)
    out = sys.stdout if asked.output == "-" else open(asked.output, "w", encoding="utf-8", newline="")  # noqa: SIM115
    with out as file:
        table = rows(rng, population, arm)
        writer = csv.DictWriter(file, table[0].keys())
        writer.writeheader()
        writer.writerows(table)
    print(f"true gain {100 * arm.gain(population):+.2f} points on these tasks", file=sys.stderr)


if __name__ == "__main__":
    main()
