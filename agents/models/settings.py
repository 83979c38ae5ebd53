"""How the embedded model runs on this machine. Values only: no run's result may depend on them.

What shapes a reply (temperature, length of the reasoning) belongs to the bundle; here is only speed and room.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

WaitPolicy = Literal["auto", "passive", "active"]


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
        return self.threads or len(os.sched_getaffinity(0))

    def slot_count(self) -> int:
        """The requests to work on at once."""
        return self.slots or 1
