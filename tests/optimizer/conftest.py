"""Played worlds: made once, copied for each test that wants one."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents.config import load_workspace
from optimizer.nightly import NightResult
from optimizer.progress import Progress
from tests.optimizer.night_world import Answer, World, learner, make_world, night, stubborn
from traces.db import Database, open_database

FAMILIES, SIZE = 16, 2


def _played(folder: Path, answer: Answer) -> Path:
    database = open_database(f"sqlite:///{folder / 'strop.db'}")
    make_world(folder / "ws", database, answer).play(FAMILIES, SIZE)
    database.close()
    return folder


@pytest.fixture(scope="session")
def played_learner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reviewed runs of an agent that a better prompt would help."""
    return _played(tmp_path_factory.mktemp("learner"), learner)


@pytest.fixture(scope="session")
def played_stubborn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reviewed runs of an agent that no prompt helps."""
    return _played(tmp_path_factory.mktemp("stubborn"), stubborn)


@pytest.fixture
def copy_world(tmp_path: Path) -> Iterator[Callable[[Path, Answer], World]]:
    """Copies a played world into the test's own folder."""
    opened: list[World] = []

    def copy(played: Path, answer: Answer) -> World:
        folder = tmp_path / f"copy{len(opened)}"
        shutil.copytree(played, folder)
        (folder / "ws" / "asked.txt").unlink()
        database = open_database(f"sqlite:///{folder / 'strop.db'}")
        opened.append(reopen(folder / "ws", database, answer))
        return opened[-1]

    yield copy
    for world in opened:
        world.database.close()


def reopen(root: Path, database: Database, answer: Answer) -> World:
    """The world over files that are there already."""
    return World(load_workspace(root), database, root, answer)


@dataclass(frozen=True)
class Proven:
    """A night that ended in a proposal, for tests that only look at it."""

    world: World
    result: NightResult
    told: list[Progress]


@pytest.fixture(scope="session")
def proven(played_learner: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proven]:
    """One night in a world where a better prompt exists. Do not change it."""
    folder = tmp_path_factory.mktemp("proven") / "copy"
    shutil.copytree(played_learner, folder)
    (folder / "ws" / "asked.txt").unlink()
    world = reopen(folder / "ws", open_database(f"sqlite:///{folder / 'strop.db'}"), learner)
    told: list[Progress] = []
    yield Proven(world, night(world, progress=told.append), told)
    world.database.close()


@pytest.fixture
def world(played_learner: Path, copy_world: Callable[[Path, Answer], World]) -> World:
    """A world in which a better prompt exists."""
    return copy_world(played_learner, learner)


@pytest.fixture
def hopeless(played_stubborn: Path, copy_world: Callable[[Path, Answer], World]) -> World:
    """A world in which none does."""
    return copy_world(played_stubborn, stubborn)
