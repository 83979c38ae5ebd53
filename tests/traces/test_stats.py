"""Figures over many runs, on both databases, against the same computed by hand."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from agents.service import views
from tests.builders import NOON, failed, finished, judged, model_step, run_started
from traces.db import Database
from traces.filters import conditions
from traces.recorder import Recorder
from traces.stats import WAYS, By, aggregate, newest_since
from traces.tables import RUNS


def _record(database: Database, number: int, seconds: float, **changes: object) -> None:
    times = iter(
        [NOON + timedelta(minutes=20 * number), *([NOON + timedelta(minutes=20 * number, seconds=seconds)] * 9)]
    )
    recorder = Recorder(database, clock=lambda: next(times))
    end = failed() if number == 4 else finished()
    facts = (run_started(**changes), *model_step(cost=0.5 if number < 3 else None), end)
    for fact in (*facts, *([judged(score=number / 10)] if number % 2 else [])):
        recorder.append(f"run_{number}", fact)


@pytest.fixture
def filled(database: Database) -> Database:
    """Six runs of two agents in four conversations within two hours, and one of the optimizer."""
    for number in range(6):
        agent = "desk" if number < 4 else "claims"
        _record(database, number, number + 1.0, agent=agent, conversation_id=f"conv_{number // 2}")
    _record(database, 9, 100, agent="desk", origin="evaluation", conversation_id="conv_9")
    return database


def test_figures_by_agent(filled: Database) -> None:
    """Runs, errors, tokens, cost, latency by nearest rank, the mean score; none of the optimizer's runs."""
    with filled.reading() as session:
        desk, claims = aggregate(session, by="agent", where=conditions("", session=session))
    assert (desk.key, desk.runs, desk.errors, desk.conversations) == ("desk", 4, 0, 2)
    assert (desk.steps, desk.input_tokens, desk.output_tokens) == (4, 40, 20)
    assert (desk.cost, desk.cost_per_conversation) == (pytest.approx(1.5), pytest.approx(0.75))
    assert (desk.p50, desk.p90, desk.p99) == (2.0, 4.0, 4.0)
    assert (desk.judged, desk.score) == (2, pytest.approx(0.2))
    assert (claims.key, claims.runs, claims.errors, claims.cost, claims.score) == ("claims", 2, 1, None, 0.5)


def test_groups_and_filters(filled: Database) -> None:
    """Hours are newest first, a filter chooses the runs, and nothing found is no group."""
    with filled.reading() as session:
        hours = aggregate(session, by="hour", where=conditions("", session=session))
        assert [(hour.key, hour.runs) for hour in hours] == [("2026-03-01T13:00Z", 3), ("2026-03-01T12:00Z", 3)]
        (failed_ones,) = aggregate(session, where=conditions("status:failed", session=session))
        assert (failed_ones.key, failed_ones.runs, failed_ones.p50) == ("all", 1, 5.0)
        assert aggregate(session, where=conditions("agent:nobody", session=session)) == []
        (first,) = aggregate(session, by="conversation", limit=1)
        assert first.runs == 2


@pytest.mark.parametrize("by", WAYS)
def test_each_way_of_grouping_counts_every_run_once(filled: Database, by: By) -> None:
    """The groups of any way together are all runs."""
    with filled.reading() as session:
        assert sum(group.runs for group in aggregate(session, by=by)) == 7


def test_runs_are_grouped_by_the_model_that_replied_last(filled: Database) -> None:
    """Each run's model, as its replies name it."""
    with filled.reading() as session:
        found = {one.key: one.runs for one in aggregate(session, by="model")}
        named = Counter(session.scalars(sa.select(RUNS.c.model)))
    assert found == named
    assert all(found)


@pytest.mark.parametrize(("most", "begins"), [(2, 4), (5, 1), (6, None), (7, None)])
def test_of_too_many_runs_the_newest_are_counted(filled: Database, most: int, begins: int | None) -> None:
    """The moment from which so many runs began; none where no run would be left out. The optimizer's do not count."""
    with filled.reading() as session:
        where = conditions("", session=session)
        since = newest_since(session, where, most=most)
        assert since == (None if begins is None else NOON + timedelta(minutes=20 * begins))
        if since is not None:
            (counted,) = aggregate(session, where=[*where, RUNS.c.started_at >= since])
            assert counted.runs == most


def test_an_answer_says_from_when_it_counts(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's answer names the moment, unless the whole was asked for."""
    monkeypatch.setattr(views, "newest_since", partial(newest_since, most=2))
    with filled.reading() as session:
        part = views.stats_view(session, "", "all")
        whole = views.stats_view(session, "", "all", whole=True)
    assert (part.since, part.groups[0].runs) == (NOON + timedelta(minutes=80), 2)
    assert (whole.since, whole.groups[0].runs) == (None, 6)
