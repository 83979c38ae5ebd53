"""What the tables are and how they change, on both databases: declared and migrated are one, and no data is lost."""

import importlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.builders import record_run
from tests.postgres import PostgresServer
from traces.db import METADATA, Database, connect, open_database
from traces.errors import LedgerOutdated
from traces.recorder import Recorder
from traces.schema import HEAD, VERSION_TABLE, revisions
from traces.store import get_run, read_events
from traces.verify import verify

ROOT = Path(__file__).parent.parent.parent
RELEASED = ROOT / "tests" / "released"


def declare() -> None:
    """Import each room's `tables.py`: everything on METADATA."""
    for path in sorted(ROOT.glob("[!.]*/**/tables.py")):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'strop.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.fresh_database() as url:
        yield url


def load(url: str, revision: str) -> None:
    """Fill the database with what the code of that revision wrote."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.executescript((RELEASED / f"{revision}.sqlite.sql").read_text(encoding="utf-8"))
        connection.close()
        return
    database = Database(url)
    with database.engine.begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute((RELEASED / f"{revision}.postgresql.sql").read_text(encoding="utf-8"))
    database.close()


def looks_like(url: str) -> dict[str, object]:
    """Every table with its columns, keys, indexes and comments, as the database tells them."""
    database = Database(url)
    inspector = sa.inspect(database.engine)
    told: dict[str, object] = {}
    for table in sorted(set(inspector.get_table_names()) - {VERSION_TABLE}):
        unique = inspector.get_unique_constraints(table)
        indexes = inspector.get_indexes(table)
        told[table] = (
            [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            sorted(unique, key=lambda one: str(one["name"])),
            sorted(_told(index) for index in indexes),
            inspector.get_table_comment(table) if not database.is_sqlite else None,
        )
    if database.is_sqlite:
        with database.engine.connect() as connection:
            made = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
            told["indexes as SQL"] = sorted(tuple(row) for row in made if row.sql)
    database.close()
    return told


def _told(index: Mapping[str, Any]) -> tuple[str, ...]:
    options = {name: str(option) for name, option in index.get("dialect_options", {}).items()}
    return tuple(str(one) for one in (index["name"], index["column_names"], index.get("expressions"), options))


# --- the tables --------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # of SQLite: as SQL they are compared
def test_declared_and_migrated_tables_are_the_same(
    empty: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """What the rooms declare is what the revisions make: Alembic finds nothing to change, nor does a second look."""
    declare()
    database = open_database(empty)
    with database.engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_server_default": True, "include_name": _is_declared}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
    database.close()
    assert differences == []
    if empty.startswith("sqlite"):
        assert looks_like(empty) == _made_from_declarations(f"sqlite:///{tmp_path / 'declared.db'}")
    else:
        with request.getfixturevalue("postgres_server").fresh_database() as url:
            assert looks_like(empty) == _made_from_declarations(url)


def _is_declared(name: str | None, kind: str, _parents: object) -> bool:
    """Not the index of words: no database's tables for full text can be declared in SQLAlchemy."""
    return not (kind == "table" and str(name).split("_")[0] == "words")


def _made_from_declarations(url: str) -> dict[str, object]:
    database = Database(url)
    METADATA.create_all(database.engine)
    database.close()
    return looks_like(url)


def test_the_revisions_are_one_line_and_end_at_the_programs_own() -> None:
    """No two revisions follow the same one, the files are named after them, and HEAD is the last."""
    script = ScriptDirectory(str(ROOT / "traces" / "migrations"))
    line = [one.revision for one in script.walk_revisions()]
    assert line[::-1] == revisions()
    assert script.get_heads() == [HEAD]


# --- data from before --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", revisions())
def test_a_database_of_every_revision_is_brought_up_to_date(empty: str, revision: str) -> None:
    """Nothing in it is lost or changed: the ledger is proven, is read, and is gone on with."""
    load(empty, revision)
    database = open_database(empty)
    assert database.state() == (HEAD, "current")
    record_run(Recorder(database), run_id="run_new")
    with database.reading() as session:
        report = verify(session)
        assert (report.problems, report.runs) == ([], 4)
        assert get_run(session, "run_failed").feedback == 1
        first = read_events(session, "run_well")[0].event
        assert getattr(first, "input", "") == "Where is my policy? " * 40
        assert session.execute(sa.text("SELECT count(*) FROM bundles")).scalar() == 1
    database.close()


def test_a_database_from_before_revisions_gets_one(empty: str) -> None:
    """Tables that an early Strop made are kept and get the first revision's name."""
    load(empty, "0001")
    database = connect(empty)
    assert database.state() == (None, "behind")
    assert database.bring_up_to_date() is None
    assert database.bring_up_to_date() == HEAD
    database.close()


def test_a_ledger_that_was_changed_is_not_made_to_look_whole(empty: str) -> None:
    """The revision that writes the chain anew proves the old one first, and stops at the first wrong event."""
    load(empty, "0002")
    database = connect(empty)
    with database.writing() as session:
        session.execute(sa.text("UPDATE events SET at = at + 1 WHERE stream = 'run_well' AND seq = 3"))
    with pytest.raises(LedgerOutdated, match=r"run_well event 3 \(model_replied\) does not fit") as error:
        database.bring_up_to_date()
    assert "Restore a backup" in error.value.hint
    assert database.state() == ("0002", "behind")
    database.close()


def test_a_database_of_a_newer_strop_is_left_alone(empty: str) -> None:
    """It is said clearly, before anything is read or written."""
    database = open_database(empty)
    with database.writing() as session:
        session.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(LedgerOutdated, match="newer Strop") as error:
        open_database(empty)
    assert "Install" in error.value.hint
    assert database.state() == ("9999", "ahead")
    database.close()


def test_another_programs_tables_are_left_alone(empty: str) -> None:
    """A table that only has the same name is not ours; no table of ours is made beside it."""
    database = connect(empty)
    with database.writing() as session:
        session.execute(sa.text("CREATE TABLE runs (kilometres INTEGER)"))
    with pytest.raises(LedgerOutdated, match="not Strop's"):
        open_database(empty)
    assert sa.inspect(database.engine).get_table_names() == ["runs"]
    database.close()


# --- at once, and at no cost -------------------------------------------------------------------------------------


OPENER = """
import sys
from traces.db import open_database
print("ready", flush=True)
sys.stdin.readline()
open_database(sys.argv[1]).close()
print("done")
"""


def test_four_processes_open_an_empty_database_at_once(empty: str) -> None:
    """One makes the tables, the others wait for it; none fails."""
    command = [sys.executable, "-c", OPENER, empty]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    workers = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert [worker.communicate()[0] for worker in workers] == ["done\n"] * 4
    database = connect(empty)
    assert database.state() == (HEAD, "current")
    database.close()


def test_a_database_up_to_date_costs_one_query_and_no_import(empty: str) -> None:
    """Opening one of the newest revision asks once and loads nothing: what `strop run` waits for at its start."""
    open_database(empty).close()
    program = f"""
import sys
import sqlalchemy as sa
from traces.db import connect
database = connect({empty!r})
asked = []
sa.event.listen(database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
database.bring_up_to_date()
print([one for one in asked if not one.startswith("BEGIN")], "alembic" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == f"['SELECT version_num FROM {VERSION_TABLE}'] False"
