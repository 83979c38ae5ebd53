"""What a strategy is given and what it gives: `propose(context) -> Iterable[Candidate]`.

Prevents a strategy from seeing what proves its work: the context has the reflect pool and scores on the select pool;
there is no way from it to a sealed example.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agents.prompts.bundle import Bundle
from optimizer.examples import Example
from optimizer.screen import Screen
from optimizer.settings import NightSettings


@dataclass(frozen=True)
class Candidate:
    """A bundle worth trying: where it comes from, and one line for people."""

    bundle: Bundle
    strategy: str
    note: str


@dataclass(frozen=True)
class Tried:
    """A rollout as a strategy may see it. `score` None: the recording could not answer."""

    score: float | None
    feedback: str
    output: Any
    tokens: float = 0.0
    seconds: float = 0.0


Trial = Callable[[Bundle, str], Tried]
"""(bundle, example id of the reflect or select pool) -> what came of it. Paid from the night's purse."""

Reflect = Callable[[str], str]
"""Asks the reflection model. Paid from the night's purse and recorded, so that it is asked once."""


@dataclass(frozen=True)
class SearchContext:
    """All that a strategy may use."""

    incumbent: Bundle
    reflect: Sequence[Example]
    select: Sequence[Example]
    settings: NightSettings
    trial: Trial
    reflection: Reflect | None
    spent_out: Callable[[], bool]
    """Whether the purse refuses another rollout."""
    say: Callable[[str], None]
    """One line for the operator, such as why a strategy was left out."""
    screen: Screen
    """What may stand in a prompt. A strategy leaves out what it refuses; the search leaves out what slips through."""
    hard: Container[str] = frozenset()
    """Ids of examples that every version tried so far has got wrong."""
    carried: Sequence[Candidate] = ()
    """Candidates of earlier nights that the gate could not decide on, the most promising first."""


class Strategy(Protocol):
    """Proposes candidates, the most promising first; deterministic for given context and recorded replies."""

    def __call__(self, context: SearchContext) -> Iterable[Candidate]:
        """Propose; may use `context.trial`."""
        ...
