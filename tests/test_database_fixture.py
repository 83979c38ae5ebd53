"""The fixtures themselves: each test has a database of its own, on both engines, with every table of ours."""

from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from traces.db import Database


def _leave_a_mark(database: "Database") -> list[str]:
    """Add a table nobody else declares, and list all tables as they were before."""
    with database.writing() as session:
        names = sa.inspect(session.connection()).get_table_names()
        session.execute(sa.text("CREATE TABLE mark (id INTEGER)"))
    return names


def test_a_database_has_every_table_and_no_mark_of_another_test(database: "Database") -> None:
    """A test finds the tables it needs and nothing that another test left."""
    names = _leave_a_mark(database)
    assert {"events", "blobs", "runs", "bundles"} <= set(names)
    assert "mark" not in names


def test_the_next_test_starts_anew(database: "Database") -> None:
    """The mark of the test before is not there, whichever engine."""
    assert "mark" not in _leave_a_mark(database)
