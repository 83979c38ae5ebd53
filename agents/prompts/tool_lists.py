"""What tool servers were found to offer the versions of an agent: pinned at first, accepted by people, or drifted.

A version is held to what its server offered when the two first met (under replay: to what the recording says, which
is what it was proven with); a version that meets a server for the first time, to what the agent was held to before.
Each is a fact in the agent's stream about its tools; the table is their fold. Sessions must come from `writing()`
where something is written.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.errors import IllegalStep, Refused, UsageError
from agents.prompts.store import find_live
from agents.prompts.tables import BUNDLES, TOOL_LISTS
from tools.pins import Change, DriftPolicy, Listing, digest_of
from traces.db import insert_or_ignore
from traces.events import DriftAccepted, DriftFound, ToolsPinned
from traces.ids import short
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_events

Standing = Literal["pinned", "drifted", "accepted"]


def tools_stream(agent: str) -> str:
    """Name of the ledger stream with what was found about the agent's tools."""
    return f"tools_{agent}"


@dataclass(frozen=True)
class Met:
    """One listing that a version met at a server."""

    bundle: str
    server: str
    digest: str
    standing: Standing
    at: datetime


def list_met(session: Session, bundle: str, server: str | None = None) -> list[Met]:
    """What this version met, newest last."""
    query = sa.select(TOOL_LISTS).where(TOOL_LISTS.c.bundle == bundle).order_by(TOOL_LISTS.c.server, TOOL_LISTS.c.at)
    if server is not None:
        query = query.where(TOOL_LISTS.c.server == server)
    return [Met(**row) for row in session.execute(query).mappings()]


def newest_met(session: Session, bundle: str) -> dict[str, Met]:
    """What this version met last, by server."""
    return {one.server: one for one in list_met(session, bundle)}


def find_held(session: Session, agent: str, bundle: str, server: str) -> Met | None:
    """What the version is held to at this server: its own newest, else the newest of the agent's other versions."""
    held = (
        sa.select(TOOL_LISTS)
        .where(TOOL_LISTS.c.server == server, TOOL_LISTS.c.standing != "drifted")
        .order_by(TOOL_LISTS.c.at.desc())
        .limit(1)
    )
    own = session.execute(held.where(TOOL_LISTS.c.bundle == bundle)).mappings().first()
    if own is None:
        others = held.join(BUNDLES, BUNDLES.c.digest == TOOL_LISTS.c.bundle).where(BUNDLES.c.agent == agent)
        own = session.execute(others).mappings().first()
    return None if own is None else Met(**own)


def read_listing(session: Session, agent: str, digest: str) -> Listing:
    """A listing that was found for the agent, by its digest.

    Raises:
        UsageError: none of that digest is on record.
    """
    for stored in reversed(read_events(session, tools_stream(agent), kinds=["tools_pinned", "drift_found"])):
        event = stored.event
        if isinstance(event, ToolsPinned) and event.digest == digest:
            return dict(event.tools)
        if isinstance(event, DriftFound) and event.found == digest:
            return dict(event.tools)
    raise UsageError(f"no tools {short(digest)} were found for {agent!r}", hint="`strop tools list` shows what was.")


def find_drifted(session: Session, agent: str, since: datetime | None) -> str:
    """The server that drifted from the agent's live version after `since`, the newest first; empty: none did."""
    live = find_live(session, agent)
    for stored in reversed(read_events(session, tools_stream(agent), kinds=["drift_found"])):
        if since is not None and stored.at <= since:
            break
        if isinstance(stored.event, DriftFound) and live is not None and stored.event.bundle == live.digest:
            return stored.event.server
    return ""


def pin(session: Session, recorder: Recorder, agent: str, bundle: str, server: str, listing: Listing) -> None:
    """Hold a version to this listing. Doing it twice is harmless."""
    digest = digest_of(listing)
    if _put(session, Met(bundle, server, digest, "pinned", recorder.now())):
        event = ToolsPinned(agent=agent, bundle=bundle, server=server, tools=listing, digest=digest)
        recorder.append_in(session, tools_stream(agent), event)


def write_drift(
    session: Session, recorder: Recorder, agent: str, bundle: str, server: str, *,
    pinned: str, found: Listing, changes: list[Change], policy: DriftPolicy, run_id: str,
) -> bool:  # fmt: skip
    """Write down that a server offers something else; gives whether that was news."""
    digest = digest_of(found)
    if not _put(session, Met(bundle, server, digest, "drifted", recorder.now())):
        return False
    event = DriftFound(
        agent=agent, bundle=bundle, server=server, pinned=pinned, found=digest, policy=policy, run_id=run_id,
        changes=[change.model_dump(mode="json") for change in changes], tools=found,
    )  # fmt: skip
    recorder.append_in(session, tools_stream(agent), event)
    return True


def accept(
    session: Session, recorder: Recorder, agent: str, bundle: str, server: str, found: str, by: Provenance
) -> None:
    """A person lets the version go on with that listing.

    Raises:
        Refused: a machine, or no reason.
        IllegalStep: that listing did not drift, or was accepted before.
    """
    if by.actor != "person" or not by.reason.strip():
        raise Refused("other tools are accepted by a person, with a reason", hint='Give one with --reason "…".')
    where = (TOOL_LISTS.c.bundle == bundle, TOOL_LISTS.c.server == server, TOOL_LISTS.c.digest == found)
    drifted = sa.update(TOOL_LISTS).where(*where, TOOL_LISTS.c.standing == "drifted")
    now = drifted.values(standing="accepted", at=recorder.now()).returning(TOOL_LISTS.c.digest)
    if session.execute(now).first() is None:
        raise IllegalStep(
            f"there is no drift {short(found)} of {server!r} to accept for {short(bundle)}",
            hint=f"`strop tools diff {server} --agent {agent}` shows what there is.",
        )
    event = DriftAccepted(agent=agent, bundle=bundle, server=server, found=found, provenance=by)
    recorder.append_in(session, tools_stream(agent), event)


def _put(session: Session, met: Met) -> bool:
    """Whether the row is new."""
    statement = insert_or_ignore(session, TOOL_LISTS).returning(TOOL_LISTS.c.digest)
    return session.execute(statement, vars(met)).first() is not None
