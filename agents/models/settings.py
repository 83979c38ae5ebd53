"""How models are reached and run on this machine. Values only: no run's result may depend on them.

What shapes a reply (temperature, length of the reasoning, which model stands behind which) belongs to the bundle;
here is only speed, room, and what the house allows and pays.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

LOCAL = "local:"
"""What the model strings of embedded models begin with."""

PROMPT_LAYOUT = 1
"""Version of how `agents.models.prompt` and `grammar` lay out what an embedded model reads. It is part of each bundle
of such a model: raise it with every change that alters what the model sees, and the change is a new version."""

WaitPolicy = Literal["auto", "passive", "active"]


@dataclass(frozen=True)
class Retries:
    """How often a model is asked again, and how long the first pause may be, in seconds; it doubles each time."""

    times: int = 2
    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Where the weights lie and how much of the machine a running model may use.

    `threads` 0 means every processor this process may use; `slots` is how many requests are worked on at
    once, 0 meaning one; `context` is the room of ONE request in tokens. `omp_wait_policy` only works if set before
    the engine is first loaded in this process.

    One slot is the default because several change the replies: what is computed together is rounded
    differently. Measured with the 1.5B weights at temperature 0, 12 of 16 replies were worded differently with
    four slots, two of them with another decision, for a seventh less computing.
    """

    models_dir: Path
    threads: int = 0
    omp_wait_policy: WaitPolicy = "auto"
    context: int = 8192
    slots: int = 0

    def thread_count(self) -> int:
        """The threads to compute with."""
        return self.threads or usable_processors()

    def slot_count(self) -> int:
        """The requests to work on at once."""
        return self.slots or 1


def usable_processors() -> int:
    """Processors that this process may use; all there are where the system cannot say (macOS, Windows)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs where the public table has no price, or another: US dollars."""

    input: float = 0.0
    """For a million tokens read."""
    output: float = 0.0
    """For a million tokens written."""
    second: float = 0.0
    """For a second of its time: a machine of one's own."""

    def of(self, input_tokens: int, output_tokens: int, seconds: float) -> float:
        """US dollars for one reply."""
        return (input_tokens * self.input + output_tokens * self.output) / 1e6 + seconds * self.second


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What the house allows and pays. Names of models may be patterns (`openai:*`)."""

    allowed: tuple[str, ...] = ()
    """Model strings that may be used; none: all."""
    concurrency: Mapping[str, int] = field(default_factory=dict)
    """Requests at once to all models of a pattern, in one process; the first pattern that fits counts."""
    retries: Retries = field(default_factory=Retries)
    prices: Mapping[str, Price] = field(default_factory=dict)
