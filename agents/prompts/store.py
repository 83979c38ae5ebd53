"""The registry: adding bundles, moving them along their life, and the pointer to the live one.

The only room that can make a bundle live. Each step leaves a `DecisionMade` in the agent's decision stream, in the
same transaction that moves the pointer: what serves traffic and who said so cannot come apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.errors import IllegalStep, UsageError
from agents.prompts.bundle import Bundle
from agents.prompts.lifecycle import State, check_step
from agents.prompts.tables import BUNDLES, LIVE
from traces.errors import NotFound
from traces.events import DecisionMade, Json
from traces.ids import short
from traces.provenance import Provenance
from traces.recorder import Recorder


@dataclass(frozen=True)
class StoredBundle:
    """A bundle with its place in the registry."""

    digest: str
    bundle: Bundle
    parent: str | None
    author: str
    author_kind: str
    note: str
    state: State
    evidence: str | None
    created_at: datetime


@dataclass(frozen=True)
class Live:
    """What serves an agent: the bundle's digest, the definition it grew from, and since when."""

    agent: str
    digest: str
    source: str
    changed_at: datetime


def decisions_stream(agent: str) -> str:
    """Name of the ledger stream that holds an agent's decisions."""
    return f"decisions_{agent}"


def add_bundle(
    session: Session, bundle: Bundle, *, author: str, author_kind: str, parent: str | None = None, note: str = ""
) -> str:
    """Store a bundle as `draft` and give its digest. One that is already stored stays as it is."""
    content, digest = bundle.content, bundle.digest
    if session.execute(sa.select(BUNDLES.c.digest).where(BUNDLES.c.digest == digest)).first() is None:
        row = {
            "digest": digest, "agent": bundle.agent, "content": content, "parent": parent, "author": author,
            "author_kind": author_kind, "note": note, "state": "draft", "created_at": datetime.now(UTC),
        }  # fmt: skip
        session.execute(sa.insert(BUNDLES), row)
    return digest


def get_bundle(session: Session, digest: str) -> StoredBundle:
    """The bundle of that digest.

    Raises:
        NotFound: it is not stored here.
    """
    row = session.execute(sa.select(BUNDLES).where(BUNDLES.c.digest == digest)).mappings().first()
    if row is None:
        raise NotFound("bundle", digest, hint="`strop bundles list` shows the versions there are.")
    return _stored(dict(row))


def match_bundle(session: Session, prefix: str) -> str:
    """The full digest that starts with `prefix` (with or without `sha256:`).

    Raises:
        NotFound: none, or more than one.
    """
    start = prefix if prefix.startswith("sha256:") else f"sha256:{prefix}"
    query = sa.select(BUNDLES.c.digest).where(BUNDLES.c.digest.startswith(start, autoescape=True)).limit(2)
    found = session.execute(query).scalars().all()
    if len(found) != 1:
        what = "bundle" if not found else "single bundle (several match)"
        raise NotFound(what, prefix, hint="`strop bundles list` shows the versions there are.")
    return str(found[0])


def list_bundles(
    session: Session, *, agent: str | None = None, state: State | None = None, limit: int = 200
) -> Sequence[StoredBundle]:
    """Bundles, newest first."""
    query = sa.select(BUNDLES).order_by(BUNDLES.c.created_at.desc(), BUNDLES.c.digest).limit(limit)
    if agent is not None:
        query = query.where(BUNDLES.c.agent == agent)
    if state is not None:
        query = query.where(BUNDLES.c.state == state)
    return [_stored(dict(row)) for row in session.execute(query).mappings()]


def find_bundles(session: Session, digests: Iterable[str]) -> dict[str, StoredBundle]:
    """Those of these bundles that are stored, by digest, in one go."""
    query = sa.select(BUNDLES).where(BUNDLES.c.digest.in_(list(digests)))
    found = [_stored(dict(row)) for row in session.execute(query).mappings()]
    return {stored.digest: stored for stored in found}


def list_live(session: Session) -> dict[str, Live]:
    """The pointers of all agents, by agent."""
    return {row["agent"]: Live(**row) for row in session.execute(sa.select(LIVE)).mappings()}


def find_live(session: Session, agent: str) -> Live | None:
    """The pointer to the agent's live bundle, or None before its first run."""
    row = session.execute(sa.select(LIVE).where(LIVE.c.agent == agent)).mappings().first()
    return None if row is None else Live(**row)


def move(
    session: Session,
    recorder: Recorder,
    digest: str,
    to_state: State,
    provenance: Provenance,
    *,
    evidence: str | None = None,
    detail: dict[str, Json] | None = None,
    previous_live: str | None = None,
) -> StoredBundle:
    """Take one legal step of the lifecycle and record it, inside the caller's transaction.

    Raises:
        IllegalStep, Refused: the table of legal steps says no; nothing is written.
    """
    stored = get_bundle(session, digest)
    check_step(digest, stored.state, to_state, provenance)
    changes: dict[str, Any] = {"state": to_state}
    if evidence is not None:
        changes["evidence"] = evidence
    session.execute(sa.update(BUNDLES).where(BUNDLES.c.digest == digest).values(**changes))
    event = DecisionMade(
        agent=stored.bundle.agent, bundle=digest, from_state=stored.state, to_state=to_state,
        previous_live=previous_live, shown=evidence or stored.evidence, provenance=provenance, detail=detail or {},
    )  # fmt: skip
    recorder.append_in(session, decisions_stream(stored.bundle.agent), event)
    return get_bundle(session, digest)


def adopt_definition(
    session: Session, recorder: Recorder, bundle: Bundle, provenance: Provenance, *, force: bool = False
) -> Live:
    """Make the bundle that a definition file describes live, when the agent has none yet (or with `force`)."""
    live = find_live(session, bundle.agent)
    if live is not None and not force:
        return live
    digest = add_bundle(session, bundle, author=provenance.by, author_kind="file", note="from the definition file")
    if live is not None and live.digest != digest:
        move(session, recorder, live.digest, "retired", provenance)
    if live is None or live.digest != digest:
        previous = None if live is None else live.digest
        move(session, recorder, digest, "live", provenance, previous_live=previous)
    return _point(session, bundle.agent, digest, source=digest)


def approve(
    session: Session, recorder: Recorder, digest: str, provenance: Provenance, *,
    shown: str | None = None, seen_live: str | None = None,
) -> Live:  # fmt: skip
    """A person's yes: the proposal becomes live and the old live bundle is retired, in one transaction.

    Args:
        session: from `Database.writing()`.
        recorder: writes the decisions into the same transaction.
        digest: the proposed bundle.
        provenance: who decides, and why; must be a person with a reason.
        shown: digest of the evidence that was in view.
        seen_live: the live digest the person saw; another one now is a conflict.
    """
    stored = get_bundle(session, digest)
    live = find_live(session, stored.bundle.agent)
    _check_seen(live, seen_live)
    old = None if live is None else live.digest
    detail: dict[str, Json] = {} if shown is None else {"shown": shown}
    move(session, recorder, digest, "approved", provenance, detail=detail)
    if old is not None:
        move(session, recorder, old, "retired", provenance)
    move(session, recorder, digest, "live", provenance, previous_live=old)
    source = digest if live is None else live.source
    return _point(session, stored.bundle.agent, digest, source=source)


def reject(
    session: Session, recorder: Recorder, digest: str, provenance: Provenance, *, shown: str | None = None
) -> StoredBundle:
    """A person's no, with the reason."""
    detail: dict[str, Json] = {} if shown is None else {"shown": shown}
    return move(session, recorder, digest, "rejected", provenance, detail=detail)


def roll_back(
    session: Session, recorder: Recorder, agent: str, provenance: Provenance, *,
    to: str | None = None, seen_live: str | None = None,
) -> Live:  # fmt: skip
    """Take the live bundle back: the one before it (or `to`) serves again from the next run on."""
    live = find_live(session, agent)
    if live is None:
        raise UsageError(f"agent {agent!r} has no live bundle yet", hint="It gets one with its first run.")
    _check_seen(live, seen_live)
    target = to or _previous(session, agent, live.digest)
    if target == live.digest:
        raise UsageError(f"{short(target)} is live already", hint="Name another version with --to.")
    if get_bundle(session, target).bundle.agent != agent:
        raise UsageError(f"{short(target)} is not a version of {agent!r}")
    move(session, recorder, live.digest, "rolled_back", provenance)
    move(session, recorder, target, "live", provenance, previous_live=live.digest)
    return _point(session, agent, target, source=live.source)


def _previous(session: Session, agent: str, digest: str) -> str:
    """The bundle that was live before `digest` became it, from the record of decisions."""
    from traces.store import read_events

    for stored in reversed(read_events(session, decisions_stream(agent), kinds=["decision_made"])):
        event = stored.event
        if isinstance(event, DecisionMade) and event.bundle == digest and event.to_state == "live":
            if event.previous_live is None:
                break
            return event.previous_live
    raise UsageError(f"{short(digest)} is the first live version of {agent!r}", hint="There is nothing before it.")


def _check_seen(live: Live | None, seen: str | None) -> None:
    if seen is not None and (live is None or live.digest != seen):
        now = "none" if live is None else short(live.digest)
        raise IllegalStep(
            f"the live version has changed since you looked: it was {short(seen)}, now it is {now}",
            hint="Look again and decide on what is there now.",
        )


def _point(session: Session, agent: str, digest: str, *, source: str) -> Live:
    values = {"digest": digest, "source": source, "changed_at": datetime.now(UTC)}
    updated = session.execute(sa.update(LIVE).where(LIVE.c.agent == agent).values(**values)).rowcount  # type: ignore[attr-defined]
    if not updated:
        session.execute(sa.insert(LIVE), {"agent": agent, **values})
    live = find_live(session, agent)
    assert live is not None
    return live


def _stored(row: dict[str, Any]) -> StoredBundle:
    bundle = Bundle.model_validate_json(row.pop("content"))
    row.pop("agent")
    return StoredBundle(bundle=bundle, **row)
