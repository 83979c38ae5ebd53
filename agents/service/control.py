"""What the service does to runs: accept one once, let one go on, stop one, take a person's word on a lost call.

Each act checks first, on this process's and the ledger's knowledge, so that what cannot be done is refused with its
reason instead of being accepted and then failing where nobody looks.
"""

import asyncio
import hashlib
from datetime import UTC, datetime

from agents import outcomes
from agents.approvals import Approval, approval_needed, decide_approval
from agents.errors import IllegalStep, RunOwned, StropError, UsageError
from agents.journal import unknown_outcome
from agents.questions import answer_needed, answer_question
from agents.recording import Recording, recording_of
from agents.service.deps import Service
from agents.service.wire import AnswerQuestion, DecideApproval, DecideOutcome, StartRun
from agents.starting import Start
from traces.events import OutcomeDecided, RunStarted
from traces.feedback import check_json
from traces.leases import list_held
from traces.store import find_run, get_run, get_whole_run, list_children, read_events
from traces.summary import ENDED, RunSummary

LABEL = "idempotency_key"


class NoRoom(StropError):
    """The process takes no more runs just now."""

    status = 429


class Leaving(StropError):
    """The process takes no more runs at all."""

    status = 503


def _leaving() -> Leaving:
    return Leaving("the service is stopping", hint="Ask again in a moment: the next process takes it.")


def check_room(parts: Service) -> None:
    """Pass while the service takes runs.

    Raises:
        NoRoom, Leaving: it does not.
    """
    if parts.work.stopping:
        raise _leaving()
    if parts.work.full:
        raise NoRoom(
            "this service has as many runs as it takes at once",
            hint="Ask again after Retry-After seconds. `runs_at_once` and `runs_queued` in strop.toml bound them; "
            "`strop worker` on a shared PostgreSQL adds workers.",
        )


async def start_run(parts: Service, request: StartRun, key: str | None) -> str:
    """Accept a run and begin to work on it; gives its id. The same key gives the same run.

    Raises:
        UsageError: the key was used for another request.
        UnknownAgent: there is no such agent.
        NoRoom, Leaving: it takes no runs just now.
    """
    check_room(parts)
    ask = Start(request.agent, request.input, request.conversation_id, metadata=None if key is None else {LABEL: key})
    if key is None:
        run_id = await asyncio.to_thread(parts.runtime.start, ask, hold=parts.work.has_slot)
    else:
        run_id, ended = await asyncio.to_thread(_start_once, parts, ask, key)
        if ended:
            return run_id
    parts.work.begin(run_id)  # twice is once, so it matters not which of two equal requests comes here first
    return run_id


def _start_once(parts: Service, ask: Start, key: str) -> tuple[str, bool]:
    """(run id, whether it was there already and has ended)."""
    run_id = f"run_{hashlib.sha256(key.encode()).hexdigest()[:26]}"
    if not _same_request(parts, run_id, ask):
        try:
            return parts.runtime.start(ask, run_id=run_id, hold=parts.work.has_slot), False
        except Exception:
            # Two requests with one key in one moment: the second finds the first one's run.
            if not _same_request(parts, run_id, ask):
                raise
    with parts.database.reading() as session:
        return run_id, get_run(session, run_id).status in ENDED


def _same_request(parts: Service, run_id: str, ask: Start) -> bool:
    with parts.database.reading() as session:
        if find_run(session, run_id) is None:
            return False
        started = read_events(session, run_id, limit=1)[0].event
    assert isinstance(started, RunStarted)
    same_place = ask.conversation_id in (None, started.conversation_id)
    if (started.agent, started.input) != (ask.agent, ask.input) or not same_place:
        raise UsageError("this Idempotency-Key was used for another request", hint="Use a new key for a new request.")
    return True


async def resume_run(parts: Service, run_id: str) -> None:
    """Let a run go on; one that has given its answer stays as it is.

    Raises:
        IllegalStep: it was cancelled.
        OutcomeUnknown: a person must say first what became of a call.
        ApprovalNeeded: a person must allow a call first.
        AnswerNeeded: a person must answer a tool server's question first.
        RunOwned: another worker is on it.
    """
    run = await asyncio.to_thread(_not_elsewhere, parts, run_id)
    if run.status == "finished" or run_id in parts.work.running:
        return
    if run.status == "cancelled":
        raise IllegalStep(f"run {run_id} was cancelled", hint="Start a new one.")
    recording = await asyncio.to_thread(_recording, parts, run_id)
    if recording.unknown:
        raise unknown_outcome(run_id, [operation.op for operation in recording.unknown])
    if recording.undecided:
        raise approval_needed(run_id, recording.undecided)
    if recording.unanswered:
        raise answer_needed(run_id, recording)
    await _begin(parts, run_id)


async def decide_outcome(parts: Service, run_id: str, decision: DecideOutcome) -> None:
    """Record a person's word on a call; when no other call is unknown, the run goes on.

    Raises:
        UsageError: that call waits for no decision.
    """
    check_json("result", decision.result)
    by = parts.person(decision.by, decision.reason)
    said = OutcomeDecided(op=decision.op, decision=decision.decision, result=decision.result, provenance=by)
    await asyncio.to_thread(_not_elsewhere, parts, run_id)
    await asyncio.to_thread(outcomes.decide_outcome, parts.recorder, run_id, said)
    if not (await asyncio.to_thread(_recording, parts, run_id)).unknown:
        await _go_on(parts, run_id)


async def decide_held(parts: Service, approval: str, said: DecideApproval) -> Approval:
    """Record a person's decision on a held call; after the last one the run goes on, here or on another worker.

    Raises:
        IllegalStep: it was decided before, has expired, or is not what the person saw.
    """
    by = parts.person(said.by, said.reason)
    one = await asyncio.to_thread(
        decide_approval, parts.recorder, approval, said.decision, by, shown=said.shown, arguments=said.arguments
    )
    await _go_on(parts, one.run_id)
    return one


async def answer_asked(parts: Service, question: str, given: AnswerQuestion) -> None:
    """Record a person's answer to a server's question; after the last one the run goes on, here or elsewhere.

    Raises:
        IllegalStep: it was answered before, or has expired.
        UsageError: the answer does not fit the form.
    """
    by = parts.person(given.by, given.reason)
    one = await asyncio.to_thread(answer_question, parts.recorder, question, given.action, by, content=given.content)
    await _go_on(parts, one.run_id)


async def _go_on(parts: Service, run_id: str) -> None:
    """Work on the run that a person asked for, where nothing below it waits any more."""
    root = await asyncio.to_thread(_root, parts, run_id)
    if root.status in {"running", "failed"} and not parts.work.stopping:
        await _begin(parts, root.id)


def _root(parts: Service, run_id: str) -> RunSummary:
    """The run that a person asked for, above this one."""
    with parts.database.reading() as session:
        run = get_run(session, run_id)
        while run.parent_run_id is not None:
            run = get_run(session, run.parent_run_id)
    return run


async def cancel_run(parts: Service, run_id: str) -> RunSummary:
    """Stop a run and what it delegated, whichever worker is on it; one that has ended stays as it is."""
    by = parts.person(reason="cancelled over HTTP")
    run = await parts.runtime.cancel(run_id, by)
    for child in await asyncio.to_thread(_open_children, parts, run_id):
        await cancel_run(parts, child)
    return run


async def _begin(parts: Service, run_id: str) -> None:
    if parts.work.stopping:
        raise _leaving()
    parts.work.begin(run_id)
    await asyncio.sleep(0)  # the task records at once that the run goes on, so the answer says so too


def _not_elsewhere(parts: Service, run_id: str) -> RunSummary:
    """The run, unless another living worker is on it."""
    with parts.database.reading() as session:
        run = get_whole_run(session, run_id)
        owner = list_held(session, datetime.now(UTC)).get(run_id)
    if owner not in (None, parts.runtime.worker):
        raise RunOwned(f"run {run_id} is being worked on by {owner}", hint="Ask there, or wait until it has ended.")
    return run


def _recording(parts: Service, run_id: str) -> Recording:
    with parts.database.reading() as session:
        return recording_of(stored.event for stored in read_events(session, run_id))


def _open_children(parts: Service, run_id: str) -> list[str]:
    with parts.database.reading() as session:
        return [child.id for child in list_children(session, run_id) if child.status not in ENDED]
