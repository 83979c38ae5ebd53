"""A figure, what it should be, and whether it is: the last line of the benchmark is made of these."""

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

PROGRESS_SECONDS: Final = 5.0


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


_told = 0.0


def progress(section: str, text: str) -> None:
    """Say how far a section is, now and then: on stderr, so that what is printed is figures alone."""
    global _told
    now = time.monotonic()
    if now - _told >= PROGRESS_SECONDS:
        _told = now
        print(f"  {section}: {text}", file=sys.stderr, flush=True)
