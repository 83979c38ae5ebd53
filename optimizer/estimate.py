"""What a night will take at most, reckoned before it spends anything. Pure.

Prevents a bill that nobody saw coming: rollouts follow from the settings and the pools' sizes, and what one costs
from the recorded runs of the very examples.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from optimizer.examples import Example
from optimizer.race import planned
from optimizer.settings import NightSettings, StrategyName

EVOLVED = 6 * 3 * 6
"""Rollouts of the evolutionary search: population, generations, examples."""

JOINT = 8
"""Examples of one choice of the joint search."""

ASKS: frozenset[StrategyName] = frozenset({"gepa", "root_cause", "metaprompt", "mipro", "tool_texts"})


@dataclass(frozen=True)
class Estimate:
    """At most; `tokens`, `dollars` (None: no price is known) and `minutes` by what recorded runs took."""

    rollouts: int
    questions: int
    """To the reflection model."""
    tokens: int
    dollars: float | None
    minutes: float

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    def told(self) -> str:
        """One line for people."""
        money = "no price known" if self.dollars is None else f"${self.dollars:.2f}"
        asked = f", {self.questions} questions to the reflection model" if self.questions else ""
        return (
            f"at most {self.rollouts} runs of the agent{asked}; about {self.tokens:,} tokens, {money}, "
            f"{self.minutes:.0f} minutes"
        )


def estimate(
    examples: Sequence[Example], sizes: dict[str, int], settings: NightSettings, *, reflects: bool, at_once: int
) -> Estimate:
    """Reckon with the largest number of rollouts, cut by the cap; longer prompts of candidates are not foreseen."""
    sealed = min(sizes.get("sealed", 0), settings.sealed_examples or sizes.get("sealed", 0))
    select = sizes.get("select", 0)
    rollouts = 2 * min(settings.noise_examples, select) + 2 * settings.replicas * sealed
    rollouts += planned(settings.candidates, settings.rungs, select) + min(max(settings.rungs), select)
    rollouts += sum(_tried(name, settings) for name in settings.strategies if reflects or name not in ASKS)
    if settings.rollouts is not None:
        rollouts = min(rollouts, settings.rollouts)
    asked = settings.reflection_calls if reflects and ASKS & set(settings.strategies) else 0
    known = [one for one in examples if one.tokens]
    n = max(1, len(known))
    costs = [one.cost for one in known if one.cost is not None]
    each = sum(one.tokens for one in known) / n
    seconds = sum(one.seconds for one in known) / n
    return Estimate(
        rollouts, asked, round(rollouts * each), rollouts * sum(costs) / len(costs) if costs else None,
        rollouts * seconds / 60 / max(1, at_once),
    )  # fmt: skip


def _tried(name: StrategyName, settings: NightSettings) -> int:
    tries: dict[StrategyName, int] = {
        "gepa": settings.gepa_rollouts, "mipro": settings.mipro_trials * 16 + 16, "evolution": EVOLVED,
        "joint": settings.joint_trials * JOINT,
    }  # fmt: skip
    return tries.get(name, 0)
