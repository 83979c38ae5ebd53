"""A database that cannot be used: one clear error each, nothing half written, and it goes on afterwards."""

import os
import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

import traces.db
from tests.builders import failed, record_run, run_started
from traces.db import Database, open_database
from traces.errors import LedgerUnavailable
from traces.pen import Statement
from traces.recorder import Recorder
from traces.store import read_events
from traces.verify import verify

as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


def refused(database: Database, told: str) -> None:
    """Writing a fact is refused with these words and a remedy."""
    with pytest.raises(LedgerUnavailable, match=told) as error:
        Recorder(database).append("run_b", run_started())
    assert error.value.hint


def whole(database: Database, runs: int) -> None:
    """The ledger is proven, and has this many runs."""
    with database.reading() as session:
        report = verify(session)
    assert (report.problems, report.runs) == ([], runs)


def test_a_locked_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds the write lock for longer than we wait; afterwards the same recorder goes on."""
    monkeypatch.setattr(traces.db, "SQLITE_BUSY_SECONDS", 0.05)
    path = tmp_path / "strop.db"
    database = open_database(f"sqlite:///{path}")
    recorder = Recorder(database)
    record_run(recorder)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused(database, "locked by another process")
    with database.reading() as session:  # reading goes on meanwhile
        assert read_events(session, "run_b") == []
    other.execute("ROLLBACK")
    other.close()
    recorder.append("run_b", run_started())
    whole(database, 2)


def test_a_full_disk_in_the_middle_of_a_run(tmp_path: Path) -> None:
    """The fact that did not fit leaves nothing; the run goes on in the same recorder when there is room again."""
    database = open_database(f"sqlite:///{tmp_path / 'strop.db'}")
    recorder = Recorder(database)
    recorder.append("run_a", run_started())
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    with database.appending() as pen:
        pen.number(Statement(sa.text(f"PRAGMA max_page_count={pages}")), {})
    big = run_started(input=os.urandom(40_000).hex())
    with pytest.raises(LedgerUnavailable, match="disk is full") as error:
        recorder.append("run_b", big)
    assert "nothing was half written" in error.value.hint
    database.close()  # and with the connection its bound
    recorder.append("run_b", big)
    recorder.append("run_a", failed())
    whole(database, 2)


@as_root
def test_a_file_that_may_only_be_read(tmp_path: Path) -> None:
    """Told as such, with what to do."""
    path = tmp_path / "strop.db"
    open_database(f"sqlite:///{path}").close()
    path.chmod(stat.S_IREAD)
    tmp_path.chmod(stat.S_IREAD | stat.S_IEXEC)
    try:
        with pytest.raises(LedgerUnavailable, match=r"read-only|cannot be opened"):
            open_database(f"sqlite:///{path}")
    finally:
        tmp_path.chmod(stat.S_IRWXU)


def test_a_database_that_is_a_folder(tmp_path: Path) -> None:
    """What stands at the path is not a file."""
    (tmp_path / "strop.db").mkdir()
    with pytest.raises(LedgerUnavailable, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path / 'strop.db'}")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerUnavailable, match="cannot make the folder") as error:
        open_database(f"sqlite:///{tmp_path / 'file' / 'strop.db'}")
    assert "writable" in error.value.hint


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """Something else under that name is not overwritten."""
    path = tmp_path / "strop.db"
    path.write_text("Dear diary, " * 200)
    with pytest.raises(LedgerUnavailable, match="not a readable SQLite database"):
        open_database(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear diary")


@pytest.mark.parametrize("url", ["nonsense", "", "://", "mysteries://x/y"])
def test_a_url_that_is_none(url: str) -> None:
    """The forms that work are named."""
    with pytest.raises(LedgerUnavailable) as error:
        open_database(url)
    assert "postgresql" in error.value.hint


def test_a_server_that_does_not_answer_and_its_password() -> None:
    """Told within seconds, and the password of the URL is in no message."""
    with pytest.raises(LedgerUnavailable) as error:
        open_database("postgresql+psycopg://strop:s3cret@127.0.0.1:9/strop")
    assert "does not answer" in str(error.value)
    assert "s3cret" not in str(error.value) + error.value.hint


@pytest.mark.postgres
def test_a_server_that_goes_away(postgres_url: str) -> None:
    """A connection that the server ended is opened anew; nothing is lost or written twice."""
    database = open_database(postgres_url)
    recorder = Recorder(database)
    record_run(recorder)
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    operator = Database(postgres_url)
    with operator.engine.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {others}").all()
    operator.close()
    record_run(recorder)
    whole(database, 2)
    database.close()
