"""The judge of a rollout: its plan and its counted conversations in, a finding in words and figures out. Pure.

`agents.service.rollout_watch` asks it and acts; here nothing is looked up and nothing is decided. Prevents: a verdict
that another process, or the same one after a crash, would not come to again.
"""

import math
from collections.abc import Sequence
from typing import Final

from agents.prompts.plan import Alarm, Counted, Finding, Mode, RolloutPlan, Tested, Verdict, alarms_of
from optimizer.gate.canary import Canary, OneTest, Outcome, Standing, interval_of_difference
from traces.ids import digest_text

SLACK: Final = 0.95
"""The budget is spent over this part of the exposure: chance gives the candidate its share sooner or later."""

RATIOS: Final = {"cost": "cost_ratio", "seconds": "seconds_ratio"}


class RolloutJudge:
    """All tests of one rollout.

    Args:
        rollout: its id: the seed of the draws.
        mode: a canary looks for harm, an A/B to both sides.
        plan: what was signed.
    """

    def __init__(self, rollout: str, mode: Mode, plan: RolloutPlan) -> None:
        self.plan = plan
        self.alarms = alarms_of(mode)
        tests = [OneTest(one.name, one.metric, _sign(one), one.part * plan.error, one.late) for one in self.alarms]
        seed = int(digest_text(rollout).removeprefix("sha256:")[:16], 16)
        self._canary = Canary(tests, exposure=_spent_over(plan.exposure), seed=seed)
        self._qualities: dict[str, list[float]] = {"candidate": [], "control": []}
        self._means: dict[tuple[str, str], list[float]] = {}
        self._raised: dict[str, str] = {}

    def see(self, one: Counted) -> None:
        """Take in the next conversation, and look."""
        for metric, value in one.values.items():
            sums = self._means.setdefault((one.arm, metric), [0.0, 0])
            sums[0] += value
            sums[1] += 1
        if "quality" in one.values:
            self._qualities[one.arm].append(one.values["quality"])
        values = {metric: scaled for metric in one.values if (scaled := self._scaled(one, metric)) is not None}
        for name in self._canary.see(Outcome(one.arm == "candidate", one.share, values)):
            self._raised[name] = self._told(name)

    def change(self, exposure: int) -> None:
        """The candidate gets so many conversations in all; what was spent of the budget stays spent."""
        self._canary.exposure = _spent_over(exposure)

    def say(self, *, over: bool) -> Finding:
        """What they say by now. Alarms stand: a later conversation does not take one back."""
        worse = [self._raised[one.name] for one in self.alarms if one.worse and one.name in self._raised]
        better = [self._raised[one.name] for one in self.alarms if not one.worse and one.name in self._raised]
        difference, interval = self._difference()
        verdict: Verdict = "none yet"
        reasons = worse or better
        if worse:
            verdict = "worse"
        elif better:
            verdict = "better"
        elif over:
            safe = interval is not None and interval[0] > -self.plan.margin
            verdict = "unharmed" if safe else "undecided"
            reasons = [_end(interval, self.plan.margin)]
        standings = self._canary.standings()
        tests = tuple(self._tested(one, at) for one, at in zip(self.alarms, standings, strict=True))
        return Finding(verdict, tuple(reasons), tests, difference, interval)

    def _scaled(self, one: Counted, metric: str) -> float | None:
        """The value as it is tested: amounts by their logarithm, the candidate's less what the plan allows it.

        If the candidate took exactly the allowed ratio times what the control takes, the arms would then be equal.
        """
        value = one.values[metric]
        if metric not in RATIOS:
            return value
        if value <= 0:
            return None
        allowed = getattr(self.plan, RATIOS[metric]) if one.arm == "candidate" else 1.0
        return math.log(value / allowed)

    def _tested(self, alarm: Alarm, at: Standing) -> Tested:
        alpha = alarm.part * self.plan.error
        return Tested(alarm.name, alarm.metric, alpha, _round(at.z), _round(at.needed), alarm.name in self._raised)

    def _difference(self) -> tuple[float | None, tuple[float, float] | None]:
        a, b = self._qualities["candidate"], self._qualities["control"]
        if not a or not b:
            return None, None
        return sum(a) / len(a) - sum(b) / len(b), interval_of_difference(sum(a), len(a), sum(b), len(b))

    def _told(self, name: str) -> str:
        alarm = next(one for one in self.alarms if one.name == name)
        (mine, n), (theirs, m) = (self._means.get((arm, alarm.metric), (0.0, 0)) for arm in ("candidate", "control"))
        ours, others = mine / n if n else 0.0, theirs / m if m else 0.0
        figures = f"{_figure(alarm.metric, ours)} in {n:.0f}, against {_figure(alarm.metric, others)} in {m:.0f}"
        limit = getattr(self.plan, RATIOS[alarm.metric], None) if alarm.metric in RATIOS else None
        beyond = "" if limit is None else f" (more than {limit:g} times is too much)"
        return f"{alarm.metric} is {'worse' if alarm.worse else 'better'}: {figures} conversations{beyond}"


def make_judge(rollout: str, mode: Mode, plan: RolloutPlan) -> RolloutJudge:
    """The judge of one rollout."""
    return RolloutJudge(rollout, mode, plan)


def judge_all(rollout: str, mode: Mode, plan: RolloutPlan, counted: Sequence[Counted], *, over: bool) -> Finding:
    """What all these conversations say."""
    judge = RolloutJudge(rollout, mode, plan)
    for one in counted:
        judge.see(one)
    return judge.say(over=over)


def _spent_over(exposure: int) -> int:
    return max(1, round(exposure * SLACK))


def _sign(alarm: Alarm) -> int:
    """Which side of the metric the alarm is for: less quality is worse, more of anything else."""
    more_is_worse = alarm.metric != "quality"
    return 1 if alarm.worse == more_is_worse else -1


def _figure(metric: str, value: float) -> str:
    if metric == "cost":
        return f"${value:.4f}"
    return f"{value:.2f} s" if metric == "seconds" else f"{value:.1%}"


def _end(interval: tuple[float, float] | None, margin: float) -> str:
    if interval is None:
        return "the exposure is over, and nobody knows the quality of either arm"
    low, high = interval
    return f"the exposure is over; quality differs by {low:+.1%} to {high:+.1%}, and {-margin:.0%} would be harm"


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
