"""What waits for a person, whatever it is, in one list; and what a person wants to know before deciding on a call.

Prevents: a number on the screen that counts other things than the list behind it, and a decision made blind.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from agents.approvals import Approval, list_undecided
from agents.prompts.store import list_bundles
from agents.questions import list_unanswered
from agents.service.facts import sendable
from agents.service.wire import ApprovalContext, EarlierCall, WaitingView
from agents.waiting import list_waiting
from traces.events import UNASKED, ModelReplied, OutcomeDecided, RunStarted, RunWaited, ToolCalled
from traces.search import called_tool
from traces.store import StoredEvent, list_runs, read_events, read_streams
from traces.summary import RunSummary
from traces.tables import RUNS, Where

_OUTCOMES: Final = ("run_waited", "outcome_decided", "tool_called")


def waiting_list(session: Session, *, where: Where = ()) -> list[WaitingView]:
    """All that waits for a person, oldest first: of these runs, and the proposals of every agent."""
    runs = list_waiting(session, where=where)
    found = [*_calls(session, runs), *_questions(session, runs), *_outcomes(session, runs), *_proposals(session)]
    return sorted(found, key=lambda one: (one.since, one.id))


def _calls(session: Session, runs: Sequence[RunSummary]) -> Iterable[WaitingView]:
    agents = {run.id: run.agent for run in runs}
    for one in list_undecided(session, agents):
        request = one.held.request
        yield WaitingView(
            kind="call", id=one.id, agent=agents[one.run_id], since=one.asked_at,
            expires_at=request.expires_at, told=_call(request.server, request.tool, request.arguments),
            run_id=one.run_id, digest=request.digest,
        )  # fmt: skip


def _questions(session: Session, runs: Sequence[RunSummary]) -> Iterable[WaitingView]:
    agents = {run.id: run.agent for run in runs}
    for one in list_unanswered(session, agents):
        question = one.inquiry.question
        yield WaitingView(
            kind="question", id=one.id, agent=agents[one.run_id], since=one.asked_at,
            expires_at=question.expires_at, run_id=one.run_id,
            told=f"{question.server}.{question.tool} asks: {sendable(question.message)}",
        )  # fmt: skip


def _outcomes(session: Session, runs: Sequence[RunSummary]) -> Iterable[WaitingView]:
    found = read_streams(session, [run.id for run in runs], _OUTCOMES)
    for run in runs:
        waited, calls = _unknown(found[run.id])
        if waited is not None and calls:
            yield WaitingView(
                kind="outcome", id=run.id, agent=run.agent, since=waited.at, told="; ".join(calls), run_id=run.id
            )


def _unknown(facts: Sequence[StoredEvent]) -> tuple[StoredEvent | None, list[str]]:
    """The fact by which the run came to wait for outcomes, and the calls that nobody has said anything about."""
    waited = next((fact for fact in reversed(facts) if isinstance(fact.event, RunWaited)), None)
    if waited is None or not isinstance(waited.event, RunWaited) or waited.event.reason != "outcome_unknown":
        return None, []
    said = {fact.op for fact in facts if isinstance(fact.event, OutcomeDecided) and fact.seq > waited.seq}
    sent = {fact.op: fact.event for fact in facts if isinstance(fact.event, ToolCalled)}
    left = [op for op in waited.event.ops if op not in said]
    return waited, [_call(sent[op].server, sent[op].tool, sent[op].arguments) if op in sent else op for op in left]


def _proposals(session: Session) -> Iterable[WaitingView]:
    for stored in list_bundles(session, state="proposed"):
        yield WaitingView(
            kind="proposal", id=stored.digest, agent=stored.bundle.agent, since=stored.created_at,
            told=stored.note or f"by {stored.author}",
        )  # fmt: skip


def _call(server: str, tool: str, arguments: Any) -> str:
    return f"{server}.{tool} {json.dumps(sendable(arguments), ensure_ascii=False)}"


def approval_context(session: Session, one: Approval, *, earlier: int = 50) -> ApprovalContext:
    """What the run was asked, what the agent thought and said with the call, and the tool's earlier calls."""
    request = one.held.request
    facts = read_events(session, one.run_id, kinds=["run_started", "model_replied"])
    started = next((fact.event for fact in facts if isinstance(fact.event, RunStarted)), None)
    replies = [fact.event for fact in facts if isinstance(fact.event, ModelReplied) and fact.step == request.step]
    return ApprovalContext(
        input=sendable("" if started is None else started.input),
        before=sendable(_said(replies[-1].response)) if replies else "",
        earlier=_earlier(session, request.server, request.tool, earlier) if earlier else [],
    )


def _said(response: Any) -> str:
    parts = response.get("parts", []) if isinstance(response, dict) else []
    said = [part.get("content") for part in parts if part.get("part_kind") in {"thinking", "text"}]
    return "\n\n".join(text for text in said if isinstance(text, str) and text)


def _earlier(session: Session, server: str, tool: str, limit: int) -> list[EarlierCall]:
    """The tool's newest calls that were sent, trials left out: they went nowhere."""
    where = [called_tool(session, tool), RUNS.c.origin.not_in(UNASKED)]
    runs = [run.id for run in list_runs(session, where=where, limit=limit).items]
    facts = [fact for found in read_streams(session, runs, ["tool_called"]).values() for fact in found]
    return [
        EarlierCall(run_id=fact.stream, at=fact.at, arguments=sendable(fact.event.arguments))
        for fact in sorted(facts, key=lambda fact: fact.at, reverse=True)
        if isinstance(fact.event, ToolCalled)
        and (fact.event.server, fact.event.tool) == (server, tool)
        and isinstance(fact.event.arguments, dict)
    ][:limit]
