"""Who works on what right now: a lease that runs out by itself, so that a dead worker holds nothing for long.

Where it can be seen that the owner's process has ended (`traces.workers`), its lease is free at once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.db import insert_or_ignore, micros
from traces.pen import Pen, Statement
from traces.tables import LEASES, RUNS
from traces.workers import is_gone

LEASE_SECONDS: Final = 10.0
"""After this long without a sign of life a worker counts as dead. With the time until somebody looks, its runs go on
elsewhere within 15 seconds."""


def claim(session: Session, name: str, owner: str, now: datetime) -> str | None:
    """Take the lease or renew it; gives the other owner's name when somebody living holds it."""
    values: dict[str, Any] = {"owner": owner, "until": now + timedelta(seconds=LEASE_SECONDS)}
    # Each step decides in the database, not on what was read before: two who come at once cannot both have it.
    free = (LEASES.c.owner == owner) | (LEASES.c.until <= now)
    taken = sa.update(LEASES).where(LEASES.c.name == name, free).values(**values).returning(LEASES.c.name)
    if session.execute(taken).first() is not None:
        return None
    insert = insert_or_ignore(session, LEASES).returning(LEASES.c.name)
    if session.execute(insert, {"name": name, **values}).first() is not None:
        return None
    found = session.execute(sa.select(LEASES.c.owner).where(LEASES.c.name == name)).scalar()
    if found is not None and not is_gone(found):
        return str(found)
    if found is not None:
        release(session, name, found)
    return claim(session, name, owner, now)  # given back in this moment, or just now taken from a dead one


def find_until(session: Session, name: str) -> datetime:
    """When the lease runs out; long ago where nobody has it."""
    found = session.execute(sa.select(LEASES.c.until).where(LEASES.c.name == name)).scalar()
    return found or datetime.fromtimestamp(0, UTC)


def renew(session: Session, owner: str, names: Sequence[str], now: datetime) -> set[str]:
    """Give a sign of life for these leases; gives those that are still the owner's."""
    ours: set[str] = set()
    for start in range(0, len(names), 500):
        mine = sa.and_(LEASES.c.name.in_(names[start : start + 500]), LEASES.c.owner == owner)
        until = now + timedelta(seconds=LEASE_SECONDS)
        renewed = sa.update(LEASES).where(mine).values(until=until).returning(LEASES.c.name)
        ours.update(session.execute(renewed).scalars())
    return ours


def release(session: Session, name: str, owner: str) -> None:
    """Give the lease back; nothing happens when it is another's."""
    session.execute(sa.delete(LEASES).where(LEASES.c.name == name, LEASES.c.owner == owner))


def list_held(session: Session, now: datetime) -> dict[str, str]:
    """Owner by name of all leases that have not run out and whose owner may be alive."""
    held = {row.name: row.owner for row in session.execute(sa.select(LEASES).where(LEASES.c.until > now))}
    gone = {owner for owner in set(held.values()) if is_gone(owner)}
    return {name: owner for name, owner in held.items() if owner not in gone}


def list_unheld(session: Session, now: datetime, begun: datetime, *, limit: int) -> list[str]:
    """Ids of the turns of people that nobody living works on although they could go on, oldest first.

    Args:
        session: an open session.
        now: the time.
        begun: only those that began before this.
        limit: at most so many.
    """
    living = set(list_held(session, now).values())
    held = sa.select(LEASES.c.name).where(LEASES.c.until > now, LEASES.c.owner.in_(living))
    earlier = RUNS.alias("earlier")
    waits = sa.exists().where(
        earlier.c.conversation_id == RUNS.c.conversation_id, _is_turn(earlier),
        earlier.c.status.in_(("running", "waiting")),
        sa.tuple_(earlier.c.started_at, earlier.c.id) < sa.tuple_(RUNS.c.started_at, RUNS.c.id),
    )  # fmt: skip
    query = sa.select(RUNS.c.id).where(
        RUNS.c.status == "running", _BY_A_PERSON, RUNS.c.started_at < begun, RUNS.c.id.not_in(held), ~waits
    )
    return list(session.execute(query.order_by(RUNS.c.started_at, RUNS.c.id).limit(limit)).scalars())


def _is_turn(runs: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.and_(runs.c.origin == "user", runs.c.parent_run_id.is_(None))


_BY_A_PERSON: Final = sa.and_(RUNS.c.origin.in_(("user", "playground")), RUNS.c.parent_run_id.is_(None))
"""A turn, or a side of a play: those do not wait for each other."""


_CLAIM: Final = Statement(sa.text("INSERT INTO leases (name, owner, until) VALUES (:name, :owner, :until)"))
_RELEASE: Final = Statement(sa.text("DELETE FROM leases WHERE name = :name AND owner = :owner"))


def claim_beside(pen: Pen, name: str, owner: str, now: datetime) -> None:
    """Take the lease of what begins with this transaction: nobody can have it yet."""
    pen.run(_CLAIM, {"name": name, "owner": owner, "until": micros(now + timedelta(seconds=LEASE_SECONDS))})


def release_beside(pen: Pen, name: str, owner: str) -> None:
    """Give the lease back in the transaction that records an end; nothing happens when it is another's."""
    pen.run(_RELEASE, {"name": name, "owner": owner})
