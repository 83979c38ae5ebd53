"""Many nights on planted populations, through the real race, sealed pool, carrying and gate.

Only the rollouts are planted, as arrays: which candidate goes on, which examples are on duty, which share of the
error it may spend and what earlier nights count for are decided by the same functions as in a night.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from agents.prompts.bundle import Bundle
from benchmarks.nights.population import draw, make_arm, make_arms, make_population
from optimizer.carry import Look, carried, standing
from optimizer.evidence import Evidence
from optimizer.examples import Example, Pool
from optimizer.gate import GateContext, GateRules, Pair, gate, noise_floor
from optimizer.gate.eprocess import new_clusters
from optimizer.pools import on_duty
from optimizer.race import in_rounds, run_race
from optimizer.rollouts import Outcome
from optimizer.strategies.protocol import Candidate
from traces.events import RolloutScored

RULES: Final = GateRules(resamples=1000, noise_required=True)
ONCE: Final = GateRules(resamples=1000)
RUNGS: Final = (16, 32, 64)
INCUMBENT: Final = "incumbent"
SCORED: Final = tuple(
    Outcome(RolloutScored(bundle="", example="", replica=0, pool="select", score=score)) for score in (0.0, 1.0)
)
"""Wrong and right: all that a race looks at."""


@dataclass
class Life:
    """One agent over many nights: each brings new tasks to both pools; the candidates stay what they are.

    Args:
        rng: of everything drawn.
        gains: true gain of each candidate.
        select, sealed: new tasks a night.
        replicas: runs per sealed task and arm.
    """

    rng: np.random.Generator
    gains: Sequence[float]
    select: int = 40
    sealed: int = 60
    family: int = 4
    replicas: int = 1
    looks: list[Look] = field(default_factory=list)
    worn: list[frozenset[str]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    pools: dict[Pool, list[Example]] = field(default_factory=lambda: {"select": [], "sealed": []})
    places: dict[str, int] = field(default_factory=dict)
    outcomes: dict[Pool, list[np.ndarray]] = field(default_factory=lambda: {"select": [], "sealed": []})
    """Of each night: (arms, tasks), the incumbent first."""
    noise: list[Pair] = field(default_factory=list)
    nights: int = 0

    def night(self) -> tuple[str | None, Evidence | None]:
        """(the candidate that leads the race, what the gate says of it)."""
        self.nights += 1
        self._grow("select", self.select)
        self._grow("sealed", self.sealed)
        sealed = on_duty(self.pools["sealed"], self.worn)
        families = {one.family for one in sealed}
        going_on = carried(self.looks, INCUMBENT, lambda state: new_clusters(state, families))
        names = list(dict.fromkeys([*going_on, *(f"c{at}" for at in range(len(self.gains)))]))[: len(self.gains)]
        entered = [(name, CANDIDATES.setdefault(name, _candidate(name))) for name in names]
        order = in_rounds(self.pools["select"][-RUNGS[-1] :])
        newest = np.concatenate(self.outcomes["select"], axis=1)

        def attempt(name: str, examples: Sequence[Example], pool: Pool) -> list[Outcome]:
            row = newest[_arm(name)]
            return [SCORED[int(row[self.places[one.id]] >= 0.5)] for one in examples]

        best = run_race(entered, INCUMBENT, order, RUNGS, attempt, flips=200)[0]
        if best.lead <= 0:
            return None, None
        evidence = self._proven(best.digest, sealed)
        self.looks.insert(0, Look(best.digest, evidence))
        self.worn.append(frozenset(one.id for one in sealed))
        return best.digest, evidence

    def lead(self, name: str) -> float:
        """What a candidate seems to gain on the newest select tasks: promoted where nobody proves anything."""
        newest = np.concatenate(self.outcomes["select"], axis=1)[:, -RUNGS[-1] :]
        return float(np.mean(newest[_arm(name)] - newest[0]))

    def _proven(self, name: str, sealed: Sequence[Example]) -> Evidence:
        everything = np.concatenate(self.outcomes["sealed"], axis=1)
        at = [self.places[one.id] for one in sealed]
        before, after = everything[0, at].tolist(), everything[_arm(name), at].tolist()
        pairs = [Pair(one.id, one.family, b, a) for one, b, a in zip(sealed, before, after, strict=True)]
        context = GateContext(
            a=INCUMBENT, b=name, openings=self.numbers.setdefault(name, len(self.numbers) + 1),
            proposals=sum(one.evidence.verdict == "better" for one in self.looks),
            state=standing(self.looks, name, INCUMBENT), noise=noise_floor(self.noise[-200:], flips=500),
        )  # fmt: skip
        return gate(pairs, RULES, context)

    def _grow(self, pool: Pool, n: int) -> None:
        """New tasks; every arm's outcome on them is drawn once, so that looking again shows the same."""
        population = make_population(self.rng, n, family=self.family)
        arms = make_arms(self.rng, population, self.gains)
        times = self.replicas if pool == "sealed" else 1
        before = [self.rng.random(n) < population.solves for _ in range(times)]
        after = [draw(self.rng, population, arms, one) for one in before]
        self.outcomes[pool].append(np.mean([np.vstack(both) for both in zip(before, after, strict=True)], axis=0))
        first = len(self.pools[pool])
        for at, family in enumerate(population.family):
            name = f"{pool}{self.nights}-{at}"
            self.places[name] = first + at
            self.pools[pool].append(
                Example(
                    id=name,
                    agent="planted",
                    input="",
                    run="",
                    bundle=INCUMBENT,
                    family=f"{pool}{self.nights}-f{family}",
                )
            )
        if pool == "select":
            again = draw(self.rng, population, None, before[0])
            self.noise += [
                Pair(one.id, one.family, float(a), float(b))
                for one, a, b in zip(self.pools[pool][first:], before[0], again, strict=True)
            ]


def false_proposals(seed: int, *, lives: int, nights: int, candidates: int) -> dict[str, Any]:
    """Worthless candidates, a look each night: how often one is called better, by night and by life."""
    proposed, looked, fooled, led = 0, 0, 0, []
    for life_seed in range(lives):
        life = Life(np.random.default_rng([seed, life_seed]), [0.0] * candidates)
        ever = False
        for _ in range(nights):
            name, evidence = life.night()
            looked += 1
            if evidence is None or name is None:
                continue
            led.append(life.lead(name))
            ever = ever or evidence.verdict == "better"
            proposed += evidence.verdict == "better"
        fooled += ever
    return {
        "nights": looked, "candidates": candidates, "false_percent_of_nights": _percent(proposed, looked),
        "lives": lives, "nights_of_a_life": nights, "false_percent_of_lives": _percent(fooled, lives),
        "interval_of_lives": interval(fooled, lives),
        "phantom_lead_of_the_winner": round(100 * float(np.mean(led)), 2) if led else 0.0,
        "promoted_without_a_gate_percent": _percent(len(led), looked),
    }  # fmt: skip


def found_at_once(
    seed: int, *, runs: int, gain: float, pairs: int, replicas: int, spread: float = 0.3, one_sided: float = 0.025
) -> dict[str, Any]:
    """One true gain, one proof of so many pairs: how often it is found, and what gain is then reported.

    `ceiling`: what a test could find at most that knew the outcomes' variance and lost nothing to whole numbers.
    """
    rules = ONCE.model_copy(update={"alpha": 2 * one_sided})
    told: list[float] = []
    seen: list[float] = []
    deltas: list[float] = []
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        population = make_population(rng, pairs)
        arm = make_arm(rng, population, gain, spread=spread)
        before = [rng.random(pairs) < population.solves for _ in range(replicas)]
        after = [draw(rng, population, arm, one) for one in before]
        outcomes = zip(np.mean(before, axis=0), np.mean(after, axis=0), population.family, strict=True)
        found = gate([Pair(f"t{at}", f"f{f}", float(b), float(a)) for at, (b, a, f) in enumerate(outcomes)], rules)
        deltas.append(found.delta)
        if found.verdict == "better" and found.expected_gain is not None:
            told.append(found.expected_gain)
            seen.append(found.delta)
    reach = stats.norm.isf(one_sided) * float(np.std(deltas))
    return {
        "true_gain": _points(gain), "pairs": pairs, "replicas": replicas, "spread": spread, "one_sided": one_sided,
        "proofs": runs, "found_percent": _percent(len(told), runs), "interval": interval(len(told), runs),
        "ceiling_percent": _percent(float(stats.norm.sf((reach - gain) / float(np.std(deltas)))), 1),
        "mean_reported_gain": _mean_points(told), "mean_gain_seen": _mean_points(seen),
    }  # fmt: skip


def found_over_nights(
    seed: int, *, lives: int, nights: int, candidates: int, gain: float, sealed: int = 60
) -> dict[str, Any]:
    """One good candidate among worthless ones, nights too small to show it at once: when is it proposed?

    `wrong_ones`: worthless candidates proposed before it, in all lives together.
    """
    first: list[int] = []
    told: list[float] = []
    seen: list[float] = []
    wrong = 0
    for life_seed in range(lives):
        gains = [gain, *([0.0] * (candidates - 1))]
        life = Life(np.random.default_rng([seed, life_seed]), gains, sealed=sealed)
        for night in range(1, nights + 1):
            name, evidence = life.night()
            if evidence is None or evidence.verdict != "better":
                continue
            if name != "c0":
                wrong += 1
                continue
            first.append(night)
            told.append(evidence.expected_gain or 0.0)
            seen.append(evidence.sequential.delta if evidence.sequential.delta is not None else evidence.delta)
            break
    return {
        "true_gain": _points(gain), "sealed_tasks_a_night": sealed, "lives": lives, "nights": nights,
        "candidates": candidates, "found_percent": _percent(len(first), lives),
        "interval": interval(len(first), lives), "wrong_ones": wrong,
        "wrong_percent_of_proposals": _percent(wrong, max(1, wrong + len(first))),
        "mean_night": round(float(np.mean(first)), 1) if first else None,
        "mean_reported_gain": _mean_points(told), "mean_gain_seen": _mean_points(seen),
    }  # fmt: skip


def interval(hits: int, of: int) -> list[float]:
    """The exact 95 % interval of a share, in percent (Clopper & Pearson 1934)."""
    found = stats.binomtest(hits, of).proportion_ci(method="exact")
    return [round(100 * float(found.low), 1), round(100 * float(found.high), 1)]


def _percent(hits: float, of: int) -> float:
    return round(100 * hits / of, 2)


def _points(fraction: float) -> float:
    return round(100 * fraction, 2)


def _mean_points(values: Sequence[float]) -> float | None:
    return _points(float(np.mean(values))) if values else None


def _arm(name: str) -> int:
    """Its row in the outcomes."""
    return 0 if name == INCUMBENT else int(name[1:]) + 1


def _candidate(name: str) -> Candidate:
    return Candidate(Bundle(agent="planted", instructions=name, model="planted"), "planted", name)


CANDIDATES: dict[str, Candidate] = {}
