"""A worker's name tells the living from the dead on this machine, and never takes a living one for dead."""

import os
import subprocess
import sys

import pytest

from tests.builders import NOON
from traces.db import Database
from traces.leases import claim, list_held
from traces.workers import is_gone, worker_name

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are told apart by /proc")


def dead_name() -> str:
    """The name of a worker whose process has ended."""
    told = subprocess.run(
        [sys.executable, "-c", "from traces.workers import worker_name; print(worker_name())"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return told.stdout.strip()


def test_the_living_are_not_gone() -> None:
    """A living process, and whatever cannot be judged from here: another machine, a container, a plain name."""
    mine = worker_name()
    host, pid, place, rest = mine.split(":")
    assert not is_gone(mine)
    for name in ("people", "host:1:x", f"{host}:{pid}:elsewhere.1:{rest}", f"{host}:999999999:.:{rest}", ""):
        assert not is_gone(name)
    assert len(mine) <= 120
    assert place


@linux
def test_the_dead_are_gone_even_where_their_number_lives_on() -> None:
    """A process that ended; and one whose number another process has now."""
    host, pid, place, rest = worker_name().split(":")
    assert is_gone(dead_name())
    assert pid == str(os.getpid())
    assert is_gone(f"{host}:{pid}:{place}1:{rest}")  # it began at another time


@linux
def test_an_unburied_process_is_gone() -> None:
    """Killed, and its parent has not looked yet."""
    child = subprocess.Popen(
        [sys.executable, "-c", "from traces.workers import worker_name; print(worker_name(), flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    assert not is_gone(name)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(name)
    child.communicate()


@linux
def test_a_dead_processs_lease_is_free_at_once(database: Database) -> None:
    """Long before it would run out; a living one's is not."""
    with database.writing() as session:
        assert claim(session, "run_a", dead_name(), NOON) is None
        assert claim(session, "run_b", living := worker_name(), NOON) is None
    with database.writing() as session:
        assert list_held(session, NOON) == {"run_b": living}
        assert claim(session, "run_a", "two", NOON) is None
        assert claim(session, "run_b", "two", NOON) == living
