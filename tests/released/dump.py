"""Write what a database looks like that this version made: `python -m tests.released.dump`, once for each revision.

A dump stays as it is once its revision is released: `tests/contracts/test_migrations.py` brings each of them to the
newest revision. Its name is the revision that its tables have; the data is a little of everything the rooms keep.
"""

import sqlite3
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.builders import NOON, Ticking, failed, judged, make_bundle, make_proposal, record_run
from tests.postgres import PostgresServer, running_postgres
from traces.db import Database, open_database
from traces.erase import Erasure, erase_runs
from traces.leases import claim
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.schema import HEAD

FOLDER: Final = Path(__file__).parent


def fill(database: Database) -> None:
    """A run that ended well, one that failed and was judged, one erased whose worker still has it, and a proposal."""
    recorder = Recorder(database, clock=Ticking())
    record_run(recorder, run_id="run_well", input="Where is my policy? " * 40, metadata={"channel": "mail"})
    record_run(recorder, failed(), judged(correction={"team": "harbour"}), run_id="run_failed", agent="claims")
    record_run(recorder, *[], run_id="run_child", parent_run_id="run_well", parent_op="tool/1", origin="delegation")
    with database.writing() as session:
        claim(session, "run_child", "worker-1", NOON)
    signed = Provenance(by="m.keller", reason="the customer asked")
    erase_runs(recorder, {"run_child": "erased_1"}, Erasure(signed))
    make_proposal(recorder, make_bundle(instructions="Greet by name."), make_bundle().digest)


def dump_sqlite(path: Path) -> str:
    """The file as SQL. The index of words cannot be read back by SQLite: it is made again by its statement, empty."""
    connection = sqlite3.connect(path)
    (words,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'words'").fetchone()
    connection.execute("DROP TABLE words")
    text = "\n".join(connection.iterdump())
    connection.close()
    return f"{text}\n{words};\n"


def dump_postgres(server: PostgresServer, name: str) -> str:
    """The database as SQL that any client can run: no commands of psql, no owners."""
    command = ["pg_dump", "-h", str(server.socket_folder), "-U", "strop", "--inserts", "--no-owner", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kept = (
        line
        for line in done.stdout.splitlines()
        if line and not line.startswith(("--", "\\", "SET ", "SELECT pg_catalog.set_config"))
    )
    return "\n".join(kept) + "\n"


def main() -> None:
    """Write both dumps."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "strop.db"
        database = open_database(f"sqlite:///{path}")
        fill(database)
        database.close()
        (FOLDER / f"{HEAD}.sqlite.sql").write_text(dump_sqlite(path), encoding="utf-8")
    with running_postgres() as server:
        server.execute("CREATE DATABASE released")
        database = open_database(server.url("released"))
        fill(database)
        database.close()
        (FOLDER / f"{HEAD}.postgresql.sql").write_text(dump_postgres(server, "released"), encoding="utf-8")


if __name__ == "__main__":
    main()
