"""Rollouts when things go wrong: a race with a roll-back, a worker cut off, a watch killed half-way, wrong clocks."""

import itertools
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from agents.errors import IllegalStep
from agents.prompts import rollout as acts
from agents.prompts.exposure import chance
from agents.prompts.rollout import take_back
from agents.prompts.rollout_store import Rollout
from agents.prompts.store import find_live
from agents.rollouts import end_rollout
from tests.agents.rollout_world import World, open_world
from tests.builders import PERSON
from tests.postgres import PostgresServer
from traces.errors import LedgerUnavailable
from traces.leases import claim
from traces.store import list_runs, read_events
from traces.verify import verify


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    """A live version and a proposal, on each database."""
    with open_world(tmp_path / "ws", database_url) as one:
        yield one


def drawn(rollout: Rollout) -> Iterator[str]:
    """Conversations that the draw gives to the candidate."""
    names = (f"c{number}" for number in itertools.count())
    return (name for name in names if chance(rollout.id, name) < rollout.plan.share)


def test_a_conversation_that_begins_during_a_roll_back(world: World, tmp_path: Path, database_url: str) -> None:
    """It waits until the roll-back is committed, and is then served by what is live: never by what was taken back."""
    candidate = world.propose()
    rollout = world.begin(candidate)
    mine = drawn(rollout)
    assert world.turn(next(mine))[1] == candidate
    with open_world(tmp_path / "ws", database_url) as other, ThreadPoolExecutor(1) as pool:
        with world.database.writing() as session:
            take_back(session, world.recorder, rollout.id, PERSON)
            begun = pool.submit(other.turn, next(mine))
        assert begun.result()[1] == world.live


@pytest.mark.postgres
def test_a_worker_that_is_cut_off_serves_nothing(
    tmp_path: Path, postgres_server: PostgresServer, postgres_url: str
) -> None:
    """Without the database it starts no run, so it cannot serve what was taken back meanwhile; later it knows."""
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    postgres_server.execute("CREATE ROLE cut_off LOGIN SUPERUSER")
    with open_world(tmp_path / "ws", postgres_url) as house:
        rollout = house.begin(house.propose())
        mine = drawn(rollout)
        with open_world(tmp_path / "ws", postgres_url.replace("strop@", "cut_off@")) as worker:
            assert worker.turn(next(mine))[1] == rollout.candidate
            postgres_server.execute("ALTER ROLE cut_off NOLOGIN")
            theirs = f"FROM pg_stat_activity WHERE usename = 'cut_off' AND datname = '{name}'"
            postgres_server.execute(f"SELECT pg_terminate_backend(pid) {theirs}")
            end_rollout(house.recorder, rollout.id, "stop", PERSON)
            with house.database.reading() as session:
                before = len(list_runs(session).items)
            with pytest.raises(LedgerUnavailable):
                worker.turn(next(mine))
            postgres_server.execute("ALTER ROLE cut_off LOGIN")
            with house.database.reading() as session:
                assert len(list_runs(session).items) == before
            assert worker.turn(next(mine))[1] == house.live
    postgres_server.execute("DROP ROLE cut_off")


def _die_in_a_roll_back(folder: Path, url: str, point: str) -> None:
    """In a process of its own: look, and be killed at a certain place of what follows."""

    def die(*given: object, **more: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with open_world(folder, url) as world:
        if point == "commit":
            # Everything is written, and nothing is committed.
            world.watch._tell = die  # type: ignore[method-assign, assignment]
            inner = acts.move

            def last(*given: object, **more: object) -> None:
                inner(*given, **more)  # type: ignore[arg-type]
                die()

            acts.move = last  # type: ignore[assignment]
        else:
            setattr(acts, point, die)
        world.watch.look()


@pytest.mark.parametrize("point", ["RolloutEnded", "move", "commit"])
def test_a_watch_killed_in_the_middle_of_a_roll_back(
    tmp_path: Path, database_url: str, point: str, world: World
) -> None:
    """Nothing of it is there, and the next look, in another process, does it whole."""
    rollout = world.begin(world.propose())
    bad = (world.converse(name, good=False) for name in drawn(rollout))
    assert {next(bad) for _ in range(12)} == {rollout.candidate}
    for number in itertools.takewhile(lambda number: number < 40, itertools.count()):
        if chance(rollout.id, f"c{number}") >= rollout.plan.share:
            world.converse(f"c{number}")
    world.database.close()
    watch = multiprocessing.get_context("spawn").Process(
        target=_die_in_a_roll_back, args=(tmp_path / "ws", database_url, point)
    )
    watch.start()
    watch.join()
    assert watch.exitcode == -signal.SIGKILL
    assert (world.find(rollout).active, world.state(rollout.candidate)) == (True, "canary")
    with open_world(tmp_path / "ws", database_url) as other, other.database.reading() as session:
        assert verify(session).whole
        moment = other.recorder.now() + timedelta(seconds=11)  # the dead one's lease has run out
    with open_world(tmp_path / "ws", database_url) as other:
        other.recorder._clock = lambda: moment
        other.watch.look()
        assert (other.find(rollout).outcome, other.state(rollout.candidate)) == ("rolled_back", "rolled_back")
        with other.database.reading() as session:
            live = find_live(session, "hello")
            assert live is not None
            assert live.digest == world.live
            assert verify(session).whole
            assert [one.kind for one in read_events(session, rollout.id)].count("rollout_ended") == 1


def test_a_clock_that_jumps(world: World) -> None:
    """A lease taken by a clock that was a day ahead does not leave the rollout without a watch when it is right."""
    rollout = world.begin(world.propose())
    with world.database.writing() as session:
        claim(session, f"watch_{rollout.id}", "another", world.recorder.now() + timedelta(days=1))
    world.serve(rollout, 100, bad=True)
    assert world.find(rollout).outcome == "rolled_back"


def test_two_watches_do_no_harm(world: World, tmp_path: Path, database_url: str) -> None:
    """Both look at all at once, as where a clock is wrong: each conversation is counted once, one roll-back."""
    rollout = world.begin(world.propose())
    for number in range(40):
        world.converse(f"c{number}", good=chance(rollout.id, f"c{number}") >= rollout.plan.share)
    with open_world(tmp_path / "ws", database_url) as other:
        for one in (world, other):
            one.watch._claim = lambda rollout, now: True  # type: ignore[method-assign]

        def look(one: World) -> None:
            with suppress(IllegalStep):  # the other one was faster
                one.watch.look()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(look, [world, other]))
    with world.database.reading() as session:
        facts = [one.kind for one in read_events(session, rollout.id)]
        assert verify(session).whole
    assert (facts.count("conversation_counted"), facts.count("rollout_ended")) == (40, 1)
