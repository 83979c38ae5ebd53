"""What runs cost, added up by agent, conversation, day or model: straight from the ledger and its list of runs.

In the groups of `traces.stats`, over other runs: what was spent is spent, also by nights and for shadows, while
figures of quality leave these out. A run counts whole on the day (UTC) it began. Prevents: a total that hides what no
price is known for: each row says how many of its runs (by model: of its replies) have none.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.stats import key_of, name_of
from traces.tables import EVENTS, KIND_OF_STREAM, RUNS

By = Literal["agent", "conversation", "day", "model"]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One row: what it is of, and what was spent, in US dollars. `count` is runs, or replies where it is by model."""

    name: str
    count: int = 0
    unpriced: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0


def list_costs(
    session: Session, by: By, *, where: Iterable[sa.ColumnElement[bool]] = (), limit: int = 200
) -> list[Cost]:
    """The dearest first; days newest first. Delegated runs and those of nights count like all others.

    Args:
        session: an open reading session.
        by: what a row stands for.
        where: conditions over the runs table (`traces.filters` makes them from the filter language).
        limit: rows.
    """
    if by == "model":
        return _by_model(session, where)[:limit]
    figures = (RUNS.c.cost, RUNS.c.steps, RUNS.c.input_tokens, RUNS.c.output_tokens)
    base = sa.select(key_of(by).label("key"), *figures).where(*where).subquery("base")
    spent = sa.func.coalesce(sa.func.sum(base.c.cost), 0.0)
    query = sa.select(
        base.c.key,
        sa.func.count(),
        sa.func.count().filter(base.c.cost.is_(None), base.c.steps > 0),
        sa.func.sum(base.c.input_tokens),
        sa.func.sum(base.c.output_tokens),
        spent,
    )
    order = base.c.key.desc() if by == "day" else spent.desc()
    return [
        Cost(
            name=name_of(by, key), count=int(count), unpriced=int(unpriced), input_tokens=int(given),
            output_tokens=int(written), cost=float(cost),
        )
        for key, count, unpriced, given, written, cost in session.execute(
            query.group_by(base.c.key).order_by(order, base.c.key).limit(limit)
        )
    ]  # fmt: skip


def _by_model(session: Session, where: Iterable[sa.ColumnElement[bool]]) -> list[Cost]:
    """Reads the head of each reply, not its text: that is a body of its own."""
    query = sa.select(EVENTS.c.payload).join(RUNS, RUNS.c.id == EVENTS.c.stream)
    query = query.where(KIND_OF_STREAM == "model_replied", *where)
    found: dict[str, Cost] = {}
    for (payload,) in session.execute(query.execution_options(yield_per=1000)):
        reply = json.loads(payload)
        row = found.get(reply["model"], Cost(name=reply["model"]))
        found[row.name] = Cost(
            name=row.name,
            count=row.count + 1,
            unpriced=row.unpriced + (reply.get("cost") is None),
            input_tokens=row.input_tokens + (reply.get("input_tokens") or 0),
            output_tokens=row.output_tokens + (reply.get("output_tokens") or 0),
            cost=row.cost + (reply.get("cost") or 0.0),
        )
    return sorted(found.values(), key=lambda row: (-row.cost, row.name))
