"""Finding rollouts: their rows, as values. What each came to is told by the facts of its own stream."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.prompts.plan import Mode, RolloutPlan
from agents.prompts.tables import ROLLOUTS
from traces.errors import NotFound


@dataclass(frozen=True)
class Rollout:
    """One rollout, as its row says. `active` while it gives conversations out or waits for their outcomes."""

    id: str
    agent: str
    active: bool
    mode: Mode
    candidate: str
    control: str
    exposed: int
    outcome: str | None
    plan: RolloutPlan
    started_at: datetime
    ended_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether the candidate may still get conversations."""
        return self.active and self.exposed < self.plan.exposure


def find_active(session: Session, agent: str) -> Rollout | None:
    """The agent's rollout that is under way, or None."""
    row = session.connection().execute(_ACTIVE, {"of_agent": agent}).mappings().first()
    return None if row is None else _rollout(row)


_ACTIVE: Final = sa.select(ROLLOUTS).where(ROLLOUTS.c.active == sa.bindparam("of_agent"))


def get_rollout(session: Session, rollout: str) -> Rollout:
    """The rollout of that id.

    Raises:
        NotFound: there is none.
    """
    row = session.execute(sa.select(ROLLOUTS).where(ROLLOUTS.c.id == rollout)).mappings().first()
    if row is None:
        raise NotFound("rollout", rollout, hint="`strop rollout list` shows those there were.")
    return _rollout(row)


def match_rollout(session: Session, name: str) -> str:
    """The id that `name` means: an id, its beginning or end, or an agent (then its newest rollout).

    Raises:
        NotFound: none, or more than one.
    """
    newest = sa.select(ROLLOUTS.c.id).where(ROLLOUTS.c.agent == name).order_by(ROLLOUTS.c.started_at.desc()).limit(1)
    found = session.execute(newest).scalar()
    if found is not None:
        return str(found)
    pattern = ROLLOUTS.c.id.startswith(name, autoescape=True) | ROLLOUTS.c.id.endswith(name, autoescape=True)
    ids = session.execute(sa.select(ROLLOUTS.c.id).where(pattern).limit(2)).scalars().all()
    if len(ids) != 1:
        what = "rollout" if not ids else "single rollout (several match)"
        raise NotFound(what, name, hint="`strop rollout list` shows those there were.")
    return str(ids[0])


def list_rollouts(
    session: Session, *, agent: str | None = None, active: bool = False, limit: int = 50
) -> list[Rollout]:
    """Rollouts, newest first."""
    query = sa.select(ROLLOUTS).order_by(ROLLOUTS.c.started_at.desc(), ROLLOUTS.c.id.desc()).limit(limit)
    if agent is not None:
        query = query.where(ROLLOUTS.c.agent == agent)
    if active:
        query = query.where(ROLLOUTS.c.active.is_not(None))
    return [_rollout(row) for row in session.execute(query).mappings()]


def _rollout(row: Any) -> Rollout:
    return Rollout(
        id=row["id"], agent=row["agent"], active=row["active"] is not None, mode=row["mode"],
        candidate=row["candidate"], control=row["control"], exposed=row["exposed"], outcome=row["outcome"],
        plan=plan_of(row["plan"]), started_at=row["started_at"], ended_at=row["ended_at"],
    )  # fmt: skip


@lru_cache(maxsize=64)
def plan_of(text: str) -> RolloutPlan:
    """The plan as a rollout's row keeps it."""
    return RolloutPlan.model_validate_json(text)
