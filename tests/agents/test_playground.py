"""The playground: several versions on one input, and nothing in the world changes for it."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from agents.errors import UsageError
from agents.journal import ReplayMiss
from agents.models.errors import ModelNotAllowed
from agents.playground import Play, Side, begin_play, get_play, list_plays
from agents.prompts.store import add_bundle, get_bundle
from agents.runtime import Runtime
from agents.selection import live_bundle
from agents.starting import Start
from optimizer.mine import mine
from tests.builders import PERSON, judged, open_workspace, write_workspace
from tests.fakes import Call, ScriptedModel, Turn
from traces.db import open_database
from traces.errors import NotFound
from traces.filters import conditions
from traces.leases import list_unheld
from traces.store import count_runs_of_bundles, list_runs, read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).parent.parent / "tools" / "bad_server.py"
DESK = """\
    name: desk
    description: greets
    model: test:scripted
    instructions: Greet the customer.
    strop:
      tools: [{server: bad}]
      delegates: [{agent: helper, tool: ask_helper, description: helps}]
    """
HELPER = """\
    name: helper
    description: helps
    model: test:scripted
    instructions: Help the desk.
    strop:
      tools: [{server: bad}]
    """


@pytest.fixture
def anyio_backend() -> str:
    """The service's loop."""
    return "asyncio"


class World:
    """Versions of `desk` by their instructions, each with the turns that it takes."""

    def __init__(self, folder: Path, url: str) -> None:
        folder.mkdir()
        self.notes = folder / "notes"
        server = {"command": "${PYTHON}", "args": [str(SERVER)], "env": {"NOTES": str(self.notes)}}
        toml = '[workspace]\nname = "bench"\n[models]\nallowed = ["test:*"]\n'
        self.workspace = open_workspace(write_workspace(folder, DESK, HELPER, servers={"bad": server}, toml=toml))
        self.database = open_database(url)
        self.scripts: dict[str, list[Turn]] = {
            "Greet the customer.": ["Good morning!"],
            "Help the desk.": ["Helped."],
        }
        self.runtime = Runtime(self.workspace, self.database, make_model=self._model)
        self.recorder = self.runtime.recorder
        with self.database.writing() as session:
            self.live = live_bundle(session, self.recorder, self.workspace, self.workspace.agent("desk")).digest

    def _model(self, bundle: Any) -> Any:
        return ScriptedModel(self.scripts[bundle.instructions]).model()

    def version(self, instructions: str, *turns: Turn) -> str:
        """A draft that takes these turns."""
        self.scripts[instructions] = list(turns)
        with self.database.writing() as session:
            bundle = get_bundle(session, self.live).bundle.with_(instructions=instructions)
            return add_bundle(session, bundle, author="m.keller", author_kind="person", parent=self.live)

    async def play(self, *sides: Side, **more: Any) -> Play:
        """A play to its end, as it stands then."""
        runs = begin_play(self.runtime, sides, PERSON, **more)
        for run in runs:
            with suppress(ReplayMiss):  # how it ended is on record
                await self.runtime.work(run)
        with self.database.reading() as session:
            return list_plays(session)[0]

    @property
    def calls(self) -> list[str]:
        """What reached the server."""
        return self.notes.read_text().splitlines() if self.notes.exists() else []


@pytest.fixture
async def world(tmp_path: Path, database_url: str) -> AsyncIterator[World]:
    """On each database."""
    one = World(tmp_path / "ws", database_url)
    yield one
    await one.runtime.close()
    one.database.close()


async def test_one_input_through_several(world: World) -> None:
    """What serves, a draft, and the same on another model; they count for nobody, and nothing is learned."""
    draft = world.version("Be brief.", "Hi.")
    found = await world.play(
        Side(agent="desk"), Side(bundle=draft), Side(agent="desk", model="test:other"), input="hi"
    )
    assert [run.output for run in found.runs] == ["Good morning!", "Hi.", "Good morning!"]
    assert [run.bundle for run in found.runs[:2]] == [world.live, draft]
    with world.database.reading() as session:
        other = get_bundle(session, found.runs[2].bundle)
        assert (other.bundle.model, other.parent, other.state) == ("test:other", world.live, "draft")
        assert list_runs(session, where=conditions("", session=session)).items == []
        assert len(list_runs(session, where=conditions("origin:playground", session=session)).items) == 3
        assert count_runs_of_bundles(session, [world.live]) == {}
        assert verify(session).whole
    world.recorder.append(found.runs[0].id, judged(score=1.0))
    with world.database.reading() as session:
        learned = mine(session, "desk", world.workspace.agent("desk").block.metric)
    assert (learned.examples, learned.left_out) == ((), {"evaluation run": 1})


async def test_a_read_is_made_and_a_write_is_not(world: World) -> None:
    """Without a recording a look reaches the server; what may change something ends the run and never does."""
    reads = world.version("Look.", Call("echo", {"text": "a"}), "Seen.")
    writes = world.version("Pay.", Call("die"), "Paid.")
    found = await world.play(Side(bundle=reads), Side(bundle=writes), input="hi")
    assert [run.status for run in found.runs] == ["finished", "failed"]
    assert "the playground changes nothing, so 'die' was not called" in str(found.runs[1].error)
    assert len(world.calls) == 1
    assert "die" not in "".join(world.calls)


async def test_a_recording_answers(world: World) -> None:
    """The recorded result comes without a call; with `recorded` even a look that it has not is not made."""
    world.scripts["Greet the customer."] = [Call("echo", {"text": "a"}), "Good morning!"]
    asked = await world.runtime.run(Start("desk", "hello"))
    same = world.version("Same.", Call("echo", {"text": "a"}), "Hi.")
    beyond = world.version("Beyond.", Call("echo", {"text": "b"}), "Hi.")
    found = await world.play(Side(bundle=same), Side(bundle=beyond), replay_of=asked.run.id, tools="recorded")
    assert (found.input, found.replay_of, found.tools) == ("hello", asked.run.id, "recorded")
    assert [run.status for run in found.runs] == ["finished", "failed"]
    assert len(world.calls) == 1
    looked = await world.play(Side(bundle=beyond), replay_of=asked.run.id)
    assert looked.runs[0].status == "finished"
    assert len(world.calls) == 2


async def test_whoever_is_asked_plays_too(world: World) -> None:
    """Work that is handed over stays in the playground: the other agent's writes are not made either."""
    asks = world.version("Ask.", Call("ask_helper", {"request": "pay"}), "Done.")
    world.scripts["Help the desk."] = [Call("die"), "Paid."]
    found = await world.play(Side(bundle=asks), input="please ask")
    with world.database.reading() as session:
        all_runs = list_runs(session, where=conditions("origin:any", session=session)).items
    assert {run.origin for run in all_runs} == {"playground"}
    assert [run.agent for run in all_runs if run.parent_run_id == found.runs[0].id] == ["helper"]
    assert found.runs[0].status == "failed"
    assert world.calls == []


async def test_a_play_outlives_its_worker(world: World) -> None:
    """The same name starts nothing twice, and a run that nobody holds is found by whoever looks for such."""
    sides = [Side(agent="desk"), Side(agent="desk")]
    first = begin_play(world.runtime, sides, PERSON, input="hi", play_id="play_1")
    assert begin_play(world.runtime, sides, PERSON, input="hi", play_id="play_1") == first
    with world.database.reading() as session:
        started = read_events(session, first[0])[-1].at
        later = started.replace(year=started.year + 1)
        assert list_unheld(session, later, later, limit=10) == first
        assert [run.id for run in get_play(session, "play_1").runs] == first
        with pytest.raises(NotFound):
            get_play(session, "play_2")


async def test_what_cannot_be_played(world: World) -> None:
    """No side, too many, nothing to ask, a recording that is none, a model the house has not: nothing is started."""
    side = Side(agent="desk")
    for sides, more in (([], {}), ([side] * 7, {}), ([side], {"tools": "recorded"}), ([side], {"input": " "})):
        with pytest.raises(UsageError):
            begin_play(world.runtime, sides, PERSON, **{"input": "hi", **more})
    with pytest.raises(ModelNotAllowed):
        begin_play(world.runtime, [Side(agent="desk", model="openai:gpt")], PERSON, input="hi")
    with pytest.raises(NotFound):
        begin_play(world.runtime, [side], PERSON, replay_of="run_none")
    with world.database.reading() as session:
        assert list_plays(session) == []
