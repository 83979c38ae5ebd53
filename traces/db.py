"""The database: the only place that makes an engine, and the two ways to open a transaction on it.

`reading()` never writes; `writing()` takes SQLite's write lock at its start, so that a transaction cannot fail
half-way because somebody else wrote between its read and its write. Driver errors that an operator can do
something about (locked, full, read-only, unreachable) come out as `LedgerUnavailable` with that something.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from traces.errors import LedgerUnavailable
from traces.pen import KeptPen, Pen
from traces.schema import State, bring_up_to_date, state_of

METADATA: Final = sa.MetaData()
"""Every table of Strop is declared on this one object, in `*/tables.py`; they are made by `traces/migrations/`."""

SQLITE_BUSY_SECONDS: Final = 10
"""How long a writer waits for another process's transaction before it says the database is locked."""


class UtcTimestamp(TypeDecorator[datetime]):
    """An aware datetime, stored as microseconds since 1970 UTC: sorts, compares and survives both engines alike."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse naive times: a time without a zone is a different fact on each machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a timestamp needs a time zone")
        return micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Give an aware UTC time back."""
        return None if value is None else from_micros(value)


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC, as they are stored and hashed."""
    return round(at.timestamp() * 1_000_000)


def from_micros(count: int) -> datetime:
    """An aware UTC time from microseconds since 1970, exactly."""
    seconds, rest = divmod(count, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def insert_or_ignore(session: Session, table: sa.Table) -> Any:
    """An INSERT that leaves a row with the same key as it is."""
    return insert_for(session.get_bind().dialect.name, table).on_conflict_do_nothing()


def insert_for(dialect: str, table: sa.Table) -> Any:
    """An INSERT that can say what happens to a row with the same key: each database has its own words for it."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table)


class Database:
    """One engine and its two kinds of transaction.

    Args:
        url: SQLAlchemy URL; `sqlite:///PATH` or `postgresql+psycopg://…`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _make_engine(url)
        self._pen: KeptPen | None = None
        self._pen_lock = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database (one file, one machine)."""
        return self.engine.dialect.name == "sqlite"

    def bring_up_to_date(self) -> str | None:
        """Give the database this program's tables; gives the revision it had. Doing it twice is harmless.

        Raises:
            LedgerOutdated: a newer Strop made them.
        """
        with _told(self.url):
            return bring_up_to_date(self.engine)

    def state(self) -> tuple[str | None, State]:
        """The revision of its tables, and how that stands to this program's; nothing is changed."""
        with _told(self.url):
            return state_of(self.engine)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one consistent snapshot; nothing in it may write."""
        with _told(self.url), Session(self.engine) as session, session.begin():
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose transaction holds the write lock from its first statement; commits at the end."""
        with _told(self.url), Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"strop_write": True})
            yield session

    def maintain(self, statement: str) -> Any:
        """Run a statement that must be in no transaction, such as VACUUM; gives its first row, if it has one."""
        # SQLite's driver is in that mode already (`_sqlite_connect`), where `_sqlite_begin` sends no BEGIN.
        mode: dict[str, Any] = {"strop_plain": True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        with _told(self.url), self.engine.connect().execution_options(**mode) as connection:
            done = connection.exec_driver_sql(statement)
            return done.first() if done.returns_rows else None

    @contextmanager
    def appending(self) -> Iterator[Pen]:
        """As `writing`, by the short way: for the few statements that each fact costs. Waits for another's turn."""
        with _told(self.url), self._pen_lock:
            if self._pen is None or not self._pen.is_alive:
                self._drop_pen()
                self._pen = KeptPen(self.engine.raw_connection(), self.engine.dialect)
            with self._pen.transaction():
                yield self._pen

    def _drop_pen(self) -> None:
        pen, self._pen = self._pen, None
        if pen is not None:
            pen.close()

    def close(self) -> None:
        """Give all connections back. The database may be opened again later."""
        with self._pen_lock:
            self._drop_pen()
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open (and where needed create) the database, its tables as this program knows them.

    Raises:
        LedgerUnavailable: with what to do, when it cannot be opened.
        LedgerOutdated: a newer Strop made its tables.
    """
    database = connect(url)
    database.bring_up_to_date()
    return database


def connect(url: str) -> Database:
    """The database as it is, its tables of whatever revision: to look at that revision.

    Raises:
        LedgerUnavailable: the URL is none, or its folder cannot be made.
    """
    if url.startswith("sqlite:///") and not url.endswith(":memory:"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerUnavailable(
                f"cannot make the folder {str(folder)!r} for the database: {error.strerror}",
                hint="Give a writable workspace, or another [database] url in strop.toml.",
            ) from error
    return Database(url)


def _make_engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except SQLAlchemyError as error:
        raise LedgerUnavailable(
            f"{_without_password(url)!r} is not a database URL",
            hint="Use sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME.",
        ) from error
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(parsed, connect_args={"timeout": SQLITE_BUSY_SECONDS})
        sa.event.listen(engine, "connect", _sqlite_connect)
        sa.event.listen(engine, "begin", _sqlite_begin)
        return engine
    try:
        return sa.create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (ImportError, SQLAlchemyError) as error:
        raise LedgerUnavailable(
            f"cannot use {_without_password(url)!r}: {error}",
            hint="Install the `postgres` extra and use postgresql+psycopg://….",
        ) from error


def _sqlite_connect(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: `_sqlite_begin` says BEGIN in the form we need.
    connection.isolation_level = None
    cursor = connection.cursor()
    # WAL: readers never wait for the writer. FULL: a commit that was answered survives power loss, not only
    # kill -9; it costs about 0.4 ms of CPU, and a lost tool call record may mean a second refund.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA temp_store=MEMORY")
    # What is deleted or replaced is overwritten in the file, so that words that were erased are not left in its gaps.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _sqlite_begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if options.get("strop_plain", False):
        return
    write = options.get("strop_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


_CAUSES: Final = (
    (r"database is locked|database table is locked|could not obtain lock",
     "locked", "the database is locked by another process",
     "Wait for the other process, or stop it; nothing was written."),
    (r"disk is full|No space left|disk I/O error",
     "full", "the disk is full or cannot be written",
     "Free some space and try again; nothing was half written."),
    (r"readonly database|read-only",
     "read-only", "the database is read-only", "Make the file and its folder writable."),
    (r"unable to open database file",
     "unreachable", "the database file cannot be opened",
     "Check that its folder exists and can be written."),
    (r"file is not a database|malformed",
     "damaged", "the file is not a readable SQLite database",
     "Restore it from a backup, or give another [database] url."),
    (r"connection (refused|failed|timeout)|could not connect|server closed|terminating connection|Connection refused",
     "unreachable", "the database server does not answer", "Start it, or correct [database] url in strop.toml."),
)  # fmt: skip


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Turn a driver's complaint that an operator can act on into one clear error."""
    try:
        yield
    except IntegrityError:
        raise
    except (OperationalError, DBAPIError) as error:
        text = str(error.orig)
        for pattern, cause, what, hint in _CAUSES:
            if re.search(pattern, text, re.IGNORECASE):
                raise LedgerUnavailable(f"{what} ({_without_password(url)})", hint=hint, cause=cause) from error
        raise


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)
