"""Calls that wait for a person: what waits now, how a decision on it is written. `agents.held_calls` holds them back.

A decision is bound to the digest of the arguments that were shown, is written once (the ledger's fence refuses a
second), and is found again by every later worker. Prevents: a refund approved twice, or for another amount.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agents.errors import ApprovalNeeded, IllegalStep, UsageError
from agents.recording import Held, recording_of
from agents.waiting import MOST_RUNS, list_waiting, say
from traces.errors import NotFound
from traces.events import ApprovalDecided
from traces.feedback import check_json
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import StoredEvent, get_run, match_run, read_events, read_streams
from traces.summary import ENDED, RunSummary
from traces.tables import Where

State = Literal["pending", "approved", "denied", "expired"]
_STATES: dict[str, State] = {"approve": "approved", "deny": "denied", "expire": "expired"}


@dataclass(frozen=True)
class Approval:
    """A call that a person was asked about, and what became of the question."""

    run_id: str
    held: Held
    asked_at: datetime
    decided_at: datetime | None = None

    @property
    def id(self) -> str:
        """`RUN:NUMBER`."""
        return f"{self.run_id}:{str(self.held.request.op).removeprefix('approval/')}"

    @property
    def state(self) -> State:
        """Where the question stands."""
        return "pending" if self.held.decision is None else _STATES[self.held.decision.decision]


def approval_needed(run_id: str, ops: Iterable[str]) -> ApprovalNeeded:
    """The error that names the calls a person has to decide on."""
    names = [f"{run_id}:{op.removeprefix('approval/')}" for op in ops]
    return ApprovalNeeded(
        f"run {run_id} waits until a person allows {len(names)} call(s): {', '.join(names)}",
        hint=f"strop approvals show {names[0]}, then strop approvals approve or deny it.",
        ops=list(ops),
    )


# --- a person's decision -------------------------------------------------------------------------------------------


def decide_approval(
    recorder: Recorder,
    approval_id: str,
    decision: Literal["approve", "deny", "expire"],
    provenance: Provenance,
    *,
    shown: str | None = None,
    arguments: dict[str, Any] | None = None,
    now: datetime | None = None,
) -> Approval:
    """Write a decision on a held call; when it was the last one its run waited for, the run is released.

    Args:
        recorder: the writer of the ledger.
        approval_id: `RUN:NUMBER`; RUN may be a part of an id.
        decision: what is said.
        provenance: who says it, and why.
        shown: digest of the arguments that the person saw; others there now are refused.
        arguments: sent instead of what the model asked for.
        now: the time; default this moment.

    Raises:
        NotFound: there is no such call.
        IllegalStep: it was decided before, has expired, or is not what was shown.
    """
    now = now or datetime.now(UTC)
    while True:
        with recorder.database.reading() as session:
            found = get_approval(session, approval_id)
            run = get_run(session, found.run_id)
        check_json("arguments", arguments)
        if arguments is not None and decision != "approve":
            raise UsageError("only an approval can change the arguments", hint="Leave them out to deny the call.")
        _check(found, run, decision, shown, now)
        event = ApprovalDecided(
            op=found.held.request.op, step=found.held.request.step, decision=decision,
            digest=found.held.request.digest, arguments=arguments, provenance=provenance,
        )  # fmt: skip
        try:
            say(recorder, found.run_id, event, "approval")
        except IntegrityError:
            continue  # somebody wrote into one of these ledgers meanwhile: look again
        return replace(found, held=Held(found.held.request, event), decided_at=now)


def _check(found: Approval, run: RunSummary, decision: str, shown: str | None, now: datetime) -> None:
    request, before = found.held.request, found.held.decision
    if before is not None:
        raise IllegalStep(
            f"call {found.id} was {found.state} by {before.provenance.by}", hint="A decision is made once."
        )
    if run.status in ENDED:
        raise IllegalStep(f"run {run.id} is {run.status}; nothing of it can be allowed any more")
    if decision != "expire" and now >= request.expires_at:
        raise IllegalStep(f"call {found.id} expired at {request.expires_at:%Y-%m-%d %H:%M} UTC; it is not made")
    if shown is not None and shown != request.digest:
        raise IllegalStep(
            f"call {found.id} has other arguments than those you saw", hint="Look at it again, then decide."
        )


def expire_approvals(recorder: Recorder, runs: Iterable[str], now: datetime) -> int:
    """Refuse the held calls of these runs whose time has passed; gives how many."""
    with recorder.database.reading() as session:
        late = [one for one in list_undecided(session, runs) if now >= one.held.request.expires_at]
    by = Provenance(by="strop", actor="machine", reason="nobody decided in time")
    for one in late:
        try:
            decide_approval(recorder, one.id, "expire", by, now=now)
        except IllegalStep:
            continue  # decided in this moment, here or elsewhere
    return len(late)


# --- what waits --------------------------------------------------------------------------------------------------

_KINDS = ("approval_requested", "approval_decided")


def get_approval(session: Session, approval_id: str) -> Approval:
    """One held call by `RUN:NUMBER`.

    Raises:
        NotFound: there is none.
    """
    run, _, number = approval_id.rpartition(":")
    run_id = match_run(session, run or approval_id)
    held = _held(run_id, read_events(session, run_id, kinds=_KINDS))
    if not number.isdigit() and len(held) == 1:
        return held[0]
    for one in held:
        if one.held.request.op == f"approval/{number}":
            return one
    raise NotFound("held call", approval_id, hint="`strop approvals list` shows what waits.")


def _held(run_id: str, facts: Sequence[StoredEvent]) -> list[Approval]:
    """The calls of a run that a person was asked about, in order, with when."""
    said = {fact.op: fact.at for fact in facts if fact.kind == "approval_decided"}
    asked = {fact.op: fact.at for fact in facts if fact.kind == "approval_requested"}
    held = recording_of(fact.event for fact in facts).held
    return [Approval(run_id, one, asked[op], said.get(op)) for op, one in held.items()]


def list_approvals(session: Session, *, where: Where = (), limit: int = MOST_RUNS) -> list[Approval]:
    """The held calls that nobody has decided on, the oldest run's first, of so many runs."""
    return list_undecided(session, [run.id for run in list_waiting(session, where=where, limit=limit)])


def list_undecided(session: Session, runs: Iterable[str]) -> list[Approval]:
    """The held calls of these runs that nobody has decided on, in the order of the runs."""
    found = read_streams(session, runs, _KINDS)
    return [one for run_id, facts in found.items() for one in _held(run_id, facts) if one.held.decision is None]
