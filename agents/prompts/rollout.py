"""Rollouts as acts: a person lets a version meet real conversations, gives it more or fewer, takes it live or back.

Each act is one transaction that leaves its fact in the rollout's own stream and, where the version takes a step of
its life, in the agent's decisions: a process that is killed in the middle of a roll-back has done it whole or not at
all. Prevents: two operators who both believe that they decided, and a machine that promotes what nobody signed.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agents.errors import Conflict, IllegalStep, Refused, UsageError
from agents.prompts.decisions import hold_agent, move, promote
from agents.prompts.plan import Mode, RolloutPlan, read_plan
from agents.prompts.record import read_record
from agents.prompts.rollout_store import Rollout, find_active, get_rollout
from agents.prompts.store import find_live, get_bundle
from agents.prompts.tables import ROLLOUTS
from traces.events import Json, RolloutChanged, RolloutEnded, RolloutStarted
from traces.ids import new_id, ordered_json, short
from traces.provenance import Provenance
from traces.recorder import Recorder

SERVED: Final = frozenset({"approved", "live", "retired"})
"""States of versions that a person once allowed to meet customers: what an A/B may be between."""


def start_rollout(
    session: Session, recorder: Recorder, agent: str, candidate: str, mode: Mode, plan: RolloutPlan, by: Provenance,
    *, control: str | None = None, seen_live: str | None = None,
) -> Rollout:  # fmt: skip
    """Let a version meet real conversations.

    Args:
        session: from `writing()`.
        recorder: writes into the same transaction.
        agent: whose versions they are.
        candidate: full digest; approved (shadow, canary), in shadow (canary), or one that may serve (A/B).
        mode: what kind.
        plan: what is signed.
        by: a person, with a reason.
        control: full digest of what it is compared with; None: what is live.
        seen_live: the live digest that the person saw.

    Raises:
        IllegalStep: another rollout is under way, another version is live, or the candidate is not approved.
        UsageError: the two cannot be compared.
        Refused: not a person, no reason, or a plan that lets the watch promote and that nobody signed.
    """
    hold_agent(session, agent)
    live = find_live(session, agent)
    if live is None:
        raise UsageError(
            f"agent {agent!r} has no live version to compare with", hint="It gets one with its first run."
        )
    if seen_live is not None and seen_live != live.digest:
        raise Conflict(
            f"the live version has changed since you looked: it was {short(seen_live)}, it is {short(live.digest)}"
        )
    other = find_active(session, agent)
    if other is not None:
        raise _under_way(other)
    control = control or live.digest
    _check_start(session, agent, candidate, control, live.digest, mode, plan, by)
    rollout = new_id("rollout")
    row = {
        "id": rollout, "agent": agent, "active": agent, "mode": mode, "candidate": candidate, "control": control,
        "share": plan.share, "control_share": plan.compared_share, "exposure": plan.exposure, "exposed": 0,
        "plan": ordered_json(plan.model_dump(mode="json")), "started_at": recorder.now(),
    }  # fmt: skip
    try:
        session.execute(sa.insert(ROLLOUTS), row)
    except IntegrityError as error:
        raise IllegalStep(f"another rollout of {agent!r} was started in this moment", hint="Look again.") from error
    recorder.append_in(
        session, rollout,
        RolloutStarted(
            agent=agent, mode=mode, candidate=candidate, control=control, plan=plan.model_dump(mode="json"),
            provenance=by,
        ),
    )  # fmt: skip
    if mode != "ab":
        move(session, recorder, candidate, mode, by, act="rollout", detail={"rollout": rollout})
    return get_rollout(session, rollout)


def _under_way(other: Rollout) -> IllegalStep:
    return IllegalStep(
        f"a rollout of {other.agent!r} is under way: {other.id}, {short(other.candidate)} as {other.mode}",
        hint=f"End it first: strop rollout stop {other.agent}, or strop rollout promote {other.agent}.",
    )


def _check_start(
    session: Session, agent: str, candidate: str, control: str, live: str, mode: Mode, plan: RolloutPlan,
    by: Provenance,
) -> None:  # fmt: skip
    if by.actor != "person" or not by.reason.strip():
        raise Refused("a rollout is started by a person, with a reason", hint='Give one with --reason "…".')
    if candidate == control:
        raise UsageError(f"{short(candidate)} cannot be compared with itself", hint="Name another version.")
    if mode != "ab" and control != live:
        raise UsageError(f"a {mode} is compared with what is live", hint="Use an A/B for any two versions.")
    if mode == "ab" and control != live and plan.control_share is None:
        raise UsageError(
            "an A/B with a version that is not live needs a share for it, the rest goes to the live one",
            hint="Give control_share in the plan.",
        )
    for digest in (candidate, control):
        stored = get_bundle(session, digest)
        if stored.bundle.agent != agent:
            raise UsageError(f"{short(digest)} is not a version of {agent!r}")
        if mode == "ab" and stored.state not in SERVED:
            raise IllegalStep(
                f"{short(digest)} is {stored.state}; customers meet only what a person approved",
                hint=f"strop approve {short(digest)} first.",
            )
    if plan.promote != "person" and mode == "canary" and _authority(session, agent, candidate) is None:
        raise Refused(
            f"nobody signed that the watch may take {short(candidate)} live by itself",
            hint="Sign it with the approval (--promote policy), or leave `promote` to a person.",
        )


def _authority(session: Session, agent: str, candidate: str) -> int | None:
    """Seq of the signature whose plan lets a machine promote this version, or None."""
    for one in read_record(session, agent).of(candidate).signatures:
        if one.event.plan.get("promote") == "policy":
            return one.seq
    return None


def change_rollout(
    session: Session, recorder: Recorder, rollout: str, by: Provenance, *,
    share: float | None = None, exposure: int | None = None,
) -> Rollout:  # fmt: skip
    """Give the candidate more or fewer conversations from now on; what was counted stays as it was.

    Raises:
        IllegalStep: it has ended.
        UsageError: nothing changes, or the shares are more than all.
    """
    one = get_rollout(session, rollout)
    hold_agent(session, one.agent)
    one = _still_active(session, rollout)
    if exposure is not None and exposure > one.plan.exposure and not one.open:
        raise IllegalStep(
            f"{short(one.candidate)} had all its {one.plan.exposure} conversations, and their error budget is spent",
            hint="End it, and start another rollout.",
        )
    changes: dict[str, Any] = {
        name: value for name, value in (("share", share), ("exposure", exposure)) if value is not None
    }
    if not changes:
        raise UsageError("nothing is to change", hint="Give a share or an exposure.")
    plan = read_plan({**one.plan.model_dump(mode="json"), **changes})
    values = {
        "share": plan.share, "control_share": plan.compared_share, "exposure": plan.exposure,
        "plan": ordered_json(plan.model_dump(mode="json")),
    }  # fmt: skip
    session.execute(sa.update(ROLLOUTS).where(ROLLOUTS.c.id == rollout).values(**values))
    recorder.append_in(session, rollout, RolloutChanged(changes=changes, provenance=by))
    return get_rollout(session, rollout)


def promote_candidate(
    session: Session, recorder: Recorder, rollout: str, by: Provenance, *, reasons: Sequence[str] = (),
    figures: dict[str, Json] | None = None,
) -> Rollout:  # fmt: skip
    """Take the candidate of a shadow or canary live: a person's word, or the watch's under a plan that was signed.

    Raises:
        IllegalStep: it has ended, it is an A/B, or another version is live than it was compared with.
        Refused: a machine, and nobody signed that it may.
    """
    one = get_rollout(session, rollout)
    hold_agent(session, one.agent)
    one = _still_active(session, rollout)
    if one.mode == "ab":
        raise IllegalStep(
            "an A/B takes nothing live by itself", hint=f"Stop it, then: strop approve {short(one.candidate)}."
        )
    authority = _authority(session, one.agent, one.candidate) if by.actor == "machine" else None
    _end(session, recorder, one, "promoted", by, reasons or (by.reason,), figures)
    promote(
        session, recorder, one.candidate, by, authority=authority, seen_live=one.control,
        detail={"rollout": rollout, **({"figures": figures} if figures else {})},
    )  # fmt: skip
    return get_rollout(session, rollout)


def take_back(
    session: Session, recorder: Recorder, rollout: str, by: Provenance, *, reasons: Sequence[str] = (),
    figures: dict[str, Json] | None = None, harm: bool = False,
) -> Rollout:  # fmt: skip
    """End a rollout without promotion. The candidate of a shadow or canary is rolled back: its conversations go on
    with what is live from their next turn. An A/B is stopped: its conversations stay, unless there was harm.

    Raises:
        IllegalStep: it has ended.
    """
    one = get_rollout(session, rollout)
    hold_agent(session, one.agent)
    one = _still_active(session, rollout)
    outcome = "rolled_back" if harm or one.mode != "ab" else "stopped"
    _end(session, recorder, one, outcome, by, reasons or (by.reason,), figures)
    if one.mode != "ab" and get_bundle(session, one.candidate).state == one.mode:
        detail: dict[str, Json] = {"rollout": rollout, "reasons": list(reasons or (by.reason,))}
        move(session, recorder, one.candidate, "rolled_back", by, act="rollout", detail=detail)
    return get_rollout(session, rollout)


def _end(
    session: Session, recorder: Recorder, one: Rollout, outcome: Any, by: Provenance, reasons: Sequence[str],
    figures: dict[str, Json] | None,
) -> None:  # fmt: skip
    values = {"active": None, "outcome": outcome, "ended_at": recorder.now()}
    ended = sa.update(ROLLOUTS).where(ROLLOUTS.c.id == one.id, ROLLOUTS.c.active.is_not(None)).values(**values)
    if session.execute(ended.returning(ROLLOUTS.c.id)).first() is None:
        raise _ended(get_rollout(session, one.id))
    event = RolloutEnded(outcome=outcome, reasons=list(reasons), figures=figures or {}, provenance=by)
    recorder.append_in(session, one.id, event)


def _still_active(session: Session, rollout: str) -> Rollout:
    one = get_rollout(session, rollout)
    if not one.active:
        raise _ended(one)
    return one


def _ended(one: Rollout) -> IllegalStep:
    word = {"rolled_back": "was rolled back", "promoted": "went live", "stopped": "was stopped"}
    when = "" if one.ended_at is None else f" at {one.ended_at:%Y-%m-%d %H:%M:%S} UTC"
    return IllegalStep(
        f"rollout {one.id} has ended: {short(one.candidate)} {word.get(str(one.outcome), 'ended')}{when}",
        hint=f"strop rollout show {one.id} says why.",
    )
