"""Versions that meet real conversations: how each stands, and a person's words on it."""

from fastapi import APIRouter

from agents.prompts.rollout_store import match_rollout
from agents.prompts.store import match_bundle
from agents.rollouts import alter_rollout, begin_rollout, end_rollout
from agents.service.deps import After, Limit, Name, Parts
from agents.service.facts import event_page
from agents.service.rollout_views import rollout_list, rollout_view
from agents.service.wire import ChangeRollout, EndRollout, EventPage, RolloutView, StartRollout

router = APIRouter(prefix="/v1/rollouts", tags=["rollouts"])


@router.get("")
def list_rollouts(parts: Parts, agent: str | None = None, limit: Limit = 50) -> list[RolloutView]:
    """Rollouts, newest first."""
    with parts.database.reading() as session:
        found = rollout_list(session, parts.findings, agent=agent, limit=limit)
    return [one for one in found if parts.caller.sees(one.agent)]


@router.post("", status_code=201)
def start(parts: Parts, request: StartRollout) -> RolloutView:
    """Let a version meet real conversations; one that is proposed is signed by the same act."""
    parts.workspace.agent(request.agent)
    parts.need_agent(request.agent, "POST /v1/rollouts")
    by = parts.person(request.by, request.reason)
    with parts.database.reading() as session:
        candidate = match_bundle(session, request.candidate)
        control = None if request.control is None else match_bundle(session, request.control)
    rollout = begin_rollout(
        parts.recorder, request.agent, candidate, request.mode, request.plan, by,
        rules=parts.workspace.governance.rules_for(request.agent), control=control, seen_live=request.live,
    )  # fmt: skip
    with parts.database.reading() as session:
        return rollout_view(session, rollout.id, parts.findings)


@router.get("/{rollout}")
def get(parts: Parts, rollout: Name) -> RolloutView:
    """One rollout: by its id, a part of it, or its agent (then the newest one)."""
    with parts.database.reading() as session:
        return rollout_view(session, rollout, parts.findings)


@router.get("/{rollout}/events")
def list_events(parts: Parts, rollout: Name, after: After = 0, limit: Limit = 200) -> EventPage:
    """The facts of one rollout, in order."""
    with parts.database.reading() as session:
        return event_page(session, match_rollout(session, rollout), after=after, limit=limit)


@router.post("/{rollout}/change")
def change(parts: Parts, rollout: Name, request: ChangeRollout) -> RolloutView:
    """Give the candidate more or fewer conversations from now on."""
    with parts.database.reading() as session:
        full = match_rollout(session, rollout)
    by = parts.person(request.by, request.reason)
    alter_rollout(parts.recorder, full, by, share=request.share, exposure=request.exposure)
    with parts.database.reading() as session:
        return rollout_view(session, full, parts.findings)


@router.post("/{rollout}/decision")
def decide(parts: Parts, rollout: Name, request: EndRollout) -> RolloutView:
    """Take the candidate live, or take it back."""
    if request.decision == "promote":
        parts.need("decide", "POST /v1/rollouts/{rollout}/decision", "only who may approve takes a version live")
    with parts.database.reading() as session:
        full = match_rollout(session, rollout)
    end_rollout(parts.recorder, full, request.decision, parts.person(request.by, request.reason))
    with parts.database.reading() as session:
        return rollout_view(session, full, parts.findings)
