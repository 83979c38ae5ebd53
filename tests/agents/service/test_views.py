"""The shapes that lists are made of cost a fixed number of queries, however much they list."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.prompts.decisions import adopt_definition
from agents.service.facts import event_page
from agents.service.views import (
    agent_views,
    bundle_list,
    decision_views,
    night_list,
    proposal_list,
    run_detail,
    run_page,
)
from tests.builders import (
    PERSON,
    failed,
    judged,
    make_bundle,
    make_proposal,
    open_workspace,
    record_run,
    write_workspace,
)
from traces.db import Database, open_database
from traces.recorder import Recorder
from traces.tables import BLOBS

VIEWS: dict[str, Callable[[Session], Any]] = {
    "runs": lambda session: run_page(session, limit=500).items,
    "run": lambda session: run_detail(session, "run_parent").children,
    "events": lambda session: event_page(session, "run_parent").items,
    "bundles": lambda session: bundle_list(session),
    "proposals": lambda session: proposal_list(session),
    "decisions": lambda session: decision_views(session, "hello"),
    "nights": lambda session: night_list(session),
}


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """An open database."""
    opened = open_database(sqlite_url)
    yield opened
    opened.close()


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


def grow(recorder: Recorder, live: str, count: int) -> None:
    """So many more of everything."""
    for _ in range(count):
        record_run(recorder, parent_run_id="run_parent", origin="delegation")
        recorder.append("run_parent", judged(comment="x" * 600))
        make_proposal(recorder, make_bundle(instructions=f"Version {_} of {count}."), live)


def test_a_list_costs_the_same_number_of_queries_at_any_length(database: Database) -> None:
    """No view asks again for each row."""
    recorder = Recorder(database)
    with database.writing() as session:
        live = adopt_definition(session, recorder, make_bundle(), PERSON).digest
    record_run(recorder, run_id="run_parent")
    costs: list[dict[str, int]] = []
    lengths: list[dict[str, int]] = []
    for count in (2, 9):
        grow(recorder, live, count)
        costs.append({})
        lengths.append({})
        for name, view in VIEWS.items():
            with counted(database) as seen, database.reading() as session:
                lengths[-1][name] = len(view(session))
            costs[-1][name] = len(seen)
    assert costs[0] == costs[1]
    assert max(costs[0].values()) <= 7, costs
    assert all(lengths[0][name] < lengths[1][name] for name in VIEWS), lengths


def test_agents_cost_the_same_however_many(tmp_path: Path, database: Database) -> None:
    """Pointers and versions of all agents are read together; before the first run the file speaks."""
    costs = []
    for count in (1, 6):
        yaml = [f"name: a{n}\nmodel: test:x\ninstructions: Be {n}.\n" for n in range(count)]
        workspace = open_workspace(write_workspace(tmp_path / str(count), *yaml))
        with counted(database) as seen, database.reading() as session:
            views = agent_views(session, workspace)
        assert [view.name for view in views] == sorted(workspace.agents)
        assert {view.live_source for view in views} == {"definition"}
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_an_edited_file_is_seen(tmp_path: Path, database: Database) -> None:
    """The agent's view says that the file is no longer what the live version grew from."""
    recorder = Recorder(database)
    with database.writing() as session:
        adopt_definition(session, recorder, make_bundle(), PERSON)
    old = open_workspace(write_workspace(tmp_path))
    new = open_workspace(
        write_workspace(tmp_path, "name: hello\nmodel: test:scripted\ninstructions: Say good night.\n")
    )
    with database.reading() as session:
        assert [view.definition_changed for view in agent_views(session, old)] == [False]
        assert [view.definition_changed for view in agent_views(session, new)] == [True]


def test_evidence_that_is_no_body_is_found_in_its_night(database: Database) -> None:
    """Small evidence stands inside its event; the proposal shows it all the same."""
    recorder = Recorder(database)
    with database.writing() as session:
        live = adopt_definition(session, recorder, make_bundle(), PERSON).digest
    make_proposal(recorder, make_bundle(rules=("x",)), live, evidence={"verdict": "better", "after": 0.6})
    with database.reading() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(BLOBS)).scalar_one() == 0
        [view] = proposal_list(session)
    assert (view.verdict, view.evidence) == ("better", {"verdict": "better", "after": 0.6})


def test_a_run_without_an_answer_has_none(database: Database) -> None:
    """And says why."""
    recorder = Recorder(database)
    run_id = record_run(recorder, failed("no answer"))
    with database.reading() as session:
        detail = run_detail(session, run_id)
    assert (detail.answer, detail.run.error) == (None, "RunFailed: no answer")
