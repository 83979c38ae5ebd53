"""What the terms of a policy say about one loss: is it insured, and how much is paid.

Pure arithmetic and dates over plain values, no database. It keeps the sums out of the assistant's head: a
language model that multiplies is a language model that pays the wrong amount.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

MOST_DEPRECIATION = 0.8


@dataclass(frozen=True)
class Contract:
    """One policy with its product's terms; amounts in EUR, days as ISO text."""

    policy: str
    product: str
    line: str
    holder: str
    start: str
    end: str
    lapsed: str | None
    deductible: float
    limit: float
    sum_insured: float | None
    value: float | None
    terms: dict[str, Any]

    def in_force(self, day: str) -> bool:
        """Whether the contract runs on `day`; the last day counts, the day of the lapse does not."""
        return self.start <= day <= self.end and (self.lapsed is None or day < self.lapsed)

    @property
    def waiting_until(self) -> str:
        """The first day on which a loss is paid."""
        start = datetime.date.fromisoformat(self.start)
        return (start + datetime.timedelta(days=int(self.terms["waiting_days"]))).isoformat()

    @property
    def quota(self) -> float:
        """The share paid because of under-insurance: sum insured over value, at most 1."""
        if not self.sum_insured or not self.value:
            return 1.0
        return min(1.0, self.sum_insured / self.value)


@dataclass(frozen=True)
class Working:
    """A compensation and the steps that led to it, in words."""

    amount: float
    steps: tuple[str, ...]


def euros(amount: float) -> str:
    """An amount as it is written in letters: `1240.50 EUR`."""
    return f"{amount:.2f} EUR"


def compensation(contract: Contract, item: str, age: int, damage: float) -> Working:
    """What is paid for `damage` EUR on `item`, `age` full years old, if the loss is insured.

    The order is regulation R-10: depreciation, share, under-insurance, sub-limit, deductible, limit.
    """
    steps = [f"damage {euros(damage)}"]
    amount = damage
    for name, share in _shares(contract, item, age):
        amount *= share
        steps.append(f"{name}: {euros(amount)}")
    most = contract.terms["sub_limits"].get(item)
    if most is not None and amount > most:
        amount = float(most)
        steps.append(f"sub-limit for {item}: {euros(amount)}")
    amount = max(0.0, amount - contract.deductible)
    steps.append(f"less deductible {euros(contract.deductible)}: {euros(amount)}")
    if amount > contract.limit:
        amount = contract.limit
        steps.append(f"limit of the policy: {euros(amount)}")
    return Working(round(amount + 1e-9, 2), tuple(steps))


def _shares(contract: Contract, item: str, age: int) -> list[tuple[str, float]]:
    """The factors that differ from 1, each with the words for the working."""
    rate = contract.terms["depreciation"].get(item, 0.0) * age
    lost = min(MOST_DEPRECIATION, rate)
    shares = [
        (f"depreciation {lost:.0%} for {age} full years", 1 - lost),
        (f"the policy pays {contract.terms['pays_share']:.0%}", float(contract.terms["pays_share"])),
        (f"under-insurance, {contract.quota:.1%} is paid", contract.quota),
    ]
    return [(words, share) for words, share in shares if share != 1]
