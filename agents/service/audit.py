"""The audit in words, and the answer to "why did this run say that": functions (session, …) -> shape."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from agents.access.caller import Caller
from agents.access.tokens import AUDIT
from agents.prompts.record import KINDS, Record, decisions_stream, fold, told
from agents.prompts.store import StoredBundle, find_bundles, get_bundle
from agents.service.facts import event_view
from agents.service.views import bundle_views, proposal_views, run_view
from agents.service.wire import BundleView
from agents.service.wire.audit import AuditDetail, AuditPage, AuditView, WhyView
from traces.audit import AUDITED, get_audited, list_audit
from traces.errors import NotFound
from traces.events import (
    ApprovalDecided,
    CallRefused,
    DecisionMade,
    DecisionRefused,
    DriftAccepted,
    ErasureDone,
    GovernanceChanged,
    GuardrailTripped,
    OutcomeDecided,
    ProposalSigned,
    QuestionAnswered,
    RequestRefused,
    RolloutChanged,
    RolloutEnded,
    RolloutStarted,
    RunStarted,
    TokenCreated,
    TokenRevoked,
)
from traces.ids import digest_text, short
from traces.provenance import Provenance
from traces.store import StoredEvent, get_run, list_conversation, match_run, read_events
from traces.summary import RunSummary

GENERATIONS = 100
"""Versions above that are told: a loop in a damaged table must end."""


def audit_page(
    session: Session, *, before: int | None = None, agent: str | None = None, kinds: Sequence[str] | None = None,
    limit: int = 100,
) -> AuditPage:  # fmt: skip
    """Decisions, refusals and keys given out, newest first."""
    streams = None if agent is None else [decisions_stream(agent)]
    found = list_audit(session, before=before, streams=streams, kinds=kinds, limit=limit)
    items = [audit_view(one) for one in found]
    return AuditPage(items=items, before=items[-1].id if len(items) == limit else None)


def audit_detail(session: Session, event_id: int) -> AuditDetail:
    """One row whole.

    Raises:
        NotFound: the id is none of the audit's.
    """
    stored = get_audited(session, event_id)
    if stored is None:
        raise NotFound("row of the audit", str(event_id), hint="`strop audit list` shows the rows there are.")
    event: Any = stored.event
    sheet = getattr(event, "sheet", "") or (event.detail.get("sheet", "") if hasattr(event, "detail") else "")
    return AuditDetail(
        row=audit_view(stored), data=event_view(stored).data, sheet=str(sheet),
        confirmed=bool(getattr(event, "confirmed", False)),
    )  # fmt: skip


def audit_view(stored: StoredEvent) -> AuditView:
    """One row."""
    event: Any = stored.event
    by: Provenance | None = getattr(event, "provenance", None)
    return AuditView(
        id=stored.id, at=stored.at, stream=stored.stream, seq=stored.seq, kind=stored.kind,
        who=getattr(event, "who", "") if by is None else by.by,
        actor="" if by is None else by.actor,
        role=getattr(event, "role", "") if by is None else by.role,
        agent=getattr(event, "agent", "") or "", bundle=getattr(event, "bundle", "") or "",
        run_id=stored.stream if stored.stream.startswith("run_") else "",
        what=_what(stored), why=(getattr(event, "why", "") or "") if by is None or not by.reason else by.reason,
    )  # fmt: skip


def _what(stored: StoredEvent) -> str:
    match stored.event:
        case DecisionMade() | ProposalSigned() | GovernanceChanged():
            return told(stored, when=False)
        case DecisionRefused() as event:
            about = f" on {short(event.bundle)}" if event.bundle else ""
            whose = f" of {event.agent}" if event.agent else ""
            return f"refused to {event.provenance.by}: {event.act}{about}{whose}: {event.why}"
        case RequestRefused() as event:
            who = event.who or "somebody without a token"
            times = f", {event.times} times" if event.times > 1 else ""
            return f"refused to {who}: {event.method} {event.route} ({event.status}){times}: {event.why}"
        case TokenCreated() as event:
            whose = ", ".join(event.agents) if event.agents else "all agents"
            return f"{event.provenance.by} gave {event.name} a token as {event.role} for {whose}"
        case TokenRevoked() as event:
            return f"{event.provenance.by} revoked the token of {event.name}"
        case RolloutStarted() as event:
            pair = f"{short(event.candidate)} against {short(event.control)}"
            return f"{event.provenance.by} started a {event.mode} of {event.agent}: {pair}"
        case RolloutChanged() as event:
            return f"{event.provenance.by} changed the rollout"
        case RolloutEnded() as event:
            return f"{event.provenance.by} ended the rollout: {event.outcome}: {'; '.join(event.reasons)}"
        case DriftAccepted() as event:
            return f"{event.provenance.by} accepted what {event.server} offers now for {short(event.bundle)}"
        case ApprovalDecided() as event:
            return f"{event.provenance.by}: {event.decision} the held call {event.op}"
        case OutcomeDecided() as event:
            return f"{event.provenance.by}: {event.decision} the call {event.op} of unknown outcome"
        case QuestionAnswered() as event:
            return f"{event.provenance.by}: {event.action} the question {event.op}"
        case CallRefused() as event:
            return f"a policy refused {event.server}.{event.tool}: {event.reason}"
        case GuardrailTripped() as event:
            return f"the guardrail {event.name} met the {event.where} ({event.check}): {event.then}"
        case ErasureDone() as event:
            return f"{event.provenance.by} erased {event.events} facts of {event.runs} runs ({event.because})"
        case _:
            return stored.kind.replace("_", " ")


def seen_rows(caller: Caller, page: AuditPage) -> AuditPage:
    """The rows that a caller sees: decisions about its agents."""
    if caller.agents is None:
        return page
    items = [one for one in page.items if one.agent in caller.agents and one.stream != AUDIT]
    return AuditPage(items=items, before=page.before)


# --- why a run said that -------------------------------------------------------------------------------------------


def why_view(session: Session, run_id: str) -> WhyView:
    """The version that a run ran on, how it came to it, what that stands on, and who decided so.

    Raises:
        NotFound: no such run, or its version is not in the store (`strop verify` says so too).
    """
    run = get_run(session, match_run(session, run_id))
    stored = get_bundle(session, run.bundle)
    (bundle,) = bundle_views(session, [stored])
    facts = [
        one
        for one in read_events(session, decisions_stream(run.agent), kinds=KINDS)
        if one.at <= run.started_at and getattr(one.event, "bundle", run.bundle) == run.bundle
    ]
    proposals = proposal_views(session, [stored])
    return WhyView(
        run=run_view(run), bundle=bundle, chosen=_chosen(session, run), reproducible=_reproducible(stored),
        parents=_parents(session, stored), evidence_digest=stored.evidence,
        evidence=proposals[0].evidence if proposals else {}, summary=proposals[0].summary if proposals else "",
        decisions=[audit_view(one) for one in facts if one.kind in AUDITED],
    )  # fmt: skip


def _chosen(session: Session, run: RunSummary) -> str:
    started = read_events(session, run.id, limit=1)[0].event
    assert isinstance(started, RunStarted)
    if run.origin in {"evaluation", "playground"}:
        return f"{'an evaluation' if run.origin == 'evaluation' else 'the playground'} asked for this version by name"
    turns = list_conversation(session, run.conversation_id) if started.parent_run_id is None else []
    earlier = [one for one in turns if one.agent == run.agent and one.started_at < run.started_at]
    before = [one for one in earlier if one.bundle == run.bundle]
    if before:
        return f"its conversation began with this version, in run {before[0].id}"
    decided = read_events(session, decisions_stream(run.agent), kinds=KINDS)
    record = fold(run.agent, [one for one in decided if one.at <= run.started_at])
    why = _why_now(record, run)
    if not earlier:
        return why
    left = earlier[-1].bundle
    return f"its conversation left {short(left)}, which was {record.of(left).state.replace('_', ' ')} by then; {why}"


def _why_now(record: Record, run: RunSummary) -> str:
    step = next((step for _, _, step in reversed(record.steps) if step.to_state == "live"), None)
    if record.live == run.bundle and step is not None:
        return f"it was live, by {step.provenance.by}: {step.provenance.reason}"
    state = record.of(run.bundle).state
    if state in {"shadow", "canary"}:
        return f"it was in its {state}, and this conversation was given to it"
    return f"another version was live ({short(record.live or '')}); this one was {state}, and was chosen by a setting"


def _reproducible(stored: StoredBundle) -> bool:
    return stored.bundle.digest == stored.digest == digest_text(stored.bundle.content)


def _parents(session: Session, stored: StoredBundle) -> list[BundleView]:
    """What it grew from, the nearest first; a merge has all its parents in it."""
    line: dict[str, StoredBundle] = {}
    edge = list(stored.parents)
    while edge and len(line) < GENERATIONS:
        known = find_bundles(session, edge)
        line |= {digest: known[digest] for digest in edge if digest in known}
        edge = list(dict.fromkeys(up for one in known.values() for up in one.parents if up not in line))
    return [
        one.model_copy(update={"content": {}, "readable": ""}) for one in bundle_views(session, list(line.values()))
    ]
