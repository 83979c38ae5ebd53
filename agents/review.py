"""A person's decisions on versions, as one act each: checked, written in one transaction, made known.

The service and the commands both decide through here. Prevents: a decision on something else than what was on the
person's screen (another live version, other evidence), a pointer that moves without its record, and a refusal that
nobody can find afterwards.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from agents.access.tokens import AUDIT
from agents.errors import Conflict, Refused
from agents.prompts.bundle import Bundle
from agents.prompts.decisions import (
    adopt_definition,
    approve,
    change_rules,
    expire_proposals,
    promote,
    reject,
    roll_back,
)
from agents.prompts.governance import DEFAULT, Governance
from agents.prompts.record import decisions_stream
from agents.prompts.store import Live, StoredBundle, get_bundle, list_bundles
from traces.events import DecisionRefused
from traces.ids import short
from traces.provenance import Provenance
from traces.recorder import Recorder

T = TypeVar("T")


def approve_proposal(
    recorder: Recorder, digest: str, provenance: Provenance, *,
    rules: Governance = DEFAULT, shown: str | None = None, seen_live: str | None = None, head: int | None = None,
    sheet: str = "", confirmed: bool = False, plan: Mapping[str, Any] | None = None,
) -> StoredBundle:  # fmt: skip
    """A yes: with the last signature the rules ask for, the proposed bundle serves from the next conversation on.

    Args:
        recorder: of the database that holds the registry.
        digest: the proposed bundle, in full.
        provenance: who decides, and why.
        rules: those that the workspace's file has for the agent; what is on record wins.
        shown: digest of the evidence that was in view.
        seen_live: digest of the live version that the person saw.
        head: seq of the agent's newest decision that the person saw.
        sheet: the text that was shown.
        confirmed: whether the person's client sent back that text's digest.
        plan: what is to happen after the approval, signed with it.

    Raises:
        Conflict: it is not proposed any more, or what was seen is no longer what is there; says what happened.
        Refused: the rules do not allow it; the refusal is on record.
    """

    def act(session: Session) -> StoredBundle:
        _check_shown(get_bundle(session, digest), shown)
        return approve(
            session, recorder, digest, provenance, rules=rules, shown=shown, seen_live=seen_live, head=head,
            sheet=sheet, confirmed=confirmed, plan=plan,
        )  # fmt: skip

    return decide(recorder, _agent_of(recorder, digest), "approve", digest, provenance, act)


def reject_proposal(
    recorder: Recorder, digest: str, provenance: Provenance, *,
    shown: str | None = None, head: int | None = None, sheet: str = "",
) -> StoredBundle:  # fmt: skip
    """A no, with its reason. Raises as `approve_proposal` does."""

    def act(session: Session) -> StoredBundle:
        _check_shown(get_bundle(session, digest), shown)
        return reject(session, recorder, digest, provenance, shown=shown, head=head, sheet=sheet)

    return decide(recorder, _agent_of(recorder, digest), "reject", digest, provenance, act)


def promote_bundle(
    recorder: Recorder, digest: str, provenance: Provenance, *,
    authority: int | None = None, seen_live: str | None = None, head: int | None = None,
    detail: dict[str, Any] | None = None,
) -> Live:  # fmt: skip
    """Make an approved bundle live. Raises as `approve_proposal` does."""

    def act(session: Session) -> Live:
        return promote(
            session, recorder, digest, provenance, authority=authority, seen_live=seen_live, head=head, detail=detail
        )

    return decide(recorder, _agent_of(recorder, digest), "promote", digest, provenance, act)


def roll_back_agent(
    recorder: Recorder, agent: str, provenance: Provenance, *,
    to: str | None = None, seen_live: str | None = None, head: int | None = None,
) -> Live:  # fmt: skip
    """Take the agent's live version back, to the one before it or to `to` (a full digest).

    Raises:
        Conflict: another version is live than the person saw.
        Refused: `to` never served.
        UsageError: there is nothing to go back to.
    """

    def act(session: Session) -> Live:
        return roll_back(session, recorder, agent, provenance, to=to, seen_live=seen_live, head=head)

    return decide(recorder, agent, "roll_back", to, provenance, act)


def adopt_file(recorder: Recorder, bundle: Bundle, provenance: Provenance, *, rules: Governance = DEFAULT) -> Live:
    """Make what the agent's definition file describes live, in the place of whatever serves.

    Raises:
        Refused: the rules want the file's version proposed and signed like any other; the refusal is on record.
    """
    return decide(
        recorder, bundle.agent, "adopt", bundle.digest, provenance,
        lambda session: adopt_definition(session, recorder, bundle, provenance, force=True, rules=rules),
    )  # fmt: skip


def expire_waiting(recorder: Recorder, rules_for: Callable[[str], Governance]) -> list[str]:
    """Write down which proposals have expired, of all agents; gives their digests."""
    with recorder.database.reading() as session:
        agents = sorted({one.bundle.agent for one in list_bundles(session, state="proposed")})
    gone: list[str] = []
    for agent in agents:
        with recorder.database.writing() as session:
            found = expire_proposals(session, recorder, agent, rules_for(agent))
        if found:
            recorder.announce(decisions_stream(agent))
        gone += found
    return gone


def change_governance(recorder: Recorder, agent: str, rules: Governance, provenance: Provenance) -> None:
    """Other rules for decisions about the agent from here on.

    Raises:
        Refused: a machine, no reason, or not an admin.
    """
    decide(
        recorder, agent, "change rules", None, provenance,
        lambda session: change_rules(session, recorder, agent, rules, provenance),
    )  # fmt: skip


def decide(
    recorder: Recorder, agent: str, act: str, bundle: str | None, by: Provenance, work: Callable[[Session], T]
) -> T:
    """Do it in one transaction and tell who listens; a refusal is written down in a transaction of its own."""
    try:
        with recorder.database.writing() as session:
            done = work(session)
    except Refused as refused:
        event = DecisionRefused(agent=agent, act=act, bundle=bundle, why=str(refused), provenance=by)
        recorder.append(AUDIT, event)
        raise
    recorder.announce(decisions_stream(agent))
    return done


def _agent_of(recorder: Recorder, digest: str) -> str:
    with recorder.database.reading() as session:
        return get_bundle(session, digest).bundle.agent


def _check_shown(stored: StoredBundle, shown: str | None) -> None:
    if shown is not None and shown != stored.evidence:
        now = "none" if stored.evidence is None else short(stored.evidence)
        raise Conflict(f"the evidence has changed since you looked: it was {short(shown)}, now it is {now}")
