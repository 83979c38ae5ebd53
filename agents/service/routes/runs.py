"""Runs: ask an agent, look at what it did, judge it, stop it, let it go on."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from agents.errors import UsageError
from agents.runtime import Answer
from agents.service.audit import why_view
from agents.service.control import cancel_run, decide_outcome, resume_run, start_run
from agents.service.deps import After, IdempotencyKey, LastEventId, Limit, Moment, Name, Parts, Service
from agents.service.facts import event_page
from agents.service.sight import runs_seen
from agents.service.stream import EVENT_STREAM, NO_BUFFER, follow
from agents.service.views import answered_detail, run_detail, run_page, run_view, span_views
from agents.service.wire import (
    DecideOutcome,
    EventPage,
    GiveFeedback,
    PieceView,
    RunDetail,
    RunPage,
    RunView,
    StartRun,
    WithdrawFeedback,
)
from agents.service.wire.audit import WhyView
from traces.edits import Edit
from traces.errors import NotFound
from traces.feedback import Judgement, give_feedback
from traces.pieces import MOST, names_body, read_piece
from traces.store import get_run, match_run
from traces.withdrawals import withdraw_feedback

router = APIRouter(prefix="/v1/runs", tags=["runs"])
Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("")
def list_runs(
    parts: Parts,
    q: Annotated[str, Query(max_length=2000)] = "",
    after: Cursor = None,
    before: Cursor = None,
    at: Moment | None = None,
    oldest: bool = False,
    limit: Limit = 50,
) -> RunPage:
    """Runs that a query of the filter language means, newest first; from one place on, or up to one."""
    if sum(one not in (None, False) for one in (after, before, at, oldest)) > 1:
        raise UsageError("after, before, at and oldest exclude each other", hint="Send one of them.")
    with parts.database.reading() as session:
        return run_page(
            session, q, after=after, before=before, at=at, oldest=oldest, limit=limit, within=runs_seen(parts.caller)
        )


@router.post(
    "",
    response_model=RunDetail,
    responses={202: {"model": RunDetail}, 200: {"content": {EVENT_STREAM: {}}}},
)
async def start(
    parts: Parts, request: StartRun, response: Response, key: IdempotencyKey = None
) -> RunDetail | StreamingResponse:
    """Ask an agent something. The run is on record when this answers; with `wait` or `stream`, until its end."""
    await asyncio.to_thread(parts.need_agent, request.agent, "POST /v1/runs")
    run_id = await start_run(parts, request, key)
    if request.stream:
        body = follow(parts.bell, parts.work, parts.database, run_id, after=0)
        return StreamingResponse(
            body, media_type=EVENT_STREAM, headers={**NO_BUFFER, "Location": f"/v1/runs/{run_id}/stream"}
        )
    return await _answer(parts, run_id, response, wait=request.wait)


@router.get("/{run}")
def get(parts: Parts, run: Name) -> RunDetail:
    """One run, by its id, the start of it or its last characters."""
    with parts.database.reading() as session:
        return run_detail(session, run)


@router.get("/{run}/events")
def list_events(parts: Parts, run: Name, after: After = 0, limit: Limit = 1000) -> EventPage:
    """The run's facts from seq `after` + 1 on, in order."""
    with parts.database.reading() as session:
        return event_page(session, match_run(session, run), after=after, limit=limit)


@router.get("/{run}/bodies/{digest}")
def get_body(
    parts: Parts,
    run: Name,
    digest: Annotated[str, Path(pattern=r"^sha256:[0-9a-f]{64}$")],
    offset: After = 0,
    limit: Annotated[int, Query(ge=4, le=MOST)] = MOST,
) -> PieceView:
    """A part of a body that a fact of the run names: so many bytes of its JSON text from an offset on."""
    with parts.database.reading() as session:
        if not names_body(session, match_run(session, run), digest):
            raise NotFound("body", digest, hint="`cut` of the run's facts names its large bodies.")
        return PieceView(**vars(read_piece(session, digest, offset=offset, limit=limit)))


@router.get("/{run}/why")
def get_why(parts: Parts, run: Name) -> WhyView:
    """Why the run said what it said: the version it ran on, what that stands on, and who decided so."""
    with parts.database.reading() as session:
        return why_view(session, run)


@router.get("/{run}/spans")
def list_spans(parts: Parts, run: Name) -> list[dict[str, Any]]:
    """The spans of a run that came over OpenTelemetry, as they were sent, in the order they began."""
    with parts.database.reading() as session:
        return span_views(session, match_run(session, run))


@router.get("/{run}/stream", response_class=StreamingResponse)
async def follow_run(
    parts: Parts, run: Name, after: After = 0, last_event_id: LastEventId = None
) -> StreamingResponse:
    """The run's facts after an id over all streams, and its replies as they are written; ends when the run has."""
    run_id = await asyncio.to_thread(_full_id, parts, run)
    start = after if last_event_id is None else last_event_id
    body = follow(parts.bell, parts.work, parts.database, run_id, after=start)
    return StreamingResponse(body, media_type=EVENT_STREAM, headers=NO_BUFFER)


@router.post("/{run}/feedback")
def judge(parts: Parts, run: Name, given: GiveFeedback) -> RunView:
    """Judge the run or one of its operations."""
    run_id = _full_id(parts, run)
    said = given.model_dump(exclude={"by", "edits"})
    said["edits"] = tuple(Edit(path=one.path, said=one.said, right=one.right) for one in given.edits)
    if given.tier == "reviewer":
        parts.need("operate", "POST /v1/runs/{run}/feedback", "a program says tier: customer or program")
    by = given.by.strip() or parts.caller.name
    actor = "machine" if given.tier == "program" else "person"
    give_feedback(parts.recorder, run_id, Judgement(by=by, actor=actor, **said))  # type: ignore[arg-type]
    with parts.database.reading() as session:
        return run_view(get_run(session, run_id))


@router.post("/{run}/feedback/withdraw")
def withdraw(parts: Parts, run: Name, said: WithdrawFeedback) -> RunView:
    """Take one's own judgement back, or as admin anybody's. It stays on record and counts no more."""
    run_id = _full_id(parts, run)
    by, others = parts.person(said.by, said.reason), parts.caller.may("administer")
    withdraw_feedback(parts.recorder, run_id, said.feedback_id, by, others=others)
    with parts.database.reading() as session:
        return run_view(get_run(session, run_id))


@router.post("/{run}/cancel")
async def cancel(parts: Parts, run: Name) -> RunView:
    """Stop the run; one that has ended stays as it is."""
    run_id = await asyncio.to_thread(_full_id, parts, run)
    return run_view(await cancel_run(parts, run_id))


@router.post("/{run}/resume", responses={202: {"model": RunDetail}})
async def resume(parts: Parts, run: Name, response: Response, wait: bool = False) -> RunDetail:
    """Let a stopped run go on from where its ledger stands; no recorded reply is asked for again."""
    run_id = await asyncio.to_thread(_full_id, parts, run)
    await resume_run(parts, run_id)
    return await _answer(parts, run_id, response, wait=wait)


@router.post("/{run}/outcome", responses={202: {"model": RunDetail}})
async def decide(
    parts: Parts, run: Name, decision: DecideOutcome, response: Response, wait: bool = False
) -> RunDetail:
    """Say what became of a call whose outcome is unknown; after the last of them the run goes on."""
    run_id = await asyncio.to_thread(_full_id, parts, run)
    await decide_outcome(parts, run_id, decision)
    return await _answer(parts, run_id, response, wait=wait)


async def _answer(parts: Service, run_id: str, response: Response, *, wait: bool) -> RunDetail:
    """The run as it stands, at its end where that is waited for; 202 while it is being worked on."""
    answer = await parts.work.wait(run_id) if wait and run_id in parts.work.running else None
    detail = await asyncio.to_thread(_detail, parts, run_id, answer)
    response.status_code = 202 if detail.run.status == "running" else 200
    return detail


def _detail(parts: Service, run_id: str, answer: Answer | None) -> RunDetail:
    with parts.database.reading() as session:
        if answer is not None:
            return answered_detail(session, answer.run, answer.output)
        return run_detail(session, run_id)


def _full_id(parts: Service, run: str) -> str:
    with parts.database.reading() as session:
        return match_run(session, run)
