"""From rollouts to the shapes on the wire: functions (session, …) -> shape."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any, Final

from sqlalchemy.orm import Session

from agents.prompts.exposure import count_arms
from agents.prompts.plan import Finding
from agents.prompts.rollout_store import Rollout, get_rollout, list_rollouts, match_rollout
from agents.service.findings import Findings
from agents.service.wire import AlarmView, ArmView, RolloutView, ShadowView
from traces.events import ConversationCounted, RolloutEnded, RolloutStarted, ShadowCompared
from traces.store import read_events

_TOLD: Final = ("rollout_started", "conversation_counted", "shadow_compared", "rollout_ended")


def rollout_view(session: Session, name: str, findings: Findings | None) -> RolloutView:
    """One rollout: by its id, a part of it, or its agent (then the newest one)."""
    return _view(session, get_rollout(session, match_rollout(session, name)), findings)


def rollout_list(
    session: Session, findings: Findings | None, *, agent: str | None = None, limit: int = 50
) -> list[RolloutView]:
    """Rollouts, newest first."""
    return [_view(session, one, findings) for one in list_rollouts(session, agent=agent, limit=limit)]


def _view(session: Session, one: Rollout, findings: Findings | None) -> RolloutView:
    events = [stored.event for stored in read_events(session, one.id, kinds=_TOLD)]
    counted = [event for event in events if isinstance(event, ConversationCounted)]
    shadows = [event for event in events if isinstance(event, ShadowCompared)]
    started = next(event for event in events if isinstance(event, RolloutStarted))
    ended = next((event for event in reversed(events) if isinstance(event, RolloutEnded)), None)
    finding = None if findings is None or one.mode == "shadow" else findings.of(session, one)
    arms = count_arms(session, one.id)
    reasons = ended.reasons if ended is not None else list(finding.reasons) if finding is not None else []
    return RolloutView(
        id=one.id, agent=one.agent, mode=one.mode, outcome=one.outcome,  # type: ignore[arg-type]
        state="ended" if not one.active else "running" if one.open else "exposed", reasons=reasons,
        share=one.plan.share, exposure=one.plan.exposure, exposed=one.exposed, promote=one.plan.promote,
        candidate=_arm(one.candidate, "candidate", arms, counted),
        control=_arm(one.control, "control", arms, counted),
        shadow=_shadow(shadows) if one.mode == "shadow" else None, plan=one.plan.model_dump(mode="json"),
        started_at=one.started_at, started_by=started.provenance.by, ended_at=one.ended_at,
        ended_by="" if ended is None else ended.provenance.by,
        **({} if finding is None else _found(finding)),
    )  # fmt: skip


def _found(finding: Finding) -> dict[str, Any]:
    return {
        "verdict": finding.verdict, "difference": finding.difference, "interval": finding.interval,
        "tests": [AlarmView(**vars(test)) for test in finding.tests],
    }  # fmt: skip


def _arm(bundle: str, name: str, arms: dict[str, int], counted: Sequence[ConversationCounted]) -> ArmView:
    mine = [event.values for event in counted if event.arm == name]
    metrics = sorted({metric for values in mine for metric in values})
    means = {metric: fmean(values[metric] for values in mine if metric in values) for metric in metrics}
    return ArmView(bundle=bundle, conversations=arms.get(name, 0), counted=len(mine), means=means)


def _shadow(shadows: Sequence[ShadowCompared]) -> ShadowView:
    def mean(name: str) -> float | None:
        known = [value for one in shadows if (value := getattr(one, name)) is not None]
        return fmean(known) if known else None

    return ShadowView(
        runs=len(shadows), failed=sum(one.status != "finished" and not one.diverged for one in shadows),
        diverged=sum(one.diverged for one in shadows), same=sum(one.same is True for one in shadows),
        cost=mean("shadow_cost"), live_cost=mean("live_cost"), seconds=mean("shadow_seconds"),
        live_seconds=mean("live_seconds"),
    )  # fmt: skip
