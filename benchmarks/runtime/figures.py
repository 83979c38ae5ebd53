"""A figure, what it should be, and whether it is: the last line of the benchmark is made of these."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured value. `goal` is the most it may be; None: there is none, it is only told."""

    name: str
    value: float
    unit: str = ""
    goal: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        return None if self.goal is None else self.value <= self.goal

    def line(self) -> str:
        """For people."""
        goal = "" if self.goal is None else f"   goal <= {self.goal:g}: {'met' if self.met else 'not met'}"
        return f"{self.name:<46} {self.value:>12,.2f} {self.unit:<8}{goal}"


def as_json(figures: Iterable[Figure]) -> dict[str, Any]:
    """By name: value, unit, goal, met."""
    return {
        one.name: {"value": round(one.value, 4), "unit": one.unit, "goal": one.goal, "met": one.met}
        for one in figures
    }
