"""When nights are due, and that each is run once, told why, and stopped with the service."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from agents.config import Workspace
from agents.errors import UnknownAgent
from agents.sections import NightsSection
from agents.service.night_watch import Known, NightWatch, due
from agents.service.wire import NightView
from tests.builders import HELLO, open_workspace, write_workspace
from traces.db import Database, open_database
from traces.events import NightStarted
from traces.recorder import Recorder

pytestmark = pytest.mark.anyio

AT_TWO = NightsSection(schedule="0 2 * * *")
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def night(began: datetime, *, ended: bool = True) -> NightView:
    """A night that began then."""
    return NightView(
        id="night_1", agent="hello", incumbent="sha256:0", started_at=began, ended_at=NOON if ended else None
    )


@pytest.mark.parametrize(
    ("plan", "known", "why"),
    [
        (NightsSection(), Known(None, 999), ""),
        (NightsSection(), Known(night(NOON, ended=False), 0), ""),
        (AT_TWO, Known(None, 0), ""),  # what was missed before the service began to look is not made up for
        (AT_TWO, Known(night(NOON - timedelta(hours=9)), 0), ""),  # 03:00, after today's time
        (AT_TWO, Known(night(NOON - timedelta(hours=11)), 0), "schedule 0 2 * * *"),  # 01:00, before it
        (AT_TWO, Known(night(NOON - timedelta(hours=1), ended=False), 0), "an open night goes on"),
        (NightsSection(after_feedback=50), Known(night(NOON), 49), ""),
        (NightsSection(after_feedback=50), Known(None, 50), "50 judgements since the last night"),
        (NightsSection(after_feedback=50), Known(night(NOON), 0, "desk"), "the tools of desk drifted"),
        (NightsSection(), Known(night(NOON), 0, "desk"), ""),
    ],
)
def test_when_a_night_is_due(plan: NightsSection, known: Known, why: str) -> None:
    """By the clock once a time, by judgements, and whenever one was left open; never where none is wanted."""
    assert due(plan, known, NOON - timedelta(hours=1), NOON) == why


def test_the_first_night_comes_at_its_time() -> None:
    """A service that began to look before the time finds it due after it."""
    assert due(AT_TWO, Known(None, 0), NOON - timedelta(hours=11), NOON) == "schedule 0 2 * * *"


@pytest.mark.parametrize("schedule", ["at two", "0 25 * * *", "* * * *"])
def test_a_schedule_that_is_none(schedule: str) -> None:
    """It is told when the workspace is read, with an example."""
    with pytest.raises(ValidationError, match=r"is no cron schedule .* an example"):
        NightsSection(schedule=schedule)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Workspace, Database]]:
    """A workspace that wants a night after every judgement."""
    write_workspace(tmp_path)
    with (tmp_path / "strop.toml").open("a") as file:
        file.write("\n[nights]\nafter_feedback = 1\nagents = ['hello']\nminutes = 7\n")
    workspace = open_workspace(tmp_path)
    database = open_database(workspace.database_url)
    yield workspace, database
    database.close()


def leave_open(database: Database) -> None:
    """A night of `hello` that was stopped in the middle."""
    Recorder(database).append("night_1", NightStarted(agent="hello", incumbent="sha256:0", settings={}))


async def test_a_due_night_is_run_once_with_its_limits(world: tuple[Workspace, Database], tmp_path: Path) -> None:
    """As a process, with the reason; looking again while it runs starts nothing; broken, it waits an hour."""
    workspace, database = world
    leave_open(database)
    told = tmp_path / "told"
    program = f"import json, sys; open({str(told)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n'); sys.exit(3)"
    watch = NightWatch(workspace, database, [sys.executable, "-c", program])
    await watch.look(NOON)
    (task,) = watch.running
    await watch.look(NOON)
    await asyncio.gather(task)
    (line,) = told.read_text().splitlines()
    assert json.loads(line) == [
        "hello", "--size", "small", "--budget-minutes", "7.0", "--because", "an open night goes on",
    ]  # fmt: skip
    await watch.look(datetime.now(UTC))
    assert watch.running == []
    await watch.look(datetime.now(UTC) + timedelta(hours=2))
    await asyncio.gather(*watch.running)
    assert len(told.read_text().splitlines()) == 2


async def test_signs_that_cannot_be_read_hold_up_no_other_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are looked for again an hour later; the agents after it have their nights."""
    write_workspace(tmp_path, HELLO.replace("hello", "first"), HELLO.replace("hello", "second"))
    with (tmp_path / "strop.toml").open("a") as file:
        file.write("\n[nights]\nafter_feedback = 1\n")
    workspace = open_workspace(tmp_path)
    with closing(open_database(workspace.database_url)) as database:
        watch, asked = NightWatch(workspace, database, [sys.executable, "-c", "pass"]), []

        def known(agent: str) -> Known:
            asked.append(agent)
            if agent == "first":
                raise OSError("its documents are gone")
            return Known(night(NOON - timedelta(hours=1), ended=False), 0)

        monkeypatch.setattr(watch, "_known", known)
        await watch.look(NOON)
        assert asked == ["first", "second"]
        assert [task.get_name() for task in watch.running] == ["night of second"]
        await asyncio.gather(*watch.running)
        await watch.look(NOON + timedelta(minutes=1))
        assert "first" not in asked[2:]
        await watch.look(NOON + timedelta(hours=2))
        assert "first" in asked[2:]
        await asyncio.gather(*watch.running)


async def test_a_stopping_service_stops_its_night(world: tuple[Workspace, Database], tmp_path: Path) -> None:
    """With Ctrl-C's signal, so that the night leaves its record in order; it is over when the service is."""
    workspace, database = world
    leave_open(database)
    pipe, told = tmp_path / "begun", tmp_path / "told"
    os.mkfifo(pipe)
    program = (
        f"import time\ntry: open({str(pipe)!r}, 'w').close(); time.sleep(600)\n"
        f"except KeyboardInterrupt: open({str(told)!r}, 'w').write('stopped in order')"
    )
    watch = NightWatch(workspace, database, [sys.executable, "-c", program])
    await watch.look(NOON)
    await asyncio.to_thread(pipe.read_bytes)  # ends when the night has opened and closed its end
    await watch.close()
    assert told.read_text() == "stopped in order"


async def test_a_night_for_nobody(world: tuple[Workspace, Database]) -> None:
    """A name in [nights] that is no agent stops the start, not the first night."""
    from dataclasses import replace

    workspace, database = world
    wrong = replace(workspace, nights=NightsSection(schedule="0 2 * * *", agents=("nobody",)))
    with pytest.raises(UnknownAgent, match="nobody"):
        NightWatch(wrong, database, ["true"])
