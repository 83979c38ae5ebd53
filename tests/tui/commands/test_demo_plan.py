"""The demo's plan: never fewer held-out messages, never more than there are, fewer where the machine is slow."""

from hypothesis import given
from hypothesis import strategies as st

from tui.commands.demo_plan import HELD_OUT, LEAST_DEV, MOST_DEV, make_plan


@given(st.floats(0.01, 60), st.floats(3, 60), st.floats(0, 20), st.integers(0, 400))
def test_a_plan_is_possible(seconds: float, minutes: float, spent: float, there: int) -> None:
    """At least 80 held-out messages whatever the speed, and a number of messages within its bounds."""
    plan = make_plan(seconds, minutes, spent, there)
    assert plan.held_out == HELD_OUT >= 80
    assert LEAST_DEV <= plan.dev <= MOST_DEV
    assert plan.minutes >= spent


@given(st.floats(0.1, 20), st.floats(1.0, 5.0))
def test_a_slower_machine_plays_no_more(seconds: float, factor: float) -> None:
    """The number of messages falls with the seconds that one takes."""
    assert make_plan(seconds * factor, 18, 1, 200).dev <= make_plan(seconds, 18, 1, 200).dev
