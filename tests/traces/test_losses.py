"""What could not be stored is counted, also while the database is what stands in the way."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

import traces.db
from tests.builders import NOON, Ticking, run_started
from tests.traces.otlp_samples import TRACE, genai, request, span
from traces.db import Database, open_database
from traces.erase import Erasure, erase_runs
from traces.errors import LedgerUnavailable
from traces.losses import Loss, list_losses, total
from traces.otlp.receive import receive
from traces.otlp.wire import decode_protobuf
from traces.provenance import Provenance
from traces.recorder import Recorder


def lost(database: Database) -> list[Loss]:
    """All that is counted."""
    with database.reading() as session:
        return list_losses(session)


def send(recorder: Recorder, body: bytes) -> None:
    """As the service takes a request."""
    decoded = decode_protobuf(body)
    receive(recorder, decoded.spans, decoded.refused)


def test_refused_spans_are_counted_by_reason(database: Database) -> None:
    """Those that cannot be read and those of an erased run; a span that was sent twice is none of them."""
    recorder = Recorder(database, clock=Ticking())
    send(recorder, request(*genai(), span(0, "nameless"), span(0, "nameless too")))
    send(recorder, request(*genai()))
    (one,) = lost(database)
    assert (one.day, one.what, one.why, one.count) == ("2026-03-01", "spans", "unreadable", 2)
    assert "nameless" in one.example
    erase_runs(recorder, {f"run_{TRACE}": None}, Erasure(Provenance(by="m", reason="asked")))
    send(recorder, request(*genai()))
    send(recorder, request(*genai()))
    assert {(one.why, one.count) for one in lost(database)} == {("unreadable", 2), ("erased", 10)}
    assert total(lost(database)) == 12


def test_counts_have_a_day_and_a_newest(database: Database) -> None:
    """A row for each day; what is older than asked for is left out."""
    recorder = Recorder(database, clock=Ticking(step=timedelta(hours=13)))
    for number in range(3):
        recorder.losses.add("requests", "unreadable", example=f"no {number}")
        assert recorder.losses.settle()
    told = [(one.day, one.count, one.example) for one in lost(database)]
    assert told == [("2026-03-03", 1, "no 2"), ("2026-03-02", 2, "no 1")]
    with database.reading() as session:
        assert total(list_losses(session, since=NOON + timedelta(hours=30))) == 1


def test_failed_writes_are_counted_when_the_database_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock of another process keeps facts out and their count too, until the next fact goes in."""
    monkeypatch.setattr(traces.db, "SQLITE_BUSY_SECONDS", 0.02)
    path = tmp_path / "strop.db"
    database = open_database(f"sqlite:///{path}")
    recorder = Recorder(database)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(LedgerUnavailable) as error:
            recorder.append("run_a", run_started())
        assert error.value.cause == "locked"
    with pytest.raises(LedgerUnavailable):
        send(recorder, request(*genai()))
    assert not recorder.losses.settle()
    assert lost(database) == []
    other.execute("ROLLBACK")
    other.close()
    recorder.append("run_a", run_started())
    (one,) = lost(database)
    assert (one.what, one.why, one.count) == ("writes", "locked", 3)
    assert not recorder.losses.waiting
    database.close()
