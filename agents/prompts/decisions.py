"""Moving bundles along their life: the only code that can make one live.

Each step leaves its fact in the agent's decision stream, in the same transaction that moves the pointer: what serves
traffic and who said so cannot come apart. Decisions about one agent stand in one line, on both databases: who comes
second looks at what the first one left. Sessions must come from `Database.writing()`.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.errors import Conflict, IllegalStep, Refused, UsageError
from agents.prompts.bundle import Bundle
from agents.prompts.governance import DEFAULT, Governance, Ground, Now, check_ground, check_signer
from agents.prompts.lifecycle import SERVING, State, Step, check_step
from agents.prompts.record import Record, decisions_stream, read_record
from agents.prompts.store import Live, StoredBundle, add_bundle, find_live, get_bundle, list_bundles
from agents.prompts.tables import BUNDLES, LIVE
from traces.events import DecisionMade, GovernanceChanged, Json, ProposalSigned
from traces.ids import short
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import began_between, last_event_at, read_stream

PROMOTE: dict[str, Json] = {"promote": "policy"}
"""The least of a signed plan that lets a machine promote; what else a plan says is the rollout's business."""


def hold_agent(session: Session, agent: str) -> None:
    """Stand in line for decisions about this agent until the transaction ends.

    SQLite's write lock does that by itself. PostgreSQL's transactions see each other's work half-way, so that a
    decision could be checked against what is no longer there.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"strop {agent}", 0))))


def move(
    session: Session,
    recorder: Recorder,
    digest: str,
    to_state: State,
    provenance: Provenance,
    *,
    evidence: str | None = None,
    verdict: str = "",
    detail: dict[str, Json] | None = None,
    act: str = "",
    authority: int | None = None,
) -> StoredBundle:
    """Take one legal step that moves no pointer, and record it.

    Args:
        session: from `writing()`.
        recorder: writes into the same transaction.
        digest: the bundle, in full.
        to_state: where it goes. To and from `live` lead `approve`, `promote`, `adopt_definition` and `roll_back`.
        provenance: who takes the step, and why.
        evidence: digest of the evidence that stands for it from here on; None: the one it has.
        verdict: what that evidence came to.
        detail: more about the step; `incumbent` is the live bundle that the evidence was made against.
        act: what the step is part of.
        authority: seq of the signature under which a machine takes a step that must be signed.

    Raises:
        IllegalStep, Refused: the table of legal steps says no; nothing is written.
    """
    stored = get_bundle(session, digest)
    hold_agent(session, stored.bundle.agent)
    record = read_record(session, stored.bundle.agent)
    if to_state == "live" or (record.live == digest and to_state in {"retired", "rolled_back"}):
        raise IllegalStep(
            f"{short(digest)} cannot become {to_state} by itself: the pointer would not know",
            hint="Use approve, promote, adopt_definition or roll_back.",
        )
    _take(
        session, recorder, record, digest, to_state, provenance, evidence=evidence, verdict=verdict, detail=detail,
        act=act, authority=authority,
    )  # fmt: skip
    return get_bundle(session, digest)


# --- a person's yes and no -----------------------------------------------------------------------------------------


def approve(
    session: Session, recorder: Recorder, digest: str, provenance: Provenance, *,
    rules: Governance = DEFAULT, shown: str | None = None, seen_live: str | None = None, head: int | None = None,
    sheet: str = "", confirmed: bool = False, plan: Mapping[str, Json] | None = None, hold: bool = False,
) -> StoredBundle:  # fmt: skip
    """A person's yes: a signature; with the last one that the rules ask for, the proposal is approved.

    What then happens is in the rules: it becomes live at once and the old live bundle is retired, in the same
    transaction, or it waits for its shadow or canary.

    Args:
        session: from `Database.writing()`.
        recorder: writes the decisions into the same transaction.
        digest: the proposed bundle.
        provenance: who decides, and why; must be a person with a reason, of a role that the rules name.
        rules: what the workspace's file asks for; what is on record for the agent wins.
        shown: digest of the evidence that was in view.
        seen_live: the live digest the person saw; another one now is a conflict.
        head: seq of the newest decision the person saw; a newer one now is a conflict.
        sheet: the text that was shown, kept with the signature.
        confirmed: the person's client sent back that text's digest.
        plan: what is to happen after the approval, signed with it.
        hold: do not make it live in any case: it is to meet customers in a shadow or canary first.
    """
    agent = get_bundle(session, digest).bundle.agent
    hold_agent(session, agent)
    record, stored, live = read_record(session, agent), get_bundle(session, digest), find_live(session, agent)
    _check_seen(record, live, seen_live, head)
    if stored.state != "proposed":
        raise Conflict(f"{short(digest)} is not proposed: it is {stored.state}", record.told_since(0, digest)[-1:])
    rules = rules_in_force(session, recorder, record, rules)
    life = record.of(digest)
    authors = {stored.author, life.author or stored.author}
    check_signer(rules, provenance, authors, record.signers(digest), digest)
    serving = None if live is None else live.digest
    ground = life.ground or Ground(stored.evidence, "", None, None, stored.created_at)
    check_ground(rules, _against(session, record, digest, ground), serving, time_of(session, recorder), digest)
    signed = ProposalSigned(
        agent=agent, bundle=digest, evidence=stored.evidence, live=serving, sheet=sheet, confirmed=confirmed,
        plan=dict(plan or {}), provenance=provenance,
    )  # fmt: skip
    recorder.append_in(session, decisions_stream(agent), signed)
    record = read_record(session, agent)
    if len(record.signers(digest)) < rules.approvals:
        return stored
    detail: dict[str, Json] = {} if shown is None else {"shown": shown}
    _take(session, recorder, record, digest, "approved", provenance, act="approve", detail=detail)
    if rules.after_approval == "live" and not hold:
        _serve(session, recorder, record, digest, provenance, act="approve")
    return get_bundle(session, digest)


def promote(
    session: Session, recorder: Recorder, digest: str, provenance: Provenance, *,
    authority: int | None = None, seen_live: str | None = None, head: int | None = None,
    detail: dict[str, Json] | None = None,
) -> Live:  # fmt: skip
    """Make an approved bundle live: at once, or after its shadow or canary. The old live one is retired.

    A machine may carry out an approval; to end a shadow or canary so, it must name a signature whose plan lets it.
    """
    agent = get_bundle(session, digest).bundle.agent
    hold_agent(session, agent)
    record = read_record(session, agent)
    _check_seen(record, find_live(session, agent), seen_live, head)
    return _serve(session, recorder, record, digest, provenance, act="promote", authority=authority, detail=detail)


def reject(
    session: Session, recorder: Recorder, digest: str, provenance: Provenance, *,
    shown: str | None = None, head: int | None = None, sheet: str = "",
) -> StoredBundle:  # fmt: skip
    """A person's no, with the reason."""
    agent = get_bundle(session, digest).bundle.agent
    hold_agent(session, agent)
    record, state = read_record(session, agent), get_bundle(session, digest).state
    _check_seen(record, None, None, head)
    if state not in {"proposed", "approved"}:
        raise Conflict(f"{short(digest)} is not proposed: it is {state}", record.told_since(0, digest)[-1:])
    detail: dict[str, Json] = {} if shown is None else {"shown": shown}
    if sheet:
        detail["sheet"] = sheet
    _take(session, recorder, record, digest, "rejected", provenance, act="reject", detail=detail)
    return get_bundle(session, digest)


# --- what serves ---------------------------------------------------------------------------------------------------


def adopt_definition(
    session: Session, recorder: Recorder, bundle: Bundle, provenance: Provenance, *, force: bool = False,
    rules: Governance = DEFAULT,
) -> Live:  # fmt: skip
    """Make the bundle that a definition file describes live, when the agent has none yet (or with `force`).

    Raises:
        Refused: the rules want the file's version proposed and signed like any other.
    """
    live = find_live(session, bundle.agent)
    if live is not None and not force:
        return live
    hold_agent(session, bundle.agent)
    live, record = find_live(session, bundle.agent), read_record(session, bundle.agent)
    rules = rules_in_force(session, recorder, record, rules)
    digest = add_bundle(session, bundle, author=provenance.by, author_kind="file", note="from the definition file")
    if live is not None and live.digest == digest:
        return _point(session, bundle.agent, digest, source=digest, at=recorder.now())
    if rules.definition != "live":
        raise Refused(
            f"the definition file of {bundle.agent!r} serves only when it was proposed and signed",
            hint=f"strop bundles propose {short(digest)}, then strop approve {short(digest)}.",
        )
    return _serve(session, recorder, record, digest, provenance, act="adopt", source=digest)


def roll_back(
    session: Session, recorder: Recorder, agent: str, provenance: Provenance, *,
    to: str | None = None, seen_live: str | None = None, head: int | None = None,
) -> Live:  # fmt: skip
    """Take the live bundle back: the one before it (or `to`, which must have served) serves from the next run on."""
    hold_agent(session, agent)
    live, record = find_live(session, agent), read_record(session, agent)
    if live is None:
        raise UsageError(f"agent {agent!r} has no live bundle yet", hint="It gets one with its first run.")
    _check_seen(record, live, seen_live, head)
    target = to or _previous(record, live.digest)
    if target == live.digest:
        raise UsageError(f"{short(target)} is live already", hint="Name another version with --to.")
    if get_bundle(session, target).bundle.agent != agent:
        raise UsageError(f"{short(target)} is not a version of {agent!r}")
    if not record.of(target).served:
        raise Refused(
            f"{short(target)} has never served {agent!r}, so there is no way back to it",
            hint="Propose it and have it approved.",
        )
    return _serve(session, recorder, record, target, provenance, act="roll_back", leaves="rolled_back")


def expire_proposals(session: Session, recorder: Recorder, agent: str, rules: Governance = DEFAULT) -> list[str]:
    """Write down that proposals nobody decided on in time have expired; gives their digests.

    Only what this machine's clock says is over and the record bears out, by a run that began past the end a day ago
    or more: a clock that jumps ahead for some hours ends nothing, and one that is set back brings nothing back, for
    an expiry on record stands.
    """
    waiting = [one.digest for one in list_bundles(session, agent=agent, state="proposed")]
    if not waiting:
        return []
    hold_agent(session, agent)
    record, now = read_record(session, agent), time_of(session, recorder)
    rules = rules_in_force(session, recorder, record, rules)
    if rules.proposal_days is None:
        return []
    gone = []
    witness = partial(began_between, session)
    for digest in waiting:
        ground = record.of(digest).ground
        if ground is None or not now.surely_over(ground.proposed_at, rules.proposal_days, witness):
            continue
        by = Provenance(by="strop", actor="machine", reason=f"nobody decided within {rules.proposal_days:g} days")
        _take(session, recorder, record, digest, "expired", by, act="expire")
        gone.append(digest)
    return gone


# --- the rules -----------------------------------------------------------------------------------------------------


def rules_in_force(session: Session, recorder: Recorder, record: Record, wished: Governance) -> Governance:
    """The rules for this agent: those on record, else those of the workspace's file, which are recorded then."""
    if record.rules is not None:
        return record.rules
    if wished != DEFAULT:
        by = Provenance(by="strop.toml", actor="machine", reason="the first rules that the workspace's file had")
        _set_rules(session, recorder, record, wished, by)
    return wished


def change_rules(
    session: Session, recorder: Recorder, agent: str, rules: Governance, provenance: Provenance
) -> Record:
    """A person's change of the rules, on record from here on.

    Raises:
        Refused: a machine, no reason, or a role that may not.
    """
    from agents.access.roles import may, roles_with

    hold_agent(session, agent)
    record = read_record(session, agent)
    if provenance.actor != "person" or not provenance.reason.strip():
        raise Refused("the rules are changed by a person, with a reason", hint='Give one with --reason "…".')
    if not may(provenance.role, "administer"):
        raise Refused(
            f"{provenance.by!r} may not change the rules of {agent!r}",
            hint=f"It needs the role {' or '.join(roles_with('administer'))}.",
        )
    if (record.rules or DEFAULT) != rules:
        _set_rules(session, recorder, record, rules, provenance)
    return read_record(session, agent)


def _set_rules(session: Session, recorder: Recorder, record: Record, rules: Governance, by: Provenance) -> None:
    before = None if record.rules is None else record.rules.model_dump(mode="json")
    event = GovernanceChanged(
        agent=record.agent, policy=rules.model_dump(mode="json"), previous=before, provenance=by
    )
    recorder.append_in(session, decisions_stream(record.agent), event)


# --- one step ------------------------------------------------------------------------------------------------------


def _serve(
    session: Session, recorder: Recorder, record: Record, digest: str, by: Provenance, *, act: str,
    leaves: State = "retired", source: str | None = None, authority: int | None = None,
    detail: dict[str, Json] | None = None,
) -> Live:  # fmt: skip
    """Make the bundle live in place of what was: the two steps and the pointer, together."""
    old = find_live(session, record.agent)
    before = None if old is None else old.digest
    if before is not None and before != digest:
        _take(session, recorder, record, before, leaves, by, act=act)
    _take(
        session, recorder, record, digest, "live", by, act=act, previous_live=before, authority=authority,
        detail=detail,
    )  # fmt: skip
    kept = digest if old is None else old.source
    return _point(session, record.agent, digest, source=source or kept, at=recorder.now())


def _take(
    session: Session, recorder: Recorder, record: Record, digest: str, new: State, by: Provenance, *,
    act: str = "", evidence: str | None = None, verdict: str = "", detail: dict[str, Json] | None = None,
    previous_live: str | None = None, authority: int | None = None,
) -> None:  # fmt: skip
    stored = get_bundle(session, digest)
    if stored.erased and new in {"proposed", *SERVING}:
        raise IllegalStep(
            f"examples in {short(digest)} were erased: it cannot become {new}",
            hint="The next night looks for a version without them.",
        )
    step = check_step(digest, stored.state, new, by, authority=authority)
    _check_needs(step, record, stored, act, evidence, authority, by)
    ground = record.of(digest).ground
    details = detail or {}
    event = DecisionMade(
        agent=record.agent, bundle=digest, from_state=stored.state, to_state=new, act=act,
        shown=evidence or stored.evidence,
        against=details.get("incumbent") or (ground.against if ground else None), author=stored.author,
        verdict=verdict or (ground.verdict if ground and evidence is None else ""), previous_live=previous_live,
        authority=authority, provenance=by, detail=details,
    )  # fmt: skip
    changes: dict[str, Any] = {"state": new} if evidence is None else {"state": new, "evidence": evidence}
    session.execute(sa.update(BUNDLES).where(BUNDLES.c.digest == digest).values(**changes))
    recorder.append_in(session, decisions_stream(record.agent), event)


def _check_needs(
    step: Step, record: Record, stored: StoredBundle, act: str, evidence: str | None, authority: int | None,
    by: Provenance,
) -> None:  # fmt: skip
    """What the table asks for beside who: held against the record, not against what the caller says."""
    life, rules, name = record.of(stored.digest), record.rules or DEFAULT, short(stored.digest)
    if "evidence" in step.needs and evidence is None and stored.evidence is None:
        raise IllegalStep(f"there is no evidence for {name}", hint=f"strop bundles propose {name} makes some.")
    if "signatures" in step.needs and len({one.identity for one in record.signers(stored.digest)}) < rules.approvals:
        raise Refused(
            f"{name} has {len(life.signatures)} of {rules.approvals} signatures", hint=f"strop approve {name}."
        )
    if "title" in step.needs:
        by_file = act == "adopt" and rules.definition == "live"
        if not by_file and not (act == "roll_back" and life.served):
            raise Refused(
                f"{name} is {stored.state}; it becomes live by its approval", hint=f"strop bundles propose {name}."
            )
    if step.who == "signed" and by.actor == "machine":
        plans = {one.seq: one.event.plan for one in life.signatures}
        if plans.get(authority or 0, {}).get("promote") != "policy":
            raise Refused(f"nobody signed a plan that lets a machine promote {name}", hint="Promote it yourself.")


def _against(session: Session, record: Record, digest: str, ground: Ground) -> Ground:
    """The ground; where an older Strop wrote its step, the incumbent is read from the step's details."""
    if ground.against is not None:
        return ground
    for seq, at, step in reversed(record.steps):
        if step.bundle == digest and step.to_state == "proposed":
            full = read_stream(session, decisions_stream(record.agent), after=seq - 1, limit=1)[0].event
            assert isinstance(full, DecisionMade)
            against = full.detail.get("incumbent")
            return Ground(ground.evidence, ground.verdict, ground.made_at, against and str(against), at)
    return ground


def _previous(record: Record, digest: str) -> str:
    """The bundle that was live before `digest` became it."""
    for _, _, step in reversed(record.steps):
        if step.bundle == digest and step.to_state == "live":
            if step.previous_live is None:
                break
            return step.previous_live
    raise IllegalStep(
        f"{short(digest)} is the first live version of {record.agent!r}", hint="There is none before it."
    )


def _check_seen(record: Record, live: Live | None, seen_live: str | None, head: int | None) -> None:
    if seen_live is not None and (live is None or live.digest != seen_live):
        now = "none" if live is None else short(live.digest)
        raise Conflict(
            f"the live version has changed since you looked: it was {short(seen_live)}, now it is {now}",
            record.told_since(0)[-1:],
        )
    if head is not None and head != record.head:
        raise Conflict("somebody decided about this agent since you looked", record.told_since(head))


def _point(session: Session, agent: str, digest: str, *, source: str, at: datetime) -> Live:
    values = {"digest": digest, "source": source, "changed_at": at}
    updated = session.execute(sa.update(LIVE).where(LIVE.c.agent == agent).values(**values)).rowcount  # type: ignore[attr-defined]
    if not updated:
        session.execute(sa.insert(LIVE), {"agent": agent, **values})
    live = find_live(session, agent)
    assert live is not None
    return live


def time_of(session: Session, recorder: Recorder) -> Now:
    """The time by this machine's clock, beside the newest fact on record."""
    return Now(recorder.now(), last_event_at(session))
