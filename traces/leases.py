"""Who works on what right now: a lease that runs out by itself, so that a dead worker holds nothing for long."""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.tables import LEASES

LEASE_SECONDS: Final = 15.0
"""After this long without a sign of life a worker counts as dead. Renewed three times as often."""


def claim(session: Session, name: str, owner: str, now: datetime) -> str | None:
    """Take the lease or renew it; gives the other owner's name when somebody living holds it."""
    row = session.execute(sa.select(LEASES).where(LEASES.c.name == name)).first()
    if row is not None and row.owner != owner and row.until > now:
        return str(row.owner)
    values = {"owner": owner, "until": now + timedelta(seconds=LEASE_SECONDS)}
    if row is None:
        session.execute(sa.insert(LEASES), {"name": name, **values})
    else:
        session.execute(sa.update(LEASES).where(LEASES.c.name == name).values(**values))
    return None


def release(session: Session, name: str, owner: str) -> None:
    """Give the lease back; nothing happens when it is another's."""
    session.execute(sa.delete(LEASES).where(LEASES.c.name == name, LEASES.c.owner == owner))


def list_held(session: Session, now: datetime) -> dict[str, str]:
    """Owner by name of all leases that have not run out."""
    return {row.name: row.owner for row in session.execute(sa.select(LEASES).where(LEASES.c.until > now))}
