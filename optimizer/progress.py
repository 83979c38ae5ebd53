"""What a night tells while it works; prevents each front end from guessing how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field

from optimizer.purse import Amount


@dataclass(frozen=True)
class Progress:
    """How far the night is. `done` of `total` rollouts of the stage; seconds and spending are the whole night's."""

    stage: str
    message: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    spent: Amount = field(default_factory=Amount)


ProgressTold = Callable[[Progress], None]


def tell_nobody(progress: Progress) -> None:
    """For nights nobody looks at."""
