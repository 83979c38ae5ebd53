"""One agent gives work to another: to get an answer back (delegation), or to be done itself (hand-off).

The other agent's run has a ledger of its own below this one, shares this one's budgets, and how it ended is a fact of
this run too. Prevents: an answer that is asked for again after a crash, and a run below that nobody waits for.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic_ai import RunContext, ToolFailed

from agents.build import answer_text
from agents.errors import PersonNeeded, RunFailed, RunOwned, UsageError
from agents.journal import HandedOff, Journal, ReplayMiss, current_journal
from agents.prompts.bundle import Delegate
from traces.events import DelegationEnded, RunCancelled, RunDelegated, RunFinished
from traces.ids import digest_json, short
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import get_run, list_children, read_events
from traces.summary import ENDED

if TYPE_CHECKING:
    from agents.runtime import Runtime

__all__ = ["HandedOff", "end_children", "hand_over"]


async def hand_over(runtime: "Runtime", delegate: Delegate, ctx: RunContext[Any], request: str) -> str:
    """Let the other agent work on the request; gives its answer as text, which after a hand-off no model reads.

    Raises:
        ToolFailed: it could not answer; the model is told why.
    """
    parent = current_journal()
    parent.flush()  # the other run's ledger must not know of a reply that this one has not
    step = parent.step_of(ctx)
    op = f"delegate/{step}/{delegate.tool}/{ctx.tool_call_id}"
    child_id = f"{parent.run_id}.{short(digest_json(op))[:8]}"
    plays = parent.origin == "playground" and parent.live_reads
    if parent.replay is not None and not (plays and parent.replay.child(delegate.agent, request) is None):
        return _given(parent, delegate, _recorded_output(runtime, parent, delegate, request))
    if not runtime.exists(child_id):
        # Who is handed the conversation is told what was said in it; who is only asked something is not.
        history = tuple(parent.turns) if delegate.hand_off else ()
        runtime.start_below(parent, op, child_id, delegate.agent, request, history)
    if parent.recording.find(op) is None:
        parent.record(
            RunDelegated(
                op=op, step=step, agent=delegate.agent, tool=delegate.tool, request=request,
                child_run_id=child_id, hand_off=delegate.hand_off,
            )
        )  # fmt: skip
    try:
        answer = await runtime.work(child_id, on_delta=runtime.watch(child_id))
    except (PersonNeeded, RunOwned) as error:
        parent.stop_before_next(error)
        return ""
    except (RunFailed, UsageError) as error:
        _end(runtime, parent, op, step, child_id, str(error))
        raise ToolFailed(f"{delegate.agent} could not answer: {error}") from error
    _end(runtime, parent, op, step, child_id, "")
    return _given(parent, delegate, answer.output)


def _given(parent: Journal, delegate: Delegate, output: Any) -> str:
    if delegate.hand_off:
        parent.stop_before_next(HandedOff(output))
    return answer_text(output)


def _end(runtime: "Runtime", parent: Journal, op: str, step: int, child_id: str, message: str) -> None:
    """Put on record how the run below ended, once."""
    known = parent.recording.find(op)
    if known is not None and known.done:
        return
    with runtime.database.reading() as session:
        status = get_run(session, child_id).status
    parent.keep(DelegationEnded(op=op, step=step, child_run_id=child_id, status=status, message=message[:2000]))


def _recorded_output(runtime: "Runtime", parent: Journal, delegate: Delegate, request: str) -> Any:
    assert parent.replay is not None
    child = parent.replay.child(delegate.agent, request)
    if child is None:
        raise ReplayMiss(delegate.tool, parent.origin)
    with runtime.database.reading() as session:
        ends = [stored.event for stored in read_events(session, child, kinds=["run_finished"])]
    return next((event.output for event in ends if isinstance(event, RunFinished)), None)


def end_children(recorder: Recorder, run_id: str, why: str) -> None:
    """Stop the runs below one that has failed: nobody waits for their answers any more."""
    now = datetime.now(UTC)
    with recorder.database.reading() as session:
        still_open = [child for child in list_children(session, run_id) if child.status not in ENDED]
    for child in still_open:
        by = Provenance(by="strop", actor="machine", reason=f"the run above it ended: {why}")
        recorder.append(child.id, RunCancelled(provenance=by, seconds=(now - child.started_at).total_seconds()))
        end_children(recorder, child.id, why)
