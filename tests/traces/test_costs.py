"""What was spent adds up the same on both databases, and what has no price is said."""

from datetime import UTC, datetime

import pytest

from tests.builders import Ticking, model_step, record_run
from traces.costs import Cost, list_costs
from traces.db import Database
from traces.filters import conditions
from traces.recorder import Recorder


@pytest.fixture
def recorder(database: Database) -> Recorder:
    """A ledger with three runs on two days: two priced ones and one whose price nobody knows."""
    opened = Recorder(database, clock=Ticking(datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)))
    record_run(opened, *model_step(2, cost=0.5, input_tokens=100), agent="desk", conversation_id="c1")
    record_run(opened, agent="desk", conversation_id="c2")
    record_run(opened, *model_step(2, cost=2.0, model="big"), agent="claims", conversation_id="c1")
    return opened


def test_by_agent_and_conversation(recorder: Recorder, database: Database) -> None:
    """The dearest first; tokens and unknown prices beside the sum."""
    with database.reading() as session:
        claims, desk = list_costs(session, "agent")
        assert (claims.name, claims.cost) == ("claims", 2.0)
        assert desk == Cost(name="desk", count=2, unpriced=1, input_tokens=120, output_tokens=15, cost=0.5)
        assert [(row.name, row.cost) for row in list_costs(session, "conversation")] == [("c1", 2.5), ("c2", 0.0)]


def test_by_day_and_model(recorder: Recorder, database: Database) -> None:
    """Days are UTC and newest first; models are those that replied."""
    with database.reading() as session:
        days = {row.name: row.count for row in list_costs(session, "day")}
        models = {row.name: (row.count, row.unpriced, row.cost) for row in list_costs(session, "model")}
        dear = list_costs(session, "model", where=conditions("agent:claims"))
    assert list(days) == ["2026-03-02", "2026-03-01"]
    assert sum(days.values()) == 3
    assert models == {"scripted": (4, 3, 0.5), "big": (1, 0, 2.0)}
    assert [row.name for row in dear] == ["big", "scripted"]
