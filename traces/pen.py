"""The short way to the database: statements made into text once, run on the driver's own cursor.

What each fact costs goes this way. SQLAlchemy still says what the statements are, so that there is one of each for
both databases; its own way to run one (look it up, make a context, make a result) is more work than the database has
with it. Prevents: SQL that is written twice, once for each driver.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from select import POLLIN, poll
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session


class Statement:
    """A statement with named values, for every database or, where they differ, one for each dialect's name."""

    def __init__(self, made: sa.ClauseElement | Mapping[str, sa.ClauseElement]) -> None:
        self._made = made
        self._texts: dict[str, tuple[str, Sequence[str] | None]] = {}

    def text(self, dialect: Dialect) -> tuple[str, Sequence[str] | None]:
        """The text for the driver, and the order of the values where it takes them by place."""
        known = self._texts.get(dialect.name)
        if known is None:
            made = self._made[dialect.name] if isinstance(self._made, Mapping) else self._made
            compiled = made.compile(dialect=dialect)
            positions = getattr(compiled, "positiontup", None)
            known = self._texts[dialect.name] = (str(compiled), None if positions is None else tuple(positions))
        return known


def named(table: sa.Table, *left_out: str) -> dict[str, Any]:
    """A named value for each column of a table but these, for an INSERT or UPDATE."""
    return {column.name: sa.bindparam(column.name) for column in table.c if column.name not in left_out}


class Pen:
    """Runs statements on one connection of a driver, inside whatever transaction is open there.

    Values go to the driver as they are: times must be microseconds already. Errors come as SQLAlchemy's own, but
    without the values, which are people's words.
    """

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self.connection: Final = connection
        self.dialect: Final = dialect
        self._cursor: Final = connection.cursor()
        self._error: Final[type[Exception]] = dialect.loaded_dbapi.Error

    def run(self, statement: Statement, values: Mapping[str, Any]) -> None:
        """Run a statement that gives nothing back."""
        text, order = statement.text(self.dialect)
        try:
            self._cursor.execute(text, values if order is None else [values[name] for name in order])
        except self._error as error:
            raise self._told(error) from error

    def run_all(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement for each of these rows."""
        text, order = statement.text(self.dialect)
        try:
            self._cursor.executemany(text, rows if order is None else [[row[name] for name in order] for row in rows])
        except self._error as error:
            raise self._told(error) from error

    def first(self, statement: Statement, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """Run a statement and give the first row of what it gives back, or None; values as the driver has them."""
        self.run(statement, values)
        rows = self._cursor.fetchall()
        return rows[0] if rows else None

    def number(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """Run a statement that gives one number back."""
        self.run(statement, values)
        ((found,),) = self._cursor.fetchall()
        return int(found)

    def column(self, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        """Run a statement that gives one column back."""
        self.run(statement, values)
        return [found for (found,) in self._cursor.fetchall()]

    def these(self, names: Sequence[str]) -> Any:
        """Texts as one value: SQLite's `json_each` or PostgreSQL's `ANY` take it."""
        return json.dumps(names) if self.dialect.name == "sqlite" else list(names)

    def insert(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """Run a statement that inserts one row; gives its id. SQLite's driver knows it without being asked for it."""
        if self.dialect.name != "sqlite":
            return self.number(statement, values)
        self.run(statement, values)
        return int(self._cursor.lastrowid)

    def _told(self, error: Exception) -> BaseException:
        return DBAPIError.instance(None, None, error, self._error)


def pen_of(session: Session) -> Pen:
    """A pen that writes inside the transaction of this session."""
    connection = session.connection()
    return Pen(connection.connection, connection.dialect)


class KeptPen(Pen):
    """A pen with a connection of its own, kept from one transaction to the next. Used by one thread at a time."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction that holds the write lock from its start, where the database has one. Commits at the end;
        when it raises, nothing was written.
        """
        try:
            if self.dialect.name == "sqlite":
                self._cursor.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.commit()
            except BaseException:
                self.connection.rollback()
                raise
        except self._error as error:
            raise self._told(error) from error

    @property
    def is_alive(self) -> bool:
        """Whether the connection can be used, as far as that is seen without asking the server.

        Between transactions a server says nothing, unless it ends the connection.
        """
        if self.dialect.name == "sqlite":
            return True
        driver = self.connection.driver_connection
        if driver.closed:
            return False
        heard = poll()
        heard.register(driver.fileno(), POLLIN)
        return not heard.poll(0)

    def close(self) -> None:
        """Give the connection up."""
        self.connection.invalidate()
