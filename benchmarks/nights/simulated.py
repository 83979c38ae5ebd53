"""Many nights on planted populations, through the night's own race, rest of the sealed pool, carrying and gate.

Only the rollouts are planted: which candidate goes on, which examples are on duty, which share of alpha it may spend
and what earlier nights count for are decided by the same functions as in a night.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from agents.prompts.bundle import Bundle
from benchmarks.nights.population import Arm, draw, make_arm, make_population
from optimizer.carry import Look, carried, standing
from optimizer.evidence import Evidence
from optimizer.examples import Example, Pool
from optimizer.gate import GateContext, GateRules, Pair, gate, noise_floor
from optimizer.gate.eprocess import new_clusters
from optimizer.pools import earlier_looks, on_duty
from optimizer.race import in_rounds, run_race
from optimizer.rollouts import Outcome
from optimizer.strategies.protocol import Candidate
from traces.events import RolloutScored

RULES = GateRules(resamples=1000, noise_required=True)
RUNGS = (16, 32, 64)
INCUMBENT = "incumbent"


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
    outcomes: dict[str, dict[str, float]] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    worn: list[frozenset[str]] = field(default_factory=list)
    pools: dict[Pool, list[Example]] = field(default_factory=lambda: {"reflect": [], "select": [], "sealed": []})
    noise: list[Pair] = field(default_factory=list)
    nights: int = 0

    def night(self) -> tuple[str | None, Evidence | None]:
        """(the candidate that leads the race, what the gate says of it)."""
        self._grow("select", self.select)
        self._grow("sealed", self.sealed)
        self.nights += 1
        sealed = on_duty(self.pools["sealed"], self.worn)
        families = {one.family for one in sealed}
        going_on = carried(self.looks, INCUMBENT, lambda state: new_clusters(state, families))
        names = list(dict.fromkeys([*going_on, *(f"c{at}" for at in range(len(self.gains)))]))[: len(self.gains)]
        entered = [(name, _candidate(name)) for name in names]
        order = in_rounds(self.pools["select"])[-RUNGS[-1] :]
        best = run_race(entered, INCUMBENT, order, RUNGS, self._attempt, flips=200)[0]
        if best.lead <= 0:
            return None, None
        evidence = self._proven(best.digest, sealed)
        self.looks.insert(0, Look(best.digest, evidence))
        self.worn.append(frozenset(one.id for one in sealed))
        return best.digest, evidence

    def _proven(self, name: str, sealed: Sequence[Example]) -> Evidence:
        pairs = [
            Pair(one.id, one.family, self.outcomes[INCUMBENT][one.id], self.outcomes[name][one.id]) for one in sealed
        ]
        context = GateContext(
            a=INCUMBENT, b=name, openings=earlier_looks(sealed, self.worn) + 1,
            state=standing(self.looks, name, INCUMBENT), noise=noise_floor(self.noise[-200:], flips=500),
        )  # fmt: skip
        return gate(pairs, RULES, context)

    def _attempt(self, name: str, examples: Sequence[Example], pool: Pool) -> list[Outcome]:
        known = self.outcomes[name]
        return [
            Outcome(
                RolloutScored(bundle=name, example=one.id, replica=0, pool=pool, score=float(known[one.id] >= 0.5))
            )
            for one in examples
        ]

    def _grow(self, pool: Pool, n: int) -> None:
        """New tasks; every arm's outcome on them is drawn once, so that looking again shows the same."""
        population = make_population(self.rng, n, family=self.family)
        names = [f"{pool[:2]}{self.nights}-{at}" for at in range(n)]
        times = self.replicas if pool == "sealed" else 1
        before = [self.rng.random(n) < population.solves for _ in range(times)]
        arms: dict[str, Arm | None] = {
            f"c{at}": make_arm(self.rng, population, gain) for at, gain in enumerate(self.gains)
        }
        self._keep(INCUMBENT, names, np.mean(before, axis=0))
        for name, arm in arms.items():
            self._keep(name, names, np.mean([draw(self.rng, population, arm, one) for one in before], axis=0))
        again = draw(self.rng, population, None, before[0])
        families = [f"{pool[:2]}{self.nights}-f{family}" for family in population.family]
        self.pools[pool] += [
            Example(id=one, agent="planted", input="", run="", bundle=INCUMBENT, family=family)
            for one, family in zip(names, families, strict=True)
        ]
        if pool == "select":
            self.noise += [
                Pair(one, family, float(a), float(b))
                for one, family, a, b in zip(names, families, before[0], again, strict=True)
            ]

    def _keep(self, arm: str, names: Sequence[str], outcomes: np.ndarray) -> None:
        known = self.outcomes.setdefault(arm, {})
        known.update(zip(names, map(float, outcomes), strict=True))


def false_proposals(seed: int, *, lives: int, nights: int, candidates: int) -> dict[str, Any]:
    """Worthless candidates, a look each night: how often one is called better, by night and by pool's life."""
    proposed, looked, fooled, led = 0, 0, 0, []
    for life_seed in range(lives):
        life = Life(np.random.default_rng([seed, life_seed]), [0.0] * candidates)
        ever = False
        for _ in range(nights):
            name, evidence = life.night()
            looked += 1
            if evidence is None or name is None:
                continue
            led.append(_lead(life, name))
            ever = ever or evidence.verdict == "better"
            proposed += evidence.verdict == "better"
        fooled += ever
    return {
        "nights": looked, "candidates": candidates, "false_percent_of_nights": round(100 * proposed / looked, 2),
        "lives": lives, "nights_of_a_life": nights, "false_percent_of_lives": round(100 * fooled / lives, 2),
        "phantom_lead_of_the_winner": round(100 * float(np.mean(led)), 2) if led else 0.0,
        "promoted_without_a_gate_percent": round(100 * len(led) / looked, 1),
    }  # fmt: skip


def _lead(life: Life, name: str) -> float:
    """What the winner seems to gain on the newest select examples: what is proposed where nobody proves anything."""
    newest = [one.id for one in in_rounds(life.pools["select"])[-RUNGS[-1] :]]
    return float(np.mean([life.outcomes[name][one] - life.outcomes[INCUMBENT][one] for one in newest]))


def found_at_once(seed: int, *, runs: int, gain: float, pairs: int, replicas: int, spread: float) -> dict[str, Any]:
    """One true gain, one proof of so many pairs: how often it is found, and what gain is then reported."""
    told: list[float] = []
    seen: list[float] = []
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        population = make_population(rng, pairs)
        arm = make_arm(rng, population, gain, spread=spread)
        before = [rng.random(pairs) < population.solves for _ in range(replicas)]
        after = [draw(rng, population, arm, one) for one in before]
        outcomes = zip(np.mean(before, axis=0), np.mean(after, axis=0), population.family, strict=True)
        found = gate([Pair(f"t{at}", f"f{f}", float(b), float(a)) for at, (b, a, f) in enumerate(outcomes)], _ONCE)
        if found.verdict == "better" and found.expected_gain is not None:
            told.append(found.expected_gain)
            seen.append(found.delta)
    return {
        "true_gain": round(100 * gain, 2), "pairs": pairs, "replicas": replicas, "spread": spread, "proofs": runs,
        "found_percent": round(100 * len(told) / runs, 1),
        "mean_reported_gain": round(100 * float(np.mean(told)), 2) if told else None,
        "mean_gain_seen": round(100 * float(np.mean(seen)), 2) if seen else None,
    }  # fmt: skip


_ONCE = GateRules(resamples=1000)


def found_over_nights(seed: int, *, lives: int, nights: int, candidates: int, gain: float) -> dict[str, Any]:
    """One good candidate among worthless ones, nights too small to show it at once: when is it proposed?"""
    first: list[int] = []
    told: list[float] = []
    wrong = 0
    for life_seed in range(lives):
        life = Life(np.random.default_rng([seed, life_seed]), [gain, *([0.0] * (candidates - 1))])
        for night in range(1, nights + 1):
            name, evidence = life.night()
            if evidence is None or evidence.verdict != "better":
                continue
            if name != "c0":
                wrong += 1
                continue
            first.append(night)
            told.append(evidence.expected_gain or 0.0)
            break
    return {
        "true_gain": round(100 * gain, 2), "sealed_tasks_a_night": Life.sealed, "lives": lives, "nights": nights,
        "found_percent": round(100 * len(first) / lives, 1), "wrong_ones": wrong,
        "median_night": float(np.median(first)) if first else None,
        "mean_reported_gain": round(100 * float(np.mean(told)), 2) if told else None,
    }  # fmt: skip


def _candidate(name: str) -> Candidate:
    return Candidate(
        _BUNDLES.setdefault(name, Bundle(agent="planted", instructions=name, model="planted")), "planted", name
    )


_BUNDLES: dict[str, Bundle] = {}
