"""How long words are kept: what is over its time, or over the room there is, is erased. Figures stay.

What a version needs that waits for a decision, or meets its first customers, is kept until it is decided, and told.
Prevents: a proof on sealed examples that nobody can look at any more when they are asked to sign it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.forgetting import STREAM
from agents.prompts.tables import BUNDLES
from traces.erase import Erasure, digests_in, erase_runs
from traces.events import ErasureDone, EvidenceWritten, RolloutScored
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_feed, read_recorded
from traces.summary import ENDED
from traces.tables import BLOBS, EVENTS, RUNS

BY: Final = "retention"
"""The name under which it signs."""

MOST: Final = 5_000
"""Runs of one pass; the next one goes on."""

UNDECIDED: Final = ("proposed", "approved", "shadow", "canary")
"""States of a version that somebody has still to look at."""


@dataclass(frozen=True)
class Rules:
    """How long, and how much. None: no bound."""

    days: float | None = None
    agents: Mapping[str, float] = field(default_factory=dict)
    """Days for these agents instead."""
    megabytes: float | None = None
    """Of the database in use; above it, the oldest runs go first."""

    @property
    def wanted(self) -> bool:
        """Whether anything is ever erased."""
        return self.days is not None or bool(self.agents) or self.megabytes is not None


@dataclass(frozen=True)
class Due:
    """What is over its time or its room, oldest first, and what is kept nevertheless."""

    runs: tuple[str, ...] = ()
    by_age: int = 0
    by_size: int = 0
    kept: Mapping[str, int] = field(default_factory=dict)
    """Why -> how many runs."""
    oldest: datetime | None = None
    newest: datetime | None = None
    megabytes: float = 0.0
    """Of the database in use, before."""

    @property
    def why(self) -> str:
        """The reason that goes on record."""
        told = (
            f"{self.by_age} runs past their time" if self.by_age else "",
            f"{self.by_size} of the oldest, for room" if self.by_size else "",
        )
        return "; ".join(filter(None, told))


def find_due(session: Session, rules: Rules, now: datetime) -> Due:
    """What has to go now, at most MOST runs.

    Args:
        session: an open reading session.
        rules: the workspace's.
        now: with its zone.
    """
    needed = _needed(session)
    kept: Counter[str] = Counter()
    aged = _told(_aged(session, rules, now), needed, kept)
    size = used_megabytes(session)
    heavy: list[Any] = []
    if rules.megabytes is not None and size > rules.megabytes:
        gone = {row.id for row in aged}
        free = sum(_weights(session, gone).values()) / 1e6
        heavy = _oldest(session, (size - rules.megabytes) - free, gone, needed, kept)
    rows = sorted([*aged, *heavy], key=lambda row: (row.started_at, row.id))
    return Due(
        tuple(row.id for row in rows), len(aged), len(heavy), dict(sorted(kept.items())),
        rows[0].started_at if rows else None, rows[-1].started_at if rows else None, size,
    )  # fmt: skip


def expire(recorder: Recorder, due: Due) -> ErasureDone | None:
    """Erase what is due and sign for it; None when nothing was."""
    if not due.runs:
        return None
    erasure = Erasure(Provenance(by=BY, actor="machine", reason=due.why), "retention")
    done = erase_runs(recorder, dict.fromkeys(due.runs), erasure)
    signed = ErasureDone(
        erasure=erasure.id, because="retention", streams=done.streams, runs=done.runs, events=done.events,
        bodies=done.bodies, provenance=erasure.provenance,
    )  # fmt: skip
    recorder.append(STREAM, signed)
    return signed


def used_megabytes(session: Session) -> float:
    """Of the database in use, without what is free inside its files.

    PostgreSQL's files do not shrink with what is erased, so there it is what bodies and payloads take.
    """
    if session.get_bind().dialect.name == "sqlite":
        pages, free, size = (
            int(session.execute(sa.text(f"PRAGMA {name}")).scalar_one())
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size / 1e6
    sums = [sa.select(sa.func.sum(sa.func.octet_length(one))) for one in (BLOBS.c.data, EVENTS.c.payload)]
    return sum(float(session.execute(query).scalar() or 0) for query in sums) / 1e6


# --- what goes -----------------------------------------------------------------------------------------------------

_ROW: Final = (RUNS.c.id, RUNS.c.started_at, RUNS.c.status, RUNS.c.origin)


def _aged(session: Session, rules: Rules, now: datetime) -> list[Any]:
    bounds = [
        RUNS.c.agent.in_([name]) & (RUNS.c.started_at < now - _days(days)) for name, days in rules.agents.items()
    ]
    if rules.days is not None:
        bounds.append(RUNS.c.agent.not_in(list(rules.agents)) & (RUNS.c.started_at < now - _days(rules.days)))
    if not bounds:
        return []
    query = sa.select(*_ROW).where(RUNS.c.erased_at.is_(None), sa.or_(*bounds))
    return list(session.execute(query.order_by(RUNS.c.started_at, RUNS.c.id).limit(MOST)))


def _days(days: float) -> timedelta:
    return timedelta(days=days)


def _oldest(
    session: Session, megabytes: float, gone: set[str], needed: Mapping[str, str], kept: Counter[str]
) -> list[Any]:
    """The oldest runs that together have so many megabytes of words, as far as one pass goes."""
    found: list[Any] = []
    query = sa.select(*_ROW).where(RUNS.c.erased_at.is_(None)).order_by(RUNS.c.started_at, RUNS.c.id)
    rows = _told([row for row in session.execute(query.limit(MOST)) if row.id not in gone], needed, kept)
    for start in range(0, len(rows), 200):
        chunk = rows[start : start + 200]
        weights = _weights(session, {row.id for row in chunk})
        for row in chunk:
            if megabytes <= 0:
                return found
            found.append(row)
            megabytes -= weights.get(row.id, 0) / 1e6
    return found


def _told(rows: Iterable[Any], needed: Mapping[str, str], kept: Counter[str]) -> list[Any]:
    """Those that may go; why the others are kept is counted."""
    free = []
    for row in rows:
        why = needed.get(row.id) or ("" if row.status in ENDED or row.origin == "otlp" else "not ended")
        if why:
            kept[why] += 1
        else:
            free.append(row)
    return free


def _weights(session: Session, runs: set[str]) -> dict[str, int]:
    """About how many bytes each run's payloads and bodies take; a shared body counts for the first."""
    weights: dict[str, int] = {}
    seen: set[str] = set()
    names = sorted(runs)
    for start in range(0, len(names), 500):
        query = sa.select(EVENTS.c.stream, EVENTS.c.payload).where(EVENTS.c.stream.in_(names[start : start + 500]))
        for row in session.execute(query):
            new = sorted(digests_in(row.payload) - seen)
            seen.update(new)
            sizes = sa.select(sa.func.sum(sa.func.length(BLOBS.c.data))).where(BLOBS.c.digest.in_(new))
            bodies = int(session.execute(sizes).scalar() or 0) if new else 0
            weights[row.stream] = weights.get(row.stream, 0) + len(row.payload) + bodies
    return weights


# --- what is kept --------------------------------------------------------------------------------------------------


def _needed(session: Session) -> dict[str, str]:
    """Run -> the version whose proof stands on it, of those that somebody has still to decide about."""
    query = sa.select(BUNDLES.c.digest, BUNDLES.c.state).where(BUNDLES.c.state.in_(UNDECIDED))
    states = {row.digest: row.state for row in session.execute(query)}
    if not states:
        return {}
    nights: dict[str, str] = {}
    after = 0
    while page := read_feed(session, after=after, kinds=["evidence_written"]):
        for stored in page:
            if isinstance(stored.event, EvidenceWritten) and stored.event.bundle in states:
                nights[stored.stream] = states[stored.event.bundle]
        after = page[-1].id
    needed: dict[str, str] = {}
    for stream, facts in read_recorded(session, nights, ["rollout_scored"], bodies=False).items():
        for scored in (one.event for one in facts):
            if isinstance(scored, RolloutScored) and scored.pool == "sealed":
                why = f"the proof of a version that is {nights[stream]}"
                needed[f"run_{scored.example.removeprefix('ex_')}"] = why
                needed[scored.run_id or ""] = why
    return needed
