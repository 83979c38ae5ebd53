"""From the ledger and the registry to the shapes on the wire: functions (session, …) -> shape.

The service and the commands' `--json` both speak through here, so that both say the same. What a list shows of many
things is read in a fixed number of queries, however long the list is.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.approvals import Approval
from agents.config import Workspace
from agents.definitions import Definition
from agents.errors import UsageError
from agents.prompts.bundle import Bundle, diff_words, readable
from agents.prompts.governance import DEFAULT
from agents.prompts.record import KINDS, Record, Signature, decisions_stream, fold
from agents.prompts.store import (
    Live,
    StoredBundle,
    find_bundles,
    get_bundle,
    list_bundles,
    list_live,
    match_bundle,
)
from agents.questions import Asked
from agents.selection import own_bundle
from agents.service.facts import event_page, sendable
from agents.service.wire import (
    AgentView,
    ApprovalView,
    BundleView,
    DiffLineView,
    EventView,
    FiguresView,
    FlipView,
    NightView,
    ProposalView,
    QuestionView,
    RunDetail,
    RunPage,
    RunView,
    SignatureView,
    StatsView,
)
from traces.bodies import find_blobs
from traces.errors import NotFound
from traces.events import DecisionMade, EvidenceWritten, NightEnded, NightStarted, RunFinished, StageReached
from traces.filters import conditions
from traces.ids import short
from traces.stats import By, aggregate, newest_since
from traces.store import (
    StoredEvent,
    count_events,
    count_runs_of_bundles,
    get_run,
    last_seqs,
    list_children,
    list_runs,
    list_streams,
    match_run,
    read_events,
    read_spans,
    read_streams,
)
from traces.summary import RunSummary
from traces.tables import RUNS

_NIGHT_KINDS: Final = ("night_started", "stage_reached", "night_ended")

# --- runs --------------------------------------------------------------------------------------------------------


def run_view(run: RunSummary) -> RunView:
    """One row of the runs list."""
    return RunView(seconds=run.seconds, **vars(run))


def run_page(
    session: Session,
    query: str = "",
    *,
    after: str | None = None,
    before: str | None = None,
    at: datetime | None = None,
    oldest: bool = False,
    limit: int = 50,
    within: Sequence[sa.ColumnElement[bool]] = (),
) -> RunPage:
    """Runs that a query of the filter language means, newest first; `at`: those that had begun by then.

    `within` are conditions over the runs table that hold beside the query.

    Raises:
        FilterError: with the position of the mistake.
    """
    where = [*conditions(query, session=session), *within]
    if at is not None:
        where.append(RUNS.c.started_at <= at)
    page = list_runs(session, where=where, after=after, before=before, oldest=oldest, limit=limit)
    items = [run_view(run) for run in page.items]
    newer = items[0].id if at is not None and items else page.before
    return RunPage(items=items, after=page.after, before=newer)


def stats_view(
    session: Session,
    query: str,
    by: By,
    *,
    limit: int = 100,
    within: Sequence[sa.ColumnElement[bool]] = (),
    whole: bool = False,
) -> StatsView:
    """Figures over the runs that a query means, and that `within` holds for: the newest MOST_RUNS, or the whole.

    Raises:
        FilterError: with the position of the mistake.
    """
    where = [*conditions(query, session=session), *within]
    since = None if whole else newest_since(session, where)
    if since is not None:
        where.append(RUNS.c.started_at >= since)
    found = aggregate(session, by=by, where=where, limit=limit)
    return StatsView(by=by, query=query, since=since, groups=[FiguresView(**vars(figures)) for figures in found])


def run_detail(session: Session, run_id: str) -> RunDetail:
    """One run with its whole answer and the runs it delegated to. `run_id` may be a part of an id."""
    run = get_run(session, match_run(session, run_id))
    return RunDetail(
        run=run_view(run),
        answer=_answer(session, run),
        children=[run_view(child) for child in list_children(session, run.id)],
    )


def answered_detail(session: Session, run: RunSummary, output: Any) -> RunDetail:
    """The same of a run that has just given its answer here: neither is looked up again."""
    children = [run_view(child) for child in list_children(session, run.id)]
    return RunDetail(run=run_view(run), answer=sendable(output), children=children)


def _answer(session: Session, run: RunSummary) -> Any:
    if run.status != "finished":
        return None
    finished = read_events(session, run.id, kinds=["run_finished"])[-1].event
    return sendable(finished.output) if isinstance(finished, RunFinished) else None


def approval_view(session: Session, one: Approval) -> ApprovalView:
    """A call that was held back, and what was said about it."""
    run, request, decision = get_run(session, one.run_id), one.held.request, one.held.decision
    return ApprovalView(
        id=one.id, run_id=run.id, agent=run.agent, conversation_id=run.conversation_id, state=one.state,
        tool=request.tool, server=request.server, arguments=sendable(request.arguments), digest=request.digest,
        reason=request.reason, asked_at=one.asked_at, expires_at=request.expires_at, decided_at=one.decided_at,
        sent=None if decision is None else sendable(decision.arguments),
        by="" if decision is None else decision.provenance.by,
        said="" if decision is None else decision.provenance.reason,
    )  # fmt: skip


def question_view(session: Session, one: Asked) -> QuestionView:
    """A question of a tool server, and what was said to it."""
    run, question, answer = get_run(session, one.run_id), one.inquiry.question, one.inquiry.answer
    return QuestionView(
        id=one.id, run_id=run.id, agent=run.agent, conversation_id=run.conversation_id, state=one.state,
        tool=question.tool, server=question.server, message=sendable(question.message),
        form=sendable(question.form), url=sendable(question.url),
        asked_at=one.asked_at, expires_at=question.expires_at,
        content=None if answer is None else sendable(answer.content),
        by="" if answer is None else answer.provenance.by,
        said="" if answer is None else answer.provenance.reason,
    )  # fmt: skip


# --- facts -------------------------------------------------------------------------------------------------------


def span_views(session: Session, run_id: str) -> list[dict[str, Any]]:
    """The spans of a run that came over OpenTelemetry, as they were sent; else none."""
    return [sendable(span) for span in read_spans(session, run_id)]


def decision_views(session: Session, agent: str) -> list[EventView]:
    """The agent's decisions, oldest first."""
    return event_page(session, decisions_stream(agent)).items


# --- agents and their versions -----------------------------------------------------------------------------------


def agent_views(session: Session, workspace: Workspace) -> list[AgentView]:
    """The agents of the workspace by name, each with what serves it."""
    pointers = list_live(session)
    bundles = find_bundles(session, [live.digest for live in pointers.values()])
    heads = last_seqs(session, [decisions_stream(name) for name in workspace.agents], KINDS)
    waiting = Counter(stored.bundle.agent for stored in list_bundles(session, state="proposed"))
    views = []
    for name, definition in sorted(workspace.agents.items()):
        live = pointers.get(name)
        stored = None if live is None else bundles.get(live.digest)
        head = heads.get(decisions_stream(name), 0)
        views.append(_agent_view(workspace, definition, live, stored, waiting[name], head))
    return views


def _agent_view(
    workspace: Workspace, definition: Definition, live: Live | None, stored: StoredBundle | None, proposals: int,
    head: int,
) -> AgentView:  # fmt: skip
    own = own_bundle(workspace, definition)
    bundle = own if stored is None else stored.bundle
    return AgentView(
        name=definition.name,
        description=definition.description,
        model=workspace.forced_model or bundle.model,
        live=own.digest if live is None else live.digest,
        live_source="definition" if live is None or live.digest == live.source else "decision",
        definition_changed=live is not None and own.digest not in {live.source, bundle.as_written.digest},
        tools=list(_tools(bundle)),
        delegates=[delegate.agent for delegate in bundle.delegates],
        proposals=proposals,
        head=head,
    )


def _tools(bundle: Bundle) -> Iterable[str]:
    """Names as `server.tool`; `server.*` where the agent may touch all the server offers."""
    for access in bundle.tools:
        yield from (f"{access.server}.{tool}" for tool in (("*",) if access.allow is None else access.allow))


def bundle_view(session: Session, digest: str) -> BundleView:
    """One version. `digest` may be its first characters."""
    return bundle_views(session, [get_bundle(session, match_bundle(session, digest))])[0]


def bundle_list(session: Session, *, agent: str | None = None, limit: int = 200) -> list[BundleView]:
    """Versions, newest first."""
    return bundle_views(session, list_bundles(session, agent=agent, limit=limit), pins=False)


def bundle_views(session: Session, stored: Sequence[StoredBundle], *, pins: bool = True) -> list[BundleView]:
    """These versions, in the order given; without `pins` the schemas of their tools are left out."""
    if not pins:
        stored = [replace(one, bundle=one.bundle.model_copy(update={"pins": {}})) for one in stored]
    runs = count_runs_of_bundles(session, [one.digest for one in stored])
    live = {pointer.digest for pointer in list_live(session).values()}
    return [
        BundleView(
            digest=one.digest,
            agent=one.bundle.agent,
            state=one.state,
            live=one.digest in live,
            parent=one.parent,
            parents=list(one.parents),
            author=one.author,
            author_kind=one.author_kind,
            note=one.note,
            created_at=one.created_at,
            runs=runs.get(one.digest, 0),
            content=sendable(one.bundle.model_dump(mode="json")),
            readable=readable(one.bundle),
        )
        for one in stored
    ]


def bundle_diff(session: Session, digest: str, against: str | None = None) -> list[DiffLineView]:
    """Word diff of a version against another (by default its parent); one without a parent is new in every line."""
    new = get_bundle(session, match_bundle(session, digest))
    if against is None and new.parent is None:
        return [DiffLineView(runs=[("added", line)]) for line in readable(new.bundle).splitlines()]
    old = get_bundle(session, match_bundle(session, against or str(new.parent)))
    if old.bundle.agent != new.bundle.agent:
        raise UsageError(
            f"{short(old.digest)} is a version of {old.bundle.agent!r}, not of {new.bundle.agent!r}",
            hint="Compare versions of one agent.",
        )
    return [DiffLineView(runs=list(line.runs)) for line in diff_words(old.bundle, new.bundle)]


# --- proposals ---------------------------------------------------------------------------------------------------


def proposal_list(session: Session, *, agent: str | None = None) -> list[ProposalView]:
    """What waits for a person's decision, newest first."""
    return proposal_views(session, list_bundles(session, agent=agent, state="proposed"))


def proposal_view(session: Session, digest: str) -> ProposalView:
    """One proposal, decided or not. `digest` may be its first characters.

    Raises:
        NotFound: no such bundle, or it was never proposed.
    """
    stored = get_bundle(session, match_bundle(session, digest))
    views = proposal_views(session, [stored])
    if not views:
        hint = f"That version is {stored.state}; it was never proposed."
        written = stored.bundle.as_written.digest
        waiting = list_bundles(session, agent=stored.bundle.agent, state="proposed")
        proven = [one for one in waiting if one.bundle.as_written.digest == written]
        if proven:
            hint = (
                f"{short(proven[0].digest)} is proposed: the same, with the tools inside it that it was proven with."
            )
        raise NotFound("proposal", short(stored.digest), hint=hint)
    return views[0]


def proposal_views(session: Session, stored: Sequence[StoredBundle]) -> list[ProposalView]:
    """These versions with what was shown when they were proposed; those that never were are left out."""
    records = _records(session, (one.bundle.agent for one in stored))
    proposed = _proposed(records.values())
    shown = [one for one in stored if one.digest in proposed]
    live = list_live(session)
    evidence = _evidence(session, shown, proposed)
    return [
        _proposal_view(
            one,
            view,
            proposed[one.digest],
            evidence.get(one.digest, {}),
            live.get(one.bundle.agent),
            records[one.bundle.agent],
        )
        for one, view in zip(shown, bundle_views(session, shown), strict=True)
    ]


def _records(session: Session, agents: Iterable[str]) -> dict[str, Record]:
    """The decisions about these agents, folded."""
    names = sorted(set(agents))
    streams = read_streams(session, [decisions_stream(agent) for agent in names], KINDS)
    return {agent: fold(agent, streams[decisions_stream(agent)]) for agent in names}


def _proposed(records: Iterable[Record]) -> dict[str, DecisionMade]:
    """The newest step to `proposed` of each bundle that was ever proposed."""
    steps = (step for record in records for _, _, step in record.steps)
    return {step.bundle: step for step in steps if step.to_state == "proposed"}


def _proposal_view(
    stored: StoredBundle, bundle: BundleView, step: DecisionMade, evidence: dict[str, Any], live: Live | None,
    record: Record,
) -> ProposalView:  # fmt: skip
    incumbent = str(step.detail.get("incumbent") or stored.parent or "")
    return ProposalView(
        bundle=bundle,
        incumbent=incumbent,
        stale=stored.state == "proposed" and (live is None or live.digest != incumbent),
        verdict=str(evidence.get("verdict", "")),
        evidence_digest=stored.evidence,
        evidence=evidence,
        summary=str(step.detail.get("summary", "")),
        got_better=_flips(step.detail.get("got_better")),
        got_worse=_flips(step.detail.get("got_worse")),
        head=record.head,
        signatures=[_signature_view(one) for one in record.of(stored.digest).signatures],
        approvals=(record.rules or DEFAULT).approvals,
    )


def _signature_view(one: Signature) -> SignatureView:
    return SignatureView(by=one.by.by, role=one.by.role, reason=one.by.reason, at=one.at)


def _evidence(
    session: Session, stored: Sequence[StoredBundle], steps: dict[str, DecisionMade]
) -> dict[str, dict[str, Any]]:
    """The whole evidence of each, by its bundle: a body by its digest, or else in the ledger of its night."""
    texts = find_blobs(session, [one.evidence for one in stored if one.evidence is not None])
    found = {one.digest: json.loads(texts[one.evidence]) for one in stored if one.evidence in texts}
    nights = {str(steps[one.digest].detail.get("night") or "") for one in stored if one.digest not in found} - {""}
    written = read_streams(session, nights, ["evidence_written"])
    for event in (fact.event for facts in written.values() for fact in facts):
        if isinstance(event, EvidenceWritten) and event.bundle not in found:
            found[event.bundle] = event.evidence
    return found


def _flips(flips: Any) -> list[FlipView]:
    return [FlipView.model_validate(sendable(flip)) for flip in flips or []]


# --- nights ------------------------------------------------------------------------------------------------------


def night_list(session: Session, *, agent: str | None = None, limit: int = 50) -> list[NightView]:
    """Nights of the optimizer, newest first."""
    streams = list_streams(session, "night_", limit=1000)
    if agent is not None:
        begun = read_streams(session, streams, ["night_started"])
        streams = [stream for stream, facts in begun.items() if _agent_of(facts) == agent]
    nights = read_streams(session, streams[:limit], _NIGHT_KINDS)
    rollouts = count_events(session, nights, "rollout_scored")
    return [_night_view(stream, facts, rollouts.get(stream, 0)) for stream, facts in nights.items() if facts]


def _agent_of(facts: Sequence[StoredEvent]) -> str | None:
    started = facts[0].event if facts else None
    return started.agent if isinstance(started, NightStarted) else None


def _night_view(stream: str, facts: Sequence[StoredEvent], rollouts: int) -> NightView:
    started = facts[0].event
    assert isinstance(started, NightStarted)
    stage = next((one.event for one in reversed(facts) if isinstance(one.event, StageReached)), None)
    last = facts[-1]
    ended = last.event if isinstance(last.event, NightEnded) else None
    return NightView(
        id=stream,
        agent=started.agent,
        incumbent=started.incumbent,
        started_at=facts[0].at,
        because=started.because,
        ended_at=None if ended is None else last.at,
        stage="" if stage is None else stage.stage,
        message="" if stage is None else stage.message,
        verdict=None if ended is None else ended.verdict,
        proposal=None if ended is None else ended.proposal,
        reasons=[] if ended is None else ended.reasons,
        rollouts=rollouts,
    )
