"""Whole streams at once: the rows are those that the recorder writes fact by fact, on both databases."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks.population import NOW, Population, large_run, long_run, made_up_bundles
from tests.builders import NOON, finished, run_started
from traces.bulk import Stream, rows_of, write_streams
from traces.chain import SALT
from traces.db import Database, open_database
from traces.errors import LedgerError
from traces.recorder import Recorder
from traces.redact import Redactor
from traces.store import read_stream
from traces.tables import BLOBS, EVENTS, RUN_TOOLS, RUNS
from traces.verify import verify


def some_runs() -> list[Stream]:
    """All that the generator makes, in small."""
    people = Population(made_up_bundles(), 120, end=NOW)
    bundle = "sha256:" + "b" * 64
    return [*people.part(0, 60), *people.part(60, 60), long_run(bundle, NOW, 5), large_run(bundle, NOW, 5_000)]


def rows(database: Database) -> dict[str, list[Any]]:
    """Every row but for salts, and so hashes, which differ by chance; and in how many facts each word is."""
    words = "SELECT term, doc FROM temp.terms ORDER BY term COLLATE BINARY"
    if not database.is_sqlite:
        words = "SELECT word, ndoc FROM ts_stat('SELECT text FROM words') ORDER BY word COLLATE \"C\""
    with database.reading() as session:
        if database.is_sqlite:
            session.execute(sa.text("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'words', 'row')"))
        found = {"words": [tuple(row) for row in session.execute(sa.text(words))]}
        found["events"] = [
            (*row[:-2], {**json.loads(row.payload), SALT: ""})
            for row in session.execute(sa.select(EVENTS).order_by(EVENTS.c.id))
        ]
        for table in (BLOBS, RUNS, RUN_TOOLS):
            found[table.name] = sorted(tuple(row) for row in session.execute(sa.select(table)))
        return found


def test_the_rows_are_those_of_the_recorder(database: Database, tmp_path: Path) -> None:
    """Ids, hashes, bodies, summaries, tools and words, of runs of every kind; and the ledger is whole."""
    streams = some_runs()
    times: list[datetime] = []
    one_by_one = open_database(f"sqlite:///{tmp_path / 'one.db'}")
    recorder = Recorder(one_by_one, clock=lambda: times[-1])
    for name, facts in streams:
        for at, event in facts:
            times.append(at)
            recorder.append(name, event)
    with database.writing() as session:
        for start in (0, 50, 100):
            write_streams(session, streams[start : start + 50])
    assert rows(database) == rows(one_by_one)
    with database.reading() as session:
        report = verify(session)
    assert report.whole, report.problems
    assert report.runs == len(streams) == 122
    one_by_one.close()


def test_a_stream_that_is_there_is_refused_whole(database: Database) -> None:
    """Nothing of the transaction stays, and the run that was there is as it was."""
    Recorder(database).append("run_old", run_started(input="mine"))
    for taken in ("run_old", "run_new"):  # in the second, twice in one go
        streams: list[Stream] = [("run_new", [(NOON, run_started())]), (taken, [(NOON, run_started())])]
        with pytest.raises(LedgerError, match="in the ledger already"), database.writing() as session:
            write_streams(session, streams)
    with database.reading() as session:
        assert [one.event for one in read_stream(session, "run_old")] == [run_started(input="mine")]
        assert read_stream(session, "run_new") == []


def test_a_run_without_a_beginning_is_refused() -> None:
    """A part of a run is none."""
    with pytest.raises(LedgerError, match="does not start a run"):
        rows_of([("run_1", [(NOON, finished())])])


def test_what_must_not_be_kept_is_not_kept(database: Database) -> None:
    """An import is a way in like any other."""
    key = "sk-proj-" + "a1" * 20
    with database.writing() as session:
        write_streams(session, [("run_1", [(NOON, run_started(input=f"my key is {key}"))])], Redactor())
    with database.reading() as session:
        (stored,) = read_stream(session, "run_1")
    assert key not in stored.event.model_dump_json()
    assert stored.event.redacted == {"secret": 1}
