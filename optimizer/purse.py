"""What a night may spend: hard caps for task model, reflector and judges together, reserved before each call.

Prevents an overrun that is noticed afterwards: a call that could pass a cap is not made, so a cap is passed by at
most what the calls under way cost more than was reserved for them.
"""

import threading
import time
from dataclasses import dataclass
from typing import Final

from agents.errors import Halted, StropError

LOOKED_AT: Final = 10
"""Calls before an error rate means anything."""

HOPELESS: Final = 3
"""Calls after which it is enough when not one has succeeded."""


class PurseEmpty(Halted):
    """The next call could pass a cap. What was found so far stays on record."""


class TooManyErrors(StropError):
    """Most rollouts break (model or tool server away): going on would only spend."""


@dataclass(frozen=True)
class Amount:
    """Tokens, US dollars and rollouts of a call, or of many; `requests` are those sent to a model."""

    tokens: float = 0.0
    dollars: float = 0.0
    rollouts: int = 0
    requests: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.tokens + other.tokens, self.dollars + other.dollars, self.rollouts + other.rollouts,
            self.requests + other.requests,
        )  # fmt: skip

    def __sub__(self, other: "Amount") -> "Amount":
        return self + Amount(-other.tokens, -other.dollars, -other.rollouts, -other.requests)


@dataclass(frozen=True)
class Caps:
    """The most that one night may spend. None: no cap of that kind."""

    tokens: int | None = None
    dollars: float | None = None
    minutes: float | None = None
    rollouts: int | None = None


class Purse:
    """One night's money. Safe to use from several threads.

    Args:
        caps: the most it may spend.
        spent: what an interrupted night had spent before.
        seconds: how long it had worked before.
        error_rate: the share of broken calls from which on it stops.
    """

    def __init__(
        self, caps: Caps, *, spent: Amount | None = None, seconds: float = 0.0, error_rate: float = 0.5
    ) -> None:
        self.caps = caps
        self._spent = spent or Amount()
        self._reserved = Amount()
        self._began = time.monotonic() - seconds
        self._error_rate = error_rate
        self._calls = 0
        self._errors = 0
        self._lock = threading.Lock()

    @property
    def spent(self) -> Amount:
        """What was paid so far, calls under way not included."""
        with self._lock:
            return self._spent

    @property
    def seconds(self) -> float:
        """How long the night has worked, earlier sittings included."""
        return time.monotonic() - self._began

    def check(self, amount: Amount | None = None, *, seconds: float = 0.0) -> None:
        """Raise PurseEmpty when `amount` more, taking so many seconds, could pass a cap."""
        with self._lock:
            self._refuse_over(self._spent + self._reserved + (amount or Amount()), seconds)

    def reserve(self, amount: Amount) -> Amount:
        """Set an amount aside before a call; give it back with `settle`.

        Raises:
            PurseEmpty: the call could pass a cap.
        """
        with self._lock:
            self._refuse_over(self._spent + self._reserved + amount)
            self._reserved += amount
            return amount

    def settle(self, reserved: Amount, paid: Amount, *, error: str = "", counts: bool = True) -> None:
        """Replace what was set aside by what the call cost. `counts`: whether it is one of those that may break.

        Raises:
            TooManyErrors: most calls break.
        """
        with self._lock:
            self._reserved -= reserved
            self._spent += paid
            if not counts:
                return
            self._calls += 1
            self._errors += bool(error)
            looked_at = HOPELESS if self._errors == self._calls else LOOKED_AT
            if error and self._calls >= looked_at and self._errors / self._calls > self._error_rate:
                raise TooManyErrors(
                    f"{self._errors} of {self._calls} rollouts broke, the last with {error}",
                    hint="See the runs of this night for the cause; the same command goes on with the night.",
                )

    def _refuse_over(self, amount: Amount, seconds: float = 0.0) -> None:
        caps = self.caps
        over = (
            ("tokens", amount.tokens, caps.tokens),
            ("dollars", amount.dollars, caps.dollars),
            ("rollouts", amount.rollouts, caps.rollouts),
            ("minutes", (self.seconds + seconds) / 60, caps.minutes),
        )
        for name, value, cap in over:
            if cap is not None and value > cap:
                raise PurseEmpty(
                    f"the purse is empty: the next call could pass the cap of {cap:g} {name}",
                    hint=f"Raise the cap on {name}, or be content with what was found.",
                )
