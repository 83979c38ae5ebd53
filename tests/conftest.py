"""What every test may ask for: a database of its own, on SQLite and on PostgreSQL, and no way to a paid model.

Nothing of ours is imported before a test asks for it: the tests that measure what an import loads depend on it.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.postgres import PostgresServer, PostgresUnavailable, running_postgres

if TYPE_CHECKING:
    from traces.db import Database

ENGINES = [
    pytest.param("sqlite"),
    pytest.param("postgresql", marks=pytest.mark.postgres),
]


FORKING = ("tests/crash/", "tests/optimizer/test_night_resume.py")
"""Tests that kill a fork of this process: a fork carries the locks of threads it does not carry."""


# Threads of the embedded engine that spin while others of our processes want the core slow both down a hundredfold.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

settings.register_profile("strop", deadline=None)  # no timed assertions: machines are noisy
settings.load_profile("strop")


def pytest_xdist_auto_num_workers() -> int:
    """Two processes a core (`-n auto`): a good half of the tests' time is spent waiting for others' processes."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What forks comes first, before other tests leave threads of engines and servers behind."""
    items.sort(key=lambda item: not item.nodeid.startswith(FORKING))


@pytest.fixture(scope="session", autouse=True)
def _hears_ctrl_c() -> None:
    """A shell starts what stands behind an `&` with SIGINT ignored, and every child inherits that: undo it here."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _no_paid_models() -> None:
    """No test can spend money: a provider's key in the developer's environment is not seen by any of them."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_AUTH_TOKEN")):
            del os.environ[name]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the session, with a template that has every table of ours; skips with the reason if none."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(running_postgres())
        except PostgresUnavailable as reason:
            pytest.skip(str(reason))
        server.execute("CREATE DATABASE strop_template TEMPLATE template0")
        from traces.db import open_database

        open_database(server.url("strop_template")).close()
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet, in the test's own folder."""
    return f"sqlite:///{tmp_path / 'strop.db'}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database with our tables; dropped after the test."""
    with postgres_server.fresh_database(template="strop_template") as url:
        yield url


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """One test body, run on both engines: a database nobody else uses."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator["Database"]:
    """An open database with every table, on both engines; closed after the test."""
    from traces.db import open_database

    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator["Database"]:
    """An open database on SQLite alone: for what does not depend on the engine."""
    from traces.db import open_database

    opened = open_database(sqlite_url)
    yield opened
    opened.close()
