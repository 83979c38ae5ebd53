"""kill -9 in the middle of a night, then the same command: the end is the same, and nothing is paid twice."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer.night_log import NightLog, take_night
from optimizer.progress import Progress
from tests.crash.workshop import in_fork
from tests.optimizer.conftest import Proven, reopen
from tests.optimizer.night_world import Answer, World, learner, night
from traces.db import open_database
from traces.events import NightEnded, NightResumed, StageReached
from traces.store import read_feed
from traces.verify import verify
from traces.workers import worker_name


def killed_at(root: Path, url: str, asks: int | None) -> int:
    """A night in a forked process that dies by SIGKILL when the model is asked for the `asks`-th time."""

    def work() -> None:
        world = reopen(root, open_database(url), learner)
        count = 0

        def fatal(instructions: str, message: str) -> str:
            nonlocal count
            count += 1
            if count == asks:
                os.kill(os.getpid(), signal.SIGKILL)
            return learner(instructions, message)

        world.answer = fatal
        night(world)

    return in_fork(work)


@pytest.mark.parametrize("asks", [1, 7, 16, 25])
def test_a_killed_night_goes_on_without_a_repeated_paid_call(
    proven: Proven, played_learner: Path, copy_world: Callable[[Path, Answer], World], asks: int
) -> None:
    """In the noise stage, in the race, in the proof: equal end, and as many model replies as without a kill."""
    world = copy_world(played_learner, learner)
    world.database.close()  # a connection must not be carried over a fork
    assert killed_at(world.root, world.database.url, asks) == -signal.SIGKILL
    result = night(world)
    assert result.resumed
    assert (result.verdict, result.proposal) == (proven.result.verdict, proven.result.proposal)
    assert result.spent.rollouts == proven.result.spent.rollouts
    assert replies(world) == replies(proven.world)
    assert len(world.asked) == len(proven.world.asked) + 1, "only the call that was under way is made again"
    log = NightLog(world.database, result.night, "desk")
    assert len(log.all(NightResumed)) == 1
    assert len(log.all(NightEnded)) == 1
    assert Counter(one.stage for one in log.all(StageReached)).most_common(1)[0][1] == 1
    with world.database.reading() as session:
        assert verify(session).whole


def test_a_night_killed_again_and_again_ends(
    played_learner: Path, copy_world: Callable[[Path, Answer], World]
) -> None:
    """Nine calls at a time: each sitting brings it further."""
    world = copy_world(played_learner, learner)
    world.database.close()
    codes = [killed_at(world.root, world.database.url, 9) for _ in range(8)]
    assert 0 in codes
    assert codes[0] == -signal.SIGKILL


def test_the_lease_of_a_dead_process_is_taken_over_at_once(world: World) -> None:
    """Nobody waits for a process of this machine that is gone; a living one is respected."""
    come, go = os.pipe()
    dead = os.fork()
    if dead == 0:
        os.write(go, worker_name().encode())
        os._exit(0)
    os.waitpid(dead, 0)
    here = worker_name()
    assert take_night(world.database, "desk", os.read(come, 200).decode()) is None
    assert take_night(world.database, "desk", here) is None
    assert take_night(world.database, "desk", worker_name()) == here


def replies(world: World) -> int:
    """Model replies in the whole ledger."""
    with world.database.reading() as session:
        return len(read_feed(session, after=0, kinds=["model_replied"], limit=100_000))


def test_ctrl_c_leaves_the_night_open_and_the_same_command_ends_it(proven: Proven, world: World) -> None:
    """Interrupted in the race: no verdict is written, and nothing recorded is run again."""

    def interrupt(step: Progress) -> None:
        if step.stage == "race" and step.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        night(world, progress=interrupt)
    result = night(world)
    assert result.resumed
    assert (result.verdict, result.proposal) == (proven.result.verdict, proven.result.proposal)
    assert replies(world) <= replies(proven.world) + 1, "at most the call under way was given up"
