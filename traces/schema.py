"""Which revision the tables have, and how they get to the newest: when a database is opened, under a lock.

The tables of all rooms are made by the revisions in `traces/migrations/` and by nothing else; a test holds them
equal to what the rooms declare. A revision is only ever added. Alembic is loaded when there is something to do: a
database that is up to date costs one query.

Prevents: two processes that change the tables at once, and an old program that writes into tables of a newer one.
"""

from pathlib import Path
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError

from traces.errors import LedgerOutdated

HEAD: Final = "0011"
"""The revision whose tables this program reads and writes."""

VERSION_TABLE: Final = "strop_revision"
"""Not Alembic's default name: Strop may share a PostgreSQL database with another program that uses Alembic."""

LOCK_KEY: Final = 0x5354_524F_50
"""Key of PostgreSQL's advisory lock: "STROP" in ASCII. SQLite's write lock needs none."""

State = Literal["current", "behind", "ahead", "empty"]


def find_revision(engine: sa.Engine) -> str | None:
    """The revision of the tables; None in an empty database and in one from before revisions. One query."""
    query = sa.text(f"SELECT version_num FROM {VERSION_TABLE}")
    try:
        with engine.connect() as connection:
            found = connection.execute(query).scalar()
    except (OperationalError, ProgrammingError):
        # No such table, most likely. Anything else (locked, no database) will say so again here.
        with engine.connect() as connection:
            if sa.inspect(connection).has_table(VERSION_TABLE):
                raise
        return None
    return None if found is None else str(found)


def state_of(engine: sa.Engine) -> tuple[str | None, State]:
    """The revision of the tables and how it stands to this program's; nothing is changed."""
    revision = find_revision(engine)
    if revision == HEAD:
        return revision, "current"
    if revision is not None:
        return revision, "behind" if revision in revisions() else "ahead"
    with engine.connect() as connection:
        return None, "behind" if sa.inspect(connection).has_table("events") else "empty"


def revisions() -> list[str]:
    """Every revision this program knows, oldest first: `versions/rNNNN_….py`."""
    return sorted(file.name[1:5] for file in (Path(__file__).parent / "migrations" / "versions").glob("r*.py"))


def bring_up_to_date(engine: sa.Engine) -> str | None:
    """Give the database this program's tables; doing it twice is harmless. Gives the revision it had before.

    Raises:
        LedgerOutdated: a newer program made the tables, or another program has tables of the same names.
    """
    revision = find_revision(engine)
    if revision != HEAD:
        refuse_newer(revision)
        _upgrade(engine)
    return revision


def refuse_newer(revision: str | None) -> None:
    """Raise LedgerOutdated for a revision that this program does not know."""
    if revision is not None and revision not in revisions():
        raise LedgerOutdated(
            f"the database has revision {revision!r}, this Strop knows up to {HEAD!r}: a newer Strop uses it",
            hint="Install that newer Strop here too; nothing was changed.",
        )


def _upgrade(engine: sa.Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "traces:migrations")
    with engine.connect().execution_options(strop_write=True) as connection, connection.begin():
        # Whoever waited here finds the work done: Alembic reads the revision again behind the lock.
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_KEY)))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except RuntimeError as error:
            told, *hint = (str(part) for part in error.args)
            own = "Give Strop a database of its own in [database] url."
            raise LedgerOutdated(told, hint=hint[0] if hint else own) from error
