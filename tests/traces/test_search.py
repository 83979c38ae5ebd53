"""Full-text search: the same words on both databases, found by an index whatever their frequency."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import finished, model_step, record_run, run_started
from tests.traces.otlp_samples import genai, request
from traces import search
from traces.db import Database, open_database
from traces.filters import conditions
from traces.otlp.receive import receive
from traces.otlp.wire import decode_protobuf
from traces.recorder import Recorder
from traces.search import forget, words_of
from traces.store import list_runs, read_stream


def find(database: Database, query: str) -> set[str]:
    """Ids of the runs that the query means."""
    with database.reading() as session:
        return {run.id for run in list_runs(session, where=conditions(query, session=session)).items}


def test_inputs_outputs_and_reasoning_are_found(database: Database) -> None:
    """Far beyond what the list shows, in our own runs and in those of others; arguments and names are not text."""
    recorder = Recorder(database)
    thought = {"kind": "response", "parts": [{"part_kind": "thinking", "content": "the quokka smiles"}]}
    recorder.append("run_own", run_started(input="x " * 5_000 + "wombat"))
    for fact in (*model_step(response=thought), finished({"team": "Bandicoot"})):
        recorder.append("run_own", fact)
    receive(recorder, decode_protobuf(request(*genai())).spans)
    theirs = "run_0af7651916cd43dd8448eb211c80319c"
    for word in ("wombat", "quokka", "bandicoot"):
        assert find(database, word) == {"run_own"}
    for word in ("windschutzscheibe", "otter", '"paid euros"', "windschutz*"):
        assert find(database, word) == {theirs}
    assert find(database, "windschutz") == set()
    assert find(database, "tool:refund") == {theirs}
    assert find(database, "-tool:refund origin:any") == {"run_own"}


@pytest.mark.parametrize("few", [0, 1_000])
def test_rare_and_frequent_words_find_the_same(database: Database, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ways to look, one answer, negated too."""
    monkeypatch.setattr(search, "FEW", few)
    recorder = Recorder(database)
    for number in range(6):
        record_run(recorder, run_id=f"run_{number}", input="common" + (" rare" if number == 3 else ""))
    everything = {f"run_{number}" for number in range(6)}
    assert find(database, "common") == everything
    assert find(database, "rare") == find(database, "common rare") == {"run_3"}
    assert find(database, "common -rare") == everything - {"run_3"}
    assert find(database, "tool:none") == set()


def test_what_is_forgotten_is_not_found(database: Database) -> None:
    """Facts taken out of the index leave nothing of their words in it, and take nothing of others along."""
    recorder = Recorder(database)
    for number in (1, 2):
        record_run(recorder, run_id=f"run_{number}", input="my name is Quentin")
    with database.writing() as session:
        forget(session, {one.id: one.event for one in read_stream(session, "run_1")})
    assert find(database, "quentin") == {"run_2"}


@given(st.text(max_size=40))
def test_words_hold_nothing_that_a_query_language_reads(text: str) -> None:
    """Letters and digits only, and again the same words: no quote, operator or blank can come through."""
    words = words_of(text)
    assert all(word.isalnum() or not word.isascii() for word in words)
    assert not any(sign in word for word in words for sign in "\"'()*:&|!<>- \0")


# --- plans: how the questions are answered, not how fast ------------------------------------------------------------

QUERIES = {
    "": "runs_newest",
    "agent:hello": "runs_by_agent",
    "agent:hello status:failed since:24h": "runs_by_",
    "conversation:conv_1": "runs",
    "rare": "sqlite_autoindex_runs_1",
    "tool:refund": "sqlite_autoindex_runs_1",
    "common": "runs_newest",
    "common status:failed": "runs_by_status",
}


@pytest.mark.parametrize("query", [query for query in QUERIES if query != "conversation:conv_1"])
def test_no_question_reads_the_whole_table(sqlite_url: str, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are read along an index in their order or looked up by one; no table is gone through."""
    database = open_database(sqlite_url)
    recorder = Recorder(database)
    for number in range(30):
        record_run(recorder, input="common" + (" rare" if number == 3 else ""))
    monkeypatch.setattr(search, "FEW", 5)
    plans: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", _explain(plans), retval=False)
    find(database, query)
    database.close()
    (listed,) = [plan for plan in plans if "started_at DESC" in plan]
    steps = [line for line in listed.splitlines()[1:] if "SCAN" in line and "INDEX" not in line]
    assert not [step for step in steps if "VIRTUAL TABLE" not in step and "SUBQUERY" not in step], listed
    assert QUERIES[query] in listed, listed


def _explain(plans: list[str]) -> Any:
    def listener(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            explained = connection.connection.driver_connection.execute("EXPLAIN QUERY PLAN " + statement, parameters)
            plans.append("\n".join([" ".join(statement.split()), *(row[3] for row in explained)]))

    return listener
