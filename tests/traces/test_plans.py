"""How the questions of the filter language are answered, not how fast: along an index, on both databases."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.population import NOW, Population, made_up_bundles
from traces import filters, search
from traces.bulk import write_streams
from traces.costs import list_costs
from traces.db import Database
from traces.filters import FIELDS, conditions
from traces.recorder import Recorder
from traces.signals import note_signals
from traces.stats import By, aggregate
from traces.store import count_events, last_seqs, list_feedback, list_runs, list_tool_bytes, read_streams
from traces.tables import RUNS

ASKED = {
    "agent": "agent:claims", "status": "status:failed", "origin": "origin:user", "model": "model:m-large",
    "bundle": "bundle:ab", "conversation": "conversation:conv_01", "run": "run:run_01", "parent": "parent:run_x",
    "tool": "tool:refund", "has": "has:feedback,score,error,parent,divergences", "signal": "signal:rephrase",
    "outcome": "outcome:refunded", "label": "label:good", "since": "since:24h", "until": "until:2026-05-01",
    "score": "score<0.6", "cost": "cost>0.01", "tokens": "tokens>2000", "steps": "steps>2", "calls": "calls>1",
    "seconds": "seconds>5",
}  # fmt: skip
"""A question for every name of the language; together with those below."""

MORE = ["", "quokkalogue", "agent:claims status:failed since:24h", "has:label", "-agent:desk", "-score<0.6 -quokka*"]
MORE += ['agent:claims status:failed tool:refund score<0.6 cost>0.01 since:24h "quokkalogue"']


SOME = ("runs_judged", "runs_diverged", "runs_with_error", "runs_by_score", "runs_open", "runs_by_parent")
"""Indexes over some runs alone: read whole where just these are asked for."""


@pytest.fixture
def filled(database: Database) -> Database:
    """Some hundred runs: enough that a plan is worth a thought."""
    people = Population(made_up_bundles(), 300, end=NOW)
    with database.writing() as session:
        write_streams(session, people.part(0, 300))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if not database.is_sqlite else "SELECT 1")
    return database


def plans(database: Database, read: Callable[[Session], object], table: str = "runs") -> list[str]:
    """How each statement of one reading that names the table is answered, as the database tells it."""
    told: list[str] = []
    asked: list[tuple[str, Any]] = []

    def listen(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and table in statement:
            asked.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", listen)
    with database.reading() as session:
        read(session)
    sa.event.remove(database.engine, "before_cursor_execute", listen)
    with database.engine.connect() as connection:
        if not database.is_sqlite:  # a table of one page is read whole unless that is dear
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(explain + statement, parameters)
            told.append(statement + "\n" + "\n".join(str(row[-1]) for row in rows))
    return told


WHOLE = re.compile(rf"^SCAN (runs|events|run_tools|run_marks)\b(?!.*INDEX (runs_newest|{'|'.join(SOME)})\b)")


def scans(plan: str) -> list[str]:
    """Steps that read a whole table of ours, or a whole index that is not the list itself."""
    return [step for step in plan.splitlines() if "Seq Scan on" in step or WHOLE.match(step)]


@pytest.mark.parametrize("most", [0, 1_000])
def test_no_question_reads_a_whole_table(filled: Database, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether few runs are meant or many: rows are looked up, or gone through along an index in the list's order."""
    monkeypatch.setattr(filters, "FEW_RUNS", most)
    monkeypatch.setattr(search, "FEW", most)
    assert ASKED.keys() == FIELDS.keys()
    for query in (*ASKED.values(), *MORE):
        for plan in plans(filled, partial(listed, query)):
            assert scans(plan) == [], f"{query!r}:\n{plan}"


def listed(query: str, session: Session) -> object:
    """The runs that a question means."""
    return list_runs(session, where=conditions(query, now=NOW, session=session))


SOME_RUNS = [f"run_{number}" for number in range(500)]
OF_RUNS: dict[str, Callable[[Session], object]] = {
    "feedback": lambda session: list_feedback(session, SOME_RUNS),
    "facts": lambda session: read_streams(session, SOME_RUNS, ["run_started", "run_finished"]),
    "counted": lambda session: count_events(session, SOME_RUNS, "tool_called"),
    "newest": lambda session: last_seqs(session, SOME_RUNS, ["run_waited"]),
    "tool bytes": lambda session: list_tool_bytes(session, SOME_RUNS),
    "by model": lambda session: list_costs(session, "model", where=[RUNS.c.id.in_(SOME_RUNS)]),
}


@pytest.mark.parametrize("name", OF_RUNS)
def test_facts_of_some_runs_are_found_by_the_run(filled: Database, name: str) -> None:
    """And not among all facts of their kind, which are as many as there are runs."""
    found = plans(filled, OF_RUNS[name], "events")
    assert found
    for plan in found:
        assert scans(plan) == []
        assert "events_kind" not in plan.split("\n", 1)[1], plan


@pytest.mark.parametrize("by", ["agent", "bundle", "model", "conversation", "hour"])
def test_figures_of_a_day_read_that_day(filled: Database, by: By) -> None:
    """And not all runs along the index of what they are grouped by."""

    def figures(session: Session) -> object:
        return aggregate(session, by=by, where=conditions("since:24h", now=NOW, session=session))

    found = plans(filled, figures)
    assert found
    for plan in found:
        assert scans(plan) == []
        assert "runs_newest" in plan.split("\n", 1)[1], plan


def test_a_look_for_signals_reads_the_last_days_alone(filled: Database) -> None:
    """Neither all turns, which are most runs there are, nor all calls of all runs."""
    recorder = Recorder(filled)
    found = plans(filled, lambda _: note_signals(recorder, NOW), "run")
    assert found
    for plan in found:
        steps = plan.split("\n", 1)[1]
        assert scans(plan) == []
        assert not any(index in steps for index in ("runs_by_parent", "events_kind")), plan


def test_few_and_many_find_the_same(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two ways to answer give one answer."""
    for query in (*ASKED.values(), *MORE):
        found = []
        for most in (0, 1_000):
            monkeypatch.setattr(filters, "FEW_RUNS", most)
            monkeypatch.setattr(search, "FEW", most)
            with filled.reading() as session:
                where = conditions(query, now=NOW, session=session)
                found.append([run.id for run in list_runs(session, where=where, limit=1000).items])
        assert found[0] == found[1], query
