"""What each example stands for: reviewed runs are a chosen few, and chosen ones show another agent than all traffic.

Prevents a gain on what reviewers picked from being taken for a gain on what customers ask. Runs and examples are
counted by how they ended, whether tools were used, and how long the message is; an example's weight is the share of
its cell in the traffic over its share among the examples, so the mean weight is one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from optimizer.examples import Example
from traces.tables import RUNS

LONG: Final = 60
"""Characters of a message's preview from which on it is a long one."""

Cell = tuple[str, bool, bool]


@dataclass(frozen=True)
class Weights:
    """Weight by run id; `effective` is how many equally weighted examples would tell as much (Kish 1965)."""

    of: dict[str, float]
    effective: float
    traffic: int


def weigh(session: Session, agent: str, examples: Sequence[Example]) -> Weights:
    """Weights of the examples against all ended runs that users started. Without traffic, one for each."""
    cell: tuple[sa.ColumnElement[Any], ...] = (
        RUNS.c.status, RUNS.c.tool_calls > 0, sa.func.length(RUNS.c.input) > LONG,
    )  # fmt: skip
    ended = (RUNS.c.agent == agent, RUNS.c.status.in_(("finished", "failed")), RUNS.c.origin.in_(("user", "otlp")))
    query = sa.select(*cell, sa.func.count()).where(*ended).group_by(*cell)
    counted = session.execute(query).all()
    traffic = Counter[Cell]({(str(row[0]), bool(row[1]), bool(row[2])): int(row[3]) for row in counted})
    runs = [one.run for one in examples]
    cells: dict[str, Cell] = {}
    for at in range(0, len(runs), 500):
        chosen = sa.select(RUNS.c.id, *cell).where(RUNS.c.id.in_(runs[at : at + 500]))
        cells |= {row[0]: (row[1], bool(row[2]), bool(row[3])) for row in session.execute(chosen)}
    known = Counter(cells.values())
    covered = sum(traffic[one] for one in known)
    weights = {
        run: (traffic[one] / covered) / (known[one] / len(cells)) if covered else 1.0 for run, one in cells.items()
    }
    squares = sum(weight * weight for weight in weights.values())
    total = sum(weights.values())
    return Weights(weights, total * total / squares if squares else 0.0, sum(traffic.values()))
