"""How much the demo can do in its time: decided once, from the measured seconds of the first conversations. Pure."""

from dataclasses import dataclass
from typing import Final

HELD_OUT: Final = 84
"""Held-out messages, played before and after. Fewer than 80 would say nothing; 84 keeps the whole in the time."""

MOST_DEV, LEAST_DEV = 150, 60
"""Messages played for the night to learn from."""

SEALED_SHARE: Final = 0.45
RACE_AND_NOISE: Final = 96
"""About how many rollouts of a night are not the proof: A/A pairs and the race."""

LONGER: Final = 1.15
"""What a run takes on the whole, for each second of the timed first ones: what is tried has longer prompts. Measured:
19.3 minutes where the first runs promised 16.8."""

OTHERS: Final = 50
"""What the claims and the gift conversations take, in desk runs."""


@dataclass(frozen=True)
class Plan:
    """What will be played."""

    dev: int
    held_out: int
    seconds_a_run: float
    minutes: float
    """What it will take, by this reckoning."""


def make_plan(seconds_a_run: float, minutes: float, spent_minutes: float, dev_there: int) -> Plan:
    """The most dev messages that the time allows.

    Args:
        seconds_a_run: wall seconds for one desk run at the demo's concurrency, measured.
        minutes: the whole demo's time.
        spent_minutes: what is gone already.
        dev_there: how many dev messages the task file has.
    """
    seconds = max(seconds_a_run, 0.001) * LONGER
    runs = max(0.0, (minutes - spent_minutes) * 60 / seconds)
    # Each dev message is played once, and its share of the sealed pool once more by the one candidate that is proven.
    dev = int((runs - 2 * HELD_OUT - RACE_AND_NOISE - OTHERS) / (1 + SEALED_SHARE))
    dev = max(LEAST_DEV, min(MOST_DEV, dev, dev_there))
    total = 2 * HELD_OUT + RACE_AND_NOISE + OTHERS + dev * (1 + SEALED_SHARE)
    return Plan(dev, HELD_OUT, seconds_a_run, spent_minutes + total * seconds / 60)
