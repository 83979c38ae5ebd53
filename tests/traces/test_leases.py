"""Leases: one living owner at a time, on both databases."""

from datetime import timedelta

from tests.builders import NOON
from traces.db import Database
from traces.leases import LEASE_SECONDS, claim, list_held, release

LATER = NOON + timedelta(seconds=LEASE_SECONDS + 0.001)


def test_a_living_owner_keeps_what_it_holds(database: Database) -> None:
    """Another is told who has it; the owner itself may renew."""
    with database.writing() as session:
        assert claim(session, "run_a", "one", NOON) is None
    with database.writing() as session:
        assert claim(session, "run_a", "two", NOON + timedelta(seconds=1)) == "one"
        assert claim(session, "run_a", "one", NOON + timedelta(seconds=1)) is None
        assert claim(session, "run_b", "two", NOON) is None
    with database.reading() as session:
        assert list_held(session, NOON) == {"run_a": "one", "run_b": "two"}


def test_a_dead_owners_lease_runs_out(database: Database) -> None:
    """After the stated time without a sign of life anybody may take over, and then the first is told."""
    with database.writing() as session:
        claim(session, "run_a", "one", NOON)
    with database.reading() as session:
        assert list_held(session, LATER) == {}
    with database.writing() as session:
        assert claim(session, "run_a", "two", LATER) is None
        assert claim(session, "run_a", "one", LATER) == "two"


def test_a_renewed_lease_lasts_longer(database: Database) -> None:
    """Each sign of life counts from its own moment."""
    half = NOON + timedelta(seconds=LEASE_SECONDS / 2)
    with database.writing() as session:
        claim(session, "run_a", "one", NOON)
        claim(session, "run_a", "one", half)
        assert claim(session, "run_a", "two", LATER) == "one"


def test_only_the_owner_gives_back(database: Database) -> None:
    """A worker that lost its lease cannot take it from the next by giving it back late."""
    with database.writing() as session:
        claim(session, "run_a", "one", NOON)
        release(session, "run_a", "two")
        assert claim(session, "run_a", "two", NOON) == "one"
        release(session, "run_a", "one")
        assert claim(session, "run_a", "two", NOON) is None
