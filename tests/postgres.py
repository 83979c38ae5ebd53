"""A throw-away PostgreSQL server for one test session, and a fresh database on it for each test.

Owns finding the binaries, the temporary data folder and the server's life. It listens on a unix socket inside its
own folder only, so it can neither meet another server nor be met. PostgreSQL refuses to run as root: as root it is
started as another user, to whom the folder is given.
"""

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

# Nothing here outlives the session, so nothing needs to survive a power cut.
_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "log_min_messages": "fatal",
}
_UNPRIVILEGED: Final = ("postgres", "nobody")


class PostgresUnavailable(Exception):
    """PostgreSQL cannot be started here; the message is the reason shown beside the skipped tests."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `socket_folder` is the only way to reach it."""

    socket_folder: Path
    _numbers: Iterator[int]

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database on this server."""
        return f"postgresql+psycopg://strop@/{database}?host={self.socket_folder}"

    def execute(self, statement: str) -> None:
        """Run one administrative statement outside any transaction."""
        conninfo = f"host={self.socket_folder} user=strop dbname=postgres"
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextlib.contextmanager
    def fresh_database(self, template: str = "template0") -> Iterator[str]:
        """Give the URL of a database that is nobody else's, and drop it afterwards whoever still holds it."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextlib.contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a server, give it, and stop it by its process id.

    Raises:
        PostgresUnavailable: no binaries, or the server would not start; with the reason.
    """
    binaries = _find_binaries()
    user = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="strop-pg-"))
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    data, log = folder / "data", folder / "log"
    access = ("-U", "strop", "-A", "trust", "-E", "UTF8", "--no-locale")
    options = " ".join(f"-c {name}={value or repr('')}" for name, value in _SETTINGS.items())
    try:
        _run(user, binaries / "initdb", "-D", data, "--no-sync", *access)
        _run(user, binaries / "pg_ctl", "start", "-w", "-s", "-D", data, "-l", log, "-o", f"-k {folder} {options}")
        try:
            yield PostgresServer(folder, itertools.count(1))
        finally:
            # pg_ctl stops the process whose id is in this data folder, and no other.
            _run(user, binaries / "pg_ctl", "stop", "-w", "-s", "-m", "immediate", "-D", data)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find_binaries() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: _version(folder.parent.name))
    on_path = shutil.which("initdb")
    candidates = [*reversed(installed), *([Path(on_path).resolve().parent] if on_path else [])]
    for folder in candidates:
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    raise PostgresUnavailable("no PostgreSQL server binaries (initdb, pg_ctl, postgres) on this machine")


def _version(name: str) -> int:
    return int(name) if name.isdigit() else 0


def _unprivileged_user() -> str | None:
    """Whom to run the server as: None for ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in _UNPRIVILEGED:
        if name in known:
            return name
    raise PostgresUnavailable(f"PostgreSQL does not run as root, and there is no user {' or '.join(_UNPRIVILEGED)}")


def _run(user: str | None, program: Path, *arguments: str | Path) -> None:
    group = None if user is None else pwd.getpwnam(user).pw_gid
    done = subprocess.run(
        [program, *arguments],
        user=user,
        group=group,
        extra_groups=None if user is None else [],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # not a pipe: the server inherits it and would keep it open
        stderr=subprocess.STDOUT,
        timeout=120,
    )
    if done.returncode:
        raise PostgresUnavailable(f"{program.name} ended with {done.returncode} (run as {user or 'ourselves'})")
