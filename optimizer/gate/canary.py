"""The always-valid test between two arms of conversations: look after every one, and the error rate still holds.

Prevents the two commonest mistakes of a canary: a threshold that is looked at until it is crossed, and five metrics
each with an error of its own.

A conversation is given to the candidate by chance, with a probability that is known. If the arms do not differ, what
came of the conversations says nothing about who got which, so the draw could have been any other: WALKS further draws
are made from the same probabilities, and what really happened is one among WALKS + 1 that are exchangeable. At each
look a test may set aside so many of the most extreme ones as its budget for this part of the exposure allows (alpha
spending: Lan & DeMets 1983, Biometrika 70; randomisation tests: Fisher 1935, sequentially: Simon & Simon 2011, Stat.
Probab. Lett. 81). When it sets aside the real one, that is an alarm. By symmetry this happens to equal arms with at
most the whole budget, however often it is looked at, for any shares, any kind of outcome and any number of walks: no
approximation, no distribution is assumed. Budgets of several tests add up (Bonferroni).

What is compared is a sum over the candidate's conversations, each less the mean of all so far: for rates the score
statistic of a 2x2 table. The budget grows as the part of the exposure that is over to the power `rho`: 1 spends
evenly and catches what is broken at once, 2 keeps most of it for the end, where a small difference can be seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.gate.distributions import normal_quantile

WALKS: Final = 4_999
"""Other draws that the real one is compared with. More see a little earlier, and cost more at each look; the error
is exact for any number."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OneTest:
    """One alarm: for this metric, on this side, with this much of the error budget."""

    name: str
    metric: str
    sign: int
    """1: the alarm is for a candidate with higher values; -1: with lower ones."""
    alpha: float
    rho: float


@dataclass(frozen=True)
class Outcome:
    """What came of one conversation. A metric that is not known is left out."""

    candidate: bool
    share: float
    """The probability with which it was given to the candidate; in (0, 1)."""
    values: Mapping[str, float]


@dataclass
class _Sums:
    """One metric: over all conversations, and over those that each walk gives to the candidate."""

    size: int
    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    chance: float = 0.0
    given: Floats = field(init=False)
    counts: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.given, self.counts = np.zeros(self.size), np.zeros(self.size)

    def add(self, drawn: Floats, value: float, share: float) -> None:
        self.n += 1
        self.total += value
        self.squares += value * value
        self.chance += share * (1 - share)
        self.counts += drawn
        if value:
            self.given += drawn * value

    def scores(self) -> Floats:
        """The statistic of each walk; the real one's is the first."""
        return self.given - (self.total / self.n) * self.counts

    def scale(self) -> float:
        """Standard deviation of the statistic if the arms are equal."""
        spread = max(self.squares / self.n - (self.total / self.n) ** 2, 0.0) if self.n else 0.0
        return float(np.sqrt(self.chance * spread))


@dataclass
class _State:
    """How far one test has come: whose turn is over, and the last statistic that was set aside."""

    inside: npt.NDArray[np.bool_]
    spent: int = 0
    boundary: float | None = None
    alarm_at: int | None = None


@dataclass(frozen=True)
class Standing:
    """Where a test stands: `z` of the difference seen, and what it would have taken at the last look that counted."""

    name: str
    z: float | None
    needed: float | None
    alarm_at: int | None
    """Conversations of both arms until the alarm; None: there was none."""


class Canary:
    """All tests of one rollout, fed one conversation at a time in the order in which they were counted.

    Deterministic for a seed and a sequence, so a watcher that was killed comes to the same verdict again.

    Args:
        tests: their alphas together bound the chance that any of them is alarmed by equal arms.
        exposure: conversations of the candidate over which the budget is spent.
        seed: of the other draws.
        walks: how many of them.
    """

    def __init__(self, tests: Sequence[OneTest], *, exposure: int, seed: int = 0, walks: int = WALKS) -> None:
        self.tests = tuple(tests)
        self.exposure = exposure
        self._rng = np.random.default_rng(seed)
        self._size = walks + 1
        self._sums = {test.metric: _Sums(self._size) for test in self.tests}
        self._states = [_State(np.ones(self._size, dtype=np.bool_)) for _ in self.tests]
        self._expected: dict[str, float] = dict.fromkeys(self._sums, 0.0)
        self._seen = 0

    def see(self, one: Outcome) -> list[str]:
        """Take in a conversation and look; gives the names of the tests that this one alarmed."""
        if not 0 < one.share < 1:
            raise ValueError(f"a share of {one.share} is not decided by chance: nothing can be learned from it")
        drawn = (self._rng.random(self._size) < one.share).astype(np.float64)
        drawn[0] = float(one.candidate)
        self._seen += 1
        for metric, value in one.values.items():
            if metric in self._sums:
                self._sums[metric].add(drawn, value, one.share)
                self._expected[metric] += one.share
        return [
            test.name for test, state in zip(self.tests, self._states, strict=True) if self._look(test, state, one)
        ]

    def _look(self, test: OneTest, state: _State, one: Outcome) -> bool:
        """Set aside what the budget allows by now; gives whether that was what really happened, for the first time.

        The part of the exposure that is over is reckoned from the shares, not from who really got which: it must be
        the same for all walks.
        """
        if test.metric not in one.values or not state.inside[0]:
            return False
        over = min(self._expected[test.metric] / self.exposure, 1.0)
        due = int(test.alpha * over**test.rho * self._size) - state.spent
        if due <= 0:
            return False
        scores = test.sign * self._sums[test.metric].scores()
        left = scores[state.inside]
        edge = np.partition(left, left.size - due)[left.size - due]
        aside = state.inside & (scores >= edge)
        if int(aside.sum()) > due:  # equal ones are set aside together or not at all
            aside = state.inside & (scores > edge)
        state.spent += int(aside.sum())
        state.inside &= ~aside
        state.boundary = float(edge)
        if aside[0]:
            state.alarm_at = self._seen
        return bool(aside[0])

    def standings(self) -> list[Standing]:
        """Where each test stands."""
        return [self._standing(test, state) for test, state in zip(self.tests, self._states, strict=True)]

    def _standing(self, test: OneTest, state: _State) -> Standing:
        sums = self._sums[test.metric]
        scale = sums.scale()
        if not scale:
            return Standing(test.name, None, None, state.alarm_at)
        z = test.sign * (float(sums.given[0]) - sums.total / sums.n * float(sums.counts[0])) / scale
        needed = None if state.boundary is None else state.boundary / scale
        return Standing(test.name, z, needed, state.alarm_at)


def interval_of_difference(
    good: float, n: int, other_good: float, other_n: int, level: float = 0.95
) -> tuple[float, float] | None:
    """Newcombe's interval (1998, Stat. Med. 17, method 10) for good/n - other_good/other_n.

    For one look that was planned, not for many. None where an arm is empty.
    """
    if not n or not other_n:
        return None
    a, b = good / n, other_good / other_n
    a_low, a_high = wilson(good, n, level)
    b_low, b_high = wilson(other_good, other_n, level)
    down = np.sqrt((a - a_low) ** 2 + (b_high - b) ** 2)
    up = np.sqrt((a_high - a) ** 2 + (b - b_low) ** 2)
    return float(a - b - down), float(a - b + up)


def wilson(good: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval (1927, JASA 22) for a rate good/n; scores between 0 and 1 vary less, so it holds for them."""
    z = normal_quantile(0.5 + level / 2)
    rate = good / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)))
    return middle - half, middle + half
