"""Against plain DSPy: how many of each one's promotions hurt on messages that nobody optimized on.

Planted landscapes: each prompt has a true effect, drawn from its text and wavering by family, so what a prompt is
worth is known. In `flat` ones most changes hurt a little; in `sloped` ones most help. BootstrapFewShot with random
search and GEPA are DSPy's own, on the deployed agent's program; they hand over what scores best on their validation
set, which is promoted where it beats the incumbent there. Ours searches with the same two, races and proves. All may
make BUDGET rollouts; ours ends earlier where a race or a proof is decided, so what each made is told.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from agents.prompts.bundle import Bundle
from benchmarks.nights import dspy_alone
from benchmarks.nights.dspy_alone import CANDIDATES, SWEEPS, Given
from optimizer.examples import Example, Pool
from optimizer.gate import GateContext, GateRules, Pair, gate, noise_floor
from optimizer.race import in_rounds, planned, run_race
from optimizer.rollouts import Outcome
from optimizer.screen import Screen
from optimizer.search import find_candidates
from optimizer.settings import NightSettings
from optimizer.strategies.protocol import SearchContext, Tried
from traces.events import RolloutScored

INCUMBENT = Bundle(agent="planted", instructions="Answer the message.", model="planted")
SEALED, SELECT, REFLECT = 200, 64, 64
RUNGS = (16, 32, 64)
BUDGET = planned(CANDIDATES, RUNGS, SELECT) + SELECT + 2 * SEALED + 120
"""Rollouts of our night: race, proof, and what GEPA may try; plain DSPy gets as many."""


@dataclass
class Landscape:
    """What every prompt is worth on every message. `slope`: mean true effect of a change, `spread`: how it wavers."""

    seed: int
    slope: float
    spread: float = 0.05
    used: int = 0
    _effects: dict[tuple[str, str], float] = field(default_factory=dict)

    def drawn(self, *names: object) -> np.random.Generator:
        """Chance that depends on nothing but these names."""
        digest = hashlib.sha256(repr((self.seed, *names)).encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "big"))

    def chance(self, bundle: Bundle, example: Example) -> float:
        """How likely this prompt is right on this message."""
        base = float(np.clip(self.drawn("task", example.id).beta(1.3, 1.7), 0.02, 0.98))
        if bundle.digest == INCUMBENT.digest:
            return base
        key = (bundle.digest, example.family)
        if key not in self._effects:
            whole = self.drawn(bundle.digest).normal(self.slope, self.spread)
            self._effects[key] = float(whole + self.drawn(*key).normal(0, 0.05))
        return float(np.clip(base + self._effects[key], 0.0, 1.0))

    def outcome(self, bundle: Bundle, example: Example, replica: int = 0) -> float:
        """One rollout."""
        self.used += 1
        luck = self.drawn(bundle.digest, example.id, replica).random()
        return float(luck < self.chance(bundle, example))

    def true_gain(self, bundle: Bundle) -> float:
        """Mean over five hundred messages that nobody has seen."""
        return float(np.mean([self.chance(bundle, one) - self.chance(INCUMBENT, one) for one in self.unseen]))

    @cached_property
    def unseen(self) -> list[Example]:
        """Messages for the truth alone."""
        return examples("unseen", 500)

    def trial(self, known: dict[str, Example]) -> Callable[[Bundle, str], Tried]:
        """The deployed agent, as strategies try it."""
        return lambda bundle, name: Tried(self.outcome(bundle, known[name]), "It should be better.", {"team": "x"})


def examples(pool: str, n: int) -> list[Example]:
    """So many reviewed messages, four to a family."""
    return [
        Example(
            id=f"{pool}-{at}", agent="planted", input=f"{pool} message {at}", run=f"run_{pool}_{at}", bundle="",
            family=f"{pool}-{at // 4}", expected={"output": {"team": str(at % 4)}}, answer={"team": str(at % 4)},
            score=0.0,
        )
        for at in range(n)
    ]  # fmt: skip


def reflector(question: str) -> str:
    """A reflector that changes the words each time it is asked; what that is worth, the landscape knows."""
    text = "Answer the message. Variant " + hashlib.sha256(question.encode()).hexdigest()[:12]
    return json.dumps({"new_instruction": text})  # the form that DSPy asks for here; another one is no proposal to it


def ours(land: Landscape) -> Bundle | None:
    """Search, race, proof; the bundle that is proposed, if one is."""
    reflect, select, sealed = examples("reflect", REFLECT), examples("select", SELECT), examples("sealed", SEALED)
    known = {one.id: one for one in (*reflect, *select)}
    settings = NightSettings(
        strategies=("demonstrations", "gepa"), candidates=CANDIDATES, gepa_rollouts=120, concurrency=1,
        demonstrations=(4, 8), seed=land.seed, rungs=RUNGS,
    )  # fmt: skip
    context = SearchContext(
        incumbent=INCUMBENT, reflect=reflect, select=select, settings=settings, trial=land.trial(known),
        reflection=reflector, spent_out=lambda: False, say=lambda text: None, screen=Screen(INCUMBENT),
    )  # fmt: skip
    found = [(one.bundle.digest, one) for one in find_candidates(context)]
    bundles = {digest: one.bundle for digest, one in found} | {INCUMBENT.digest: INCUMBENT}

    def attempt(digest: str, tried: Any, pool: Pool) -> list[Outcome]:
        return [
            Outcome(RolloutScored(
                bundle=digest, example=one.id, replica=1, pool=pool, score=land.outcome(bundles[digest], one, 1)
            ))
            for one in tried
        ]  # fmt: skip

    best = run_race(found, INCUMBENT.digest, in_rounds(select), RUNGS, attempt, flips=200)[0]
    if best.lead <= 0:
        return None
    same = [
        Pair(one.id, one.family, land.outcome(INCUMBENT, one, 0), land.outcome(INCUMBENT, one, 1)) for one in select
    ]
    pairs = [
        Pair(one.id, one.family, land.outcome(INCUMBENT, one, 2), land.outcome(bundles[best.digest], one, 2))
        for one in sealed
    ]
    evidence = gate(pairs, GateRules(resamples=2000, noise_required=True), GateContext(noise=noise_floor(same)))
    return bundles[best.digest] if evidence.verdict == "better" else None


def alone(way: Callable[[Given], Bundle | None]) -> Callable[[Landscape], Bundle | None]:
    """One of DSPy's optimizers on a landscape."""

    def promote(land: Landscape) -> Bundle | None:
        train, validation = examples("reflect", REFLECT), examples("select", max(SELECT, BUDGET // SWEEPS))
        known = {one.id: one for one in (*train, *validation)}
        return way(Given(INCUMBENT, land.trial(known), train, validation, reflector, land.seed, BUDGET))

    return promote


WAYS: dict[str, Callable[[Landscape], Bundle | None]] = {
    "strop": ours, **{name: alone(way) for name, way in dspy_alone.WAYS.items()},
}  # fmt: skip


def measure(seeds: int) -> dict[str, Any]:
    """For each landscape and way: promotions, those that hurt, and what they were truly worth."""
    told: dict[str, Any] = {"budget_of_rollouts": BUDGET, "seeds": seeds}
    for name, slope in (("flat", -0.02), ("sloped", 0.06)):
        told[name] = {}
        for way, promote in WAYS.items():
            gains, used = [], 0
            for seed in range(seeds):
                land = Landscape(seed, slope)
                bundle = promote(land)
                used += land.used
                if bundle is not None:
                    gains.append(land.true_gain(bundle))
            found = {
                "promotions": len(gains), "that_hurt": sum(gain < 0 for gain in gains),
                "mean_true_gain": round(100 * float(np.mean(gains)), 2) if gains else None,
                "rollouts_a_night": round(used / seeds),
            }  # fmt: skip
            told[name][way] = found
            print(f"  {name:7} {way:38} {found}", flush=True)
    return told
