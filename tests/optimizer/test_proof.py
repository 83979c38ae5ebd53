"""The two runs that stand for an example on which versions differ."""

import pytest

from optimizer.arms import Arms
from optimizer.examples import Example
from optimizer.proof import _flip
from optimizer.rollouts import Outcome
from traces.events import RolloutScored

EXAMPLE = Example(id="ex_1", agent="desk", input="hail", run="run_1", bundle="", family="hail", score=0.0)


def outcome(run: str, score: float) -> Outcome:
    """A rollout of that run."""
    return Outcome(
        RolloutScored(bundle="b", example="ex_1", replica=0, pool="sealed", score=score, run_id=run), {"team": run}
    )


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ((0.0, 1.0), (0.0, 0.0), ("before 1", "after 0")),
        ((1.0, 0.0), (1.0, 1.0), ("before 1", "after 0")),
        ((1.0, 1.0), (1.0, 0.0), ("before 0", "after 1")),
        ((0.0,), (1.0,), ("before 0", "after 0")),
    ],
)
def test_what_is_shown_is_where_they_differ(
    before: tuple[float, ...], after: tuple[float, ...], shown: tuple[str, str]
) -> None:
    """Who reads what got worse sees a right answer beside a wrong one, not the replica in which both failed."""
    arms = Arms(
        EXAMPLE, tuple(outcome(f"before {at}", one) for at, one in enumerate(before)),
        tuple(outcome(f"after {at}", one) for at, one in enumerate(after)),
    )  # fmt: skip
    flip = _flip(arms)
    assert (flip.run_before, flip.run_after) == shown
    assert (flip.before, flip.after) == ({"team": shown[0]}, {"team": shown[1]})
