"""How much may be spent in a day: asked before each model request, summed from the ledger's own list of runs.

Prevents: a bill that is known the next morning. Days are UTC; a run counts on the day it began. Requests that are
under way when the budget is used up come to their end: it may be exceeded by what they cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.errors import BudgetSpent
from traces.db import Database
from traces.tables import RUNS


@dataclass(frozen=True)
class Budgets:
    """US dollars for a day (UTC): of all agents together, and of single ones. None or absent: no bound."""

    day: float | None = None
    agents: Mapping[str, float] = field(default_factory=dict)

    def check(self, database: Database, agent: str, now: datetime) -> None:
        """Stop before a model is asked when the day's money is spent.

        Raises:
            BudgetSpent: which budget, and what was spent.
        """
        bounds = [(f"agent {agent!r}", self.agents.get(agent), agent), ("all agents", self.day, None)]
        for whose, bound, name in bounds:
            if bound is None:
                continue
            with database.reading() as session:
                spent = spent_on(session, now, name)
            if spent >= bound:
                raise BudgetSpent(whose, spent, bound)


def spent_on(session: Session, day: datetime, agent: str | None = None) -> float:
    """US dollars that the runs cost that began on that day (UTC), of one agent or of all."""
    start = day.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    query = sa.select(sa.func.coalesce(sa.func.sum(RUNS.c.cost), 0.0)).where(RUNS.c.started_at >= start)
    if agent is not None:
        query = query.where(RUNS.c.agent == agent)
    return float(session.execute(query).scalar_one())
