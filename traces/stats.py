"""Figures over many runs by group (agent, version, model, hour ...): runs, errors, tokens, cost, latency, scores.

One question of the database for all groups. Prevents: a figure that counts the optimizer's own runs as customers',
and one that reads the whole of a large ledger each time somebody looks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.tables import RUNS

By = Literal["all", "agent", "bundle", "model", "conversation", "status", "origin", "hour", "day"]
WAYS: Final[tuple[str, ...]] = get_args(By)

PERCENTILES: Final = (50, 90, 99)
MOST_GROUPS: Final = 1_000
MOST_RUNS: Final = 200_000
"""Of more runs than this, services and lists count the newest only: figures cost about 8 CPU seconds a million."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the runs of one group amount to. Seconds are of runs that ended, by nearest rank; cost is US dollars."""

    key: str
    runs: int
    errors: int
    conversations: int
    steps: int
    tool_calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    """None where no run has a known price."""
    cost_per_conversation: float | None
    judged: int
    score: float | None
    """Mean of the newest scores of judged runs."""
    p50: float | None
    p90: float | None
    p99: float | None


def aggregate(
    session: Session, *, by: By = "all", where: Iterable[sa.ColumnElement[bool]] = (), limit: int = 100
) -> list[Figures]:
    """Figures by group, the groups with most runs first; hours and days newest first.

    Args:
        session: an open reading session.
        by: what makes a group; hours and days are UTC, such as 2026-01-31T08:00Z.
        where: conditions over runs, as `traces.filters.conditions` makes them.
        limit: groups, at most MOST_GROUPS.
    """
    key = key_of(by)
    base = sa.select(key.label("key"), *_COLUMNS).where(*where).subquery("base")
    order = base.c.key.desc() if by in {"hour", "day"} else sa.desc("runs")
    query = _grouped(base).group_by(base.c.key).order_by(order, base.c.key).limit(min(limit, MOST_GROUPS))
    rows = list(session.execute(query))
    latencies = _latencies(session, base, [row.key for row in rows])
    return [_figures(by, row, latencies.get(row.key, {})) for row in rows]


def newest_since(
    session: Session, where: Iterable[sa.ColumnElement[bool]] = (), *, most: int = MOST_RUNS
) -> datetime | None:
    """When the oldest of the newest `most` runs began; None where there are no more than so many."""
    query = sa.select(RUNS.c.started_at).where(*where).order_by(RUNS.c.started_at.desc()).offset(most - 1).limit(2)
    last = list(session.scalars(query))
    return last[0] if len(last) == 2 else None


_MICROS: Final = sa.type_coerce(RUNS.c.ended_at, sa.BigInteger) - sa.type_coerce(RUNS.c.started_at, sa.BigInteger)
_COLUMNS: Final = (
    RUNS.c.status, RUNS.c.conversation_id, RUNS.c.steps, RUNS.c.tool_calls, RUNS.c.input_tokens,
    RUNS.c.output_tokens, RUNS.c.cost, RUNS.c.score, _MICROS.label("micros"),
)  # fmt: skip
_PERIOD: Final = {"hour": 3_600_000_000, "day": 86_400_000_000}


def key_of(by: By) -> sa.ColumnElement[Any]:
    """What makes a group, for whoever adds up runs; hours and days as the microseconds of their start (UTC)."""
    if by == "all":
        return sa.literal("all")
    if by in _PERIOD:
        micros = sa.type_coerce(RUNS.c.started_at, sa.BigInteger)
        return micros - micros % _PERIOD[by]
    # Not as it stands: SQLite would go through all runs along the index of that column, to have them in groups.
    return (RUNS.c.conversation_id if by == "conversation" else RUNS.c[by]).concat("")


def _grouped(base: sa.Subquery) -> sa.Select[Any]:
    sums = (
        sa.func.sum(base.c[name]).label(name) for name in ("steps", "tool_calls", "input_tokens", "output_tokens")
    )
    return sa.select(
        base.c.key,
        sa.func.count().label("runs"),
        sa.func.sum(sa.case((base.c.status == "failed", 1), else_=0)).label("errors"),
        sa.func.count(base.c.conversation_id.distinct()).label("conversations"),
        *sums,
        sa.func.sum(base.c.cost).label("cost"),
        sa.func.count(base.c.score).label("judged"),
        sa.func.avg(base.c.score).label("score"),
    )


def _latencies(session: Session, base: sa.Subquery, keys: list[Any]) -> dict[Any, dict[int, float]]:
    """Seconds by group and percentile: the value at the nearest rank, on both databases alike."""
    partition = {"partition_by": base.c.key}
    ranked = (
        sa.select(
            base.c.key,
            base.c.micros,
            sa.func.row_number().over(order_by=base.c.micros, **partition).label("place"),  # type: ignore[arg-type]
            sa.func.count().over(**partition).label("total"),  # type: ignore[arg-type]
        )
        .where(base.c.micros.is_not(None), base.c.key.in_(keys))
        .subquery("ranked")
    )
    found: dict[Any, dict[int, float]] = {}
    wanted = [(percent, (ranked.c.total * percent + 99) // 100) for percent in PERCENTILES]
    query = sa.select(ranked).where(sa.or_(*(ranked.c.place == rank for _, rank in wanted)))
    for row in session.execute(query):
        for percent in PERCENTILES:
            if row.place == (row.total * percent + 99) // 100:
                found.setdefault(row.key, {})[percent] = row.micros / 1_000_000
    return found


def _figures(by: By, row: Any, latency: dict[int, float]) -> Figures:
    cost = None if row.cost is None else float(row.cost)
    told = row._asdict()
    told.update(
        key=name_of(by, row.key), cost=cost, score=None if row.score is None else float(row.score),
        cost_per_conversation=None if cost is None else cost / row.conversations,
        p50=latency.get(50), p90=latency.get(90), p99=latency.get(99),
    )  # fmt: skip
    numbers = ("runs", "errors", "conversations", "steps", "tool_calls", "input_tokens", "output_tokens", "judged")
    return Figures(**{**told, **{name: int(told[name]) for name in numbers}})


def name_of(by: By, key: Any) -> str:
    """A group's name for people."""
    if by not in _PERIOD:
        return str(key)
    from traces.db import from_micros

    return from_micros(int(key)).strftime("%Y-%m-%d" if by == "day" else "%Y-%m-%dT%H:00Z")
