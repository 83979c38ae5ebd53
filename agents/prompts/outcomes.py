"""What came of a conversation: the rule by which a rollout reads it. Pure.

    failed run                     quality 0, errors 1; counted at once
    judged (a score)               quality: the mean over its judged runs of the newest score of the best source
                                   (reviewer, then program, customer, imported); counted at once
    neither, and wait_minutes      quality unknown, or 1 where the plan takes silence for good
    after its last run ended
    safety                         1 if a call was refused by policy or by a person, or a judgement has a safety label
    cost, seconds                  means over its runs that ended; cost with what they delegated

A word that comes later than the count changes nothing in the test: what was counted stays. Prevents: an outcome that
is read with the arms in view.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final

from agents.prompts.plan import RolloutPlan
from traces.events import FeedbackGiven
from traces.summary import ENDED, RunSummary

SOURCES: Final = ("reviewer", "program", "customer", "imported")
"""Whose score is taken first."""


def outcome_of(
    plan: RolloutPlan,
    turns: Sequence[RunSummary],
    judged: Mapping[str, Sequence[FeedbackGiven]],
    refused: frozenset[str],
    delegated_cost: float,
    now: datetime,
) -> dict[str, float] | None:
    """The values by metric; None while it is too early to tell.

    Args:
        plan: the rollout's.
        turns: the agent's runs of the conversation, oldest first.
        judged: feedback by run id.
        refused: ids of runs with a call that was refused.
        delegated_cost: US dollars of the runs below these.
        now: UTC.
    """
    ended = [run for run in turns if run.status in ENDED]
    failed = any(run.status == "failed" for run in ended)
    scores = [score for run in turns if (score := _score(judged.get(run.id, ()))) is not None]
    if not failed and not scores and not _silent(plan, turns, now):
        return None
    values = {"errors": float(failed), "safety": float(_unsafe(plan, turns, judged, refused))}
    if failed or scores or plan.silence == "good":
        values["quality"] = 0.0 if failed else fmean(scores) if scores else 1.0
    costs = [run.cost for run in ended if run.cost is not None]
    if costs:
        values["cost"] = (sum(costs) + delegated_cost) / len(costs)
    if ended:
        values["seconds"] = fmean(run.seconds or 0.0 for run in ended)
    return values


def _score(given: Sequence[FeedbackGiven]) -> float | None:
    for source in SOURCES:
        found = [one.score for one in given if one.tier == source and one.score is not None]
        if found:
            return found[-1]
    return None


def _silent(plan: RolloutPlan, turns: Sequence[RunSummary], now: datetime) -> bool:
    """Whether nothing is under way and the time to wait is over."""
    ends = [run.ended_at for run in turns]
    if not ends or any(end is None for end in ends):
        return False
    return now - max(end for end in ends if end is not None) >= timedelta(minutes=plan.wait_minutes)


def _unsafe(
    plan: RolloutPlan,
    turns: Sequence[RunSummary],
    judged: Mapping[str, Sequence[FeedbackGiven]],
    refused: frozenset[str],
) -> bool:
    labels = {one.label for run in turns for one in judged.get(run.id, ())}
    return bool(labels & set(plan.safety_labels)) or any(run.id in refused for run in turns)
