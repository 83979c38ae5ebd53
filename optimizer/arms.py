"""What two versions did on one example, as race and proof compare it; prevents two ideas of what a task costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.examples import Example
from optimizer.gate import Pair
from optimizer.gate.sections import mean
from optimizer.rollouts import Outcome


@dataclass(frozen=True)
class Arms:
    """What both bundles did on one example: outcomes by replica, at least one of each."""

    example: Example
    before: tuple[Outcome, ...]
    after: tuple[Outcome, ...]

    @property
    def decidable(self) -> bool:
        """Whether every rollout of both arms has a score."""
        return all(one.score is not None for one in (*self.before, *self.after))

    @property
    def score_before(self) -> float:
        """Mean score of the incumbent; what cannot be known counts as wrong."""
        return _score(self.before)

    @property
    def score_after(self) -> float:
        """Mean score of the candidate; what cannot be known counts as wrong."""
        return _score(self.after)

    @property
    def apart(self) -> tuple[Outcome, Outcome]:
        """A run of each in which they differ most: of several replicas, the first may be the one where they agree."""
        rose = self.score_after >= self.score_before
        return (min if rose else max)(self.before, key=_points), (max if rose else min)(self.after, key=_points)

    def pair(self, stratum: str | None = None) -> Pair:
        """As the gate takes it."""
        before, after = _cost(self.before), _cost(self.after)
        return Pair(
            task=self.example.id,
            cluster=self.example.family,
            before=self.score_before,
            after=self.score_after,
            stratum=stratum,
            cost=None if before is None or after is None else (before, after),
            tokens=(_tokens(self.before), _tokens(self.after)),
            replicas=len(self.after),
        )


def _score(outcomes: Sequence[Outcome]) -> float:
    return mean([_points(one) for one in outcomes])


def _points(outcome: Outcome) -> float:
    return outcome.score or 0.0


def _cost(outcomes: Sequence[Outcome]) -> float | None:
    costs = [one.scored.cost for one in outcomes if one.scored.cost is not None]
    return mean(costs) if len(costs) == len(outcomes) else None


def _tokens(outcomes: Sequence[Outcome]) -> float:
    return mean([one.scored.input_tokens + one.scored.output_tokens for one in outcomes])
