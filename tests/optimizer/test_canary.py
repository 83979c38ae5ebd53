"""The always-valid test of a canary: equal arms are left alone however often one looks, a worse one is taken back."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from agents.prompts.plan import CANARY, EVEN, Counted, RolloutPlan
from optimizer.gate.canary import Canary, OneTest, Outcome, interval_of_difference, wilson
from optimizer.watch import RolloutJudge

HARM = (OneTest("worse", "quality", -1, 0.05, 2.0),)


def played(seed: int, control: float, candidate: float, *, exposure: int = 60, walks: int = 399) -> str | None:
    """One simulated canary with a look after every conversation; gives the alarm, or None."""
    rng = np.random.default_rng(seed)
    canary, had = Canary(HARM, exposure=exposure, seed=seed + 1_000_000, walks=walks), 0
    while had < exposure:
        drawn = bool(rng.random() < 0.3)
        had += drawn
        good = float(rng.random() < (candidate if drawn else control))
        if raised := canary.see(Outcome(drawn, 0.3, {"quality": good})):
            return raised[0]
    return None


def test_equal_arms_are_alarmed_no_more_often_than_the_budget() -> None:
    """Of 400 canaries of equal arms, each looked at after every conversation, at most so many as 5 % can give."""
    alarms = sum(played(seed, 0.8, 0.8) is not None for seed in range(400))
    assert alarms <= stats.binom.ppf(0.999, 400, 0.05)


def test_a_broken_candidate_is_seen_after_a_few_conversations() -> None:
    """One that fails every time needs no exposure to speak of."""
    canary = Canary(HARM, exposure=150, walks=4_999)
    rng = np.random.default_rng(3)
    had = 0
    for _ in range(400):
        drawn = bool(rng.random() < 0.2)
        had += drawn
        good = 0.0 if drawn else float(rng.random() < 0.9)
        if canary.see(Outcome(drawn, 0.2, {"quality": good})):
            break
    assert had <= 15


def test_a_clearly_worse_arm_is_nearly_always_taken_back() -> None:
    """30 points in 60 conversations."""
    assert sum(played(seed, 0.9, 0.6) is not None for seed in range(40)) >= 38


def test_the_same_conversations_give_the_same_verdict() -> None:
    """A watcher that was killed comes to the same again."""
    assert [played(seed, 0.9, 0.7) for seed in range(5)] == [played(seed, 0.9, 0.7) for seed in range(5)]


@given(
    st.lists(st.tuples(st.booleans(), st.floats(-5, 5), st.floats(0.05, 0.95)), max_size=60),
    st.floats(0.01, 0.3),
)
@settings(max_examples=30, deadline=None)
def test_never_more_is_set_aside_than_the_budget(outcomes: list[tuple[bool, float, float]], alpha: float) -> None:
    """Whatever is seen, the walks set aside stay within alpha: the whole proof of the error rate."""
    test = OneTest("any", "m", 1, alpha, 1.0)
    canary = Canary([test], exposure=5, walks=199)
    for candidate, value, share in outcomes:
        canary.see(Outcome(candidate, share, {"m": value}))
    (state,) = canary._states
    assert state.spent == int((~state.inside).sum()) <= alpha * 200


def test_an_arm_that_everybody_gets_teaches_nothing() -> None:
    """Without a draw there is no test, and saying so is better than an alarm."""
    with pytest.raises(ValueError, match="chance"):
        Canary(HARM, exposure=5).see(Outcome(True, 1.0, {"quality": 1.0}))


def test_intervals_are_the_published_ones() -> None:
    """Newcombe's own example (56 of 70 against 48 of 80) and statsmodels' Wilson figures."""
    assert interval_of_difference(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert wilson(10, 50) == pytest.approx((0.1124, 0.3304), abs=1e-4)
    assert interval_of_difference(0, 0, 1, 2) is None


@pytest.mark.parametrize("alarms", [CANARY, EVEN])
def test_the_parts_of_the_budget_are_the_whole(alarms: tuple) -> None:
    """All alarms of a rollout together have the error that was signed, no more and no less."""
    assert sum(one.part for one in alarms) == pytest.approx(1.0)


def judged(ratio: float, metric: str) -> str:
    """The verdict on a candidate that takes so many times what the control takes."""
    judge, rng = RolloutJudge("rollout_1", "canary", RolloutPlan(exposure=80)), np.random.default_rng(5)
    for _ in range(400):
        drawn = bool(rng.random() < 0.2)
        amount = float(np.exp(rng.normal(0, 0.3))) * (ratio if drawn else 1.0)
        judge.see(Counted("candidate" if drawn else "control", 0.2, {metric: amount, "quality": 1.0}))
    return judge.say(over=True).verdict


@pytest.mark.parametrize("metric", ["cost", "seconds"])
def test_dearer_is_harm_only_beyond_what_was_signed(metric: str) -> None:
    """A third more was allowed for, three times as much was not."""
    assert judged(1.33, metric) == "unharmed"
    assert judged(3.0, metric) == "worse"


def test_reasons_say_both_arms_figures() -> None:
    """Who reads why a version was taken back sees how bad it was, against what."""
    judge = RolloutJudge("rollout_1", "canary", RolloutPlan(exposure=60))
    for number in range(300):
        drawn = number % 5 == 0
        judge.see(
            Counted("candidate" if drawn else "control", 0.2, {"errors": float(drawn), "quality": float(not drawn)})
        )
    found = judge.say(over=False)
    assert found.verdict == "worse"
    assert re.fullmatch(r"quality is worse: 0.0% in \d+, against 100.0% in \d+ conversations", found.reasons[0])
