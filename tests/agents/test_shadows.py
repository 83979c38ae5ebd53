"""A shadow: the candidate answers beside the live version; nobody sees it, nothing is changed, each turn once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agents.prompts.rollout_store import get_rollout
from agents.rollouts import begin_rollout
from agents.runtime import Runtime
from agents.selection import live_bundle
from agents.service.rollout_views import rollout_view
from agents.service.shadows import Shadows
from agents.starting import Start
from tests.builders import PERSON, make_proposal, open_workspace, write_workspace
from tests.fakes import Call, ScriptedModel, Turn
from traces.db import open_database
from traces.events import ShadowCompared
from traces.filters import conditions
from traces.store import list_runs, read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).parent.parent / "tools" / "bad_server.py"
AGENT = """\
    name: hello
    description: greets
    model: test:scripted
    instructions: Greet the customer.
    strop:
      tools: [{server: bad}]
    """


@pytest.fixture
def anyio_backend() -> str:
    """The service's loop."""
    return "asyncio"


class World:
    """A live version that looks once with a tool and answers, and a candidate that does as a test says."""

    def __init__(self, folder: Path, url: str) -> None:
        folder.mkdir()
        self.notes = folder / "notes"
        server = {"command": "${PYTHON}", "args": [str(SERVER)], "env": {"NOTES": str(self.notes)}}
        self.workspace = open_workspace(write_workspace(folder, AGENT, servers={"bad": server}))
        self.database = open_database(url)
        self.candidate: list[Turn] = ["Good morning!"]
        self.runtime = Runtime(self.workspace, self.database, make_model=self._model)
        self.shadows = Shadows(self.runtime)
        self.recorder = self.runtime.recorder

    def _model(self, bundle: Any) -> Any:
        usual: list[Turn] = [Call("echo", {"text": "a"}), "Good morning!"]
        plan = usual if bundle.instructions == "Greet the customer." else self.candidate
        return ScriptedModel(plan).model()

    def begin(self, *turns: Turn, exposure: int = 10) -> str:
        """A shadow of a candidate that takes these turns; gives the rollout's id."""
        self.candidate = list(turns)
        with self.database.writing() as session:
            live = live_bundle(session, self.recorder, self.workspace, self.workspace.agent("hello")).digest
        bundle = self.workspace.agent("hello").bundle("test:scripted").with_(instructions=f"Greet {len(turns)}.")
        candidate, _ = make_proposal(self.recorder, bundle, live)
        return begin_rollout(self.recorder, "hello", candidate, "shadow", {"exposure": exposure}, PERSON).id

    async def follow(self, rollout: str) -> list[ShadowCompared]:
        """Let the candidate answer all there is."""
        await self.shadows._follow(rollout)
        with self.database.reading() as session:
            return [one.event for one in read_events(session, rollout, kinds=["shadow_compared"])]  # type: ignore[misc]

    @property
    def calls(self) -> int:
        """How many calls reached the server."""
        return len(self.notes.read_text().splitlines()) if self.notes.exists() else 0


@pytest.fixture
async def world(tmp_path: Path, database_url: str) -> AsyncIterator[World]:
    """On each database."""
    one = World(tmp_path / "ws", database_url)
    yield one
    await one.runtime.close()
    one.database.close()


async def test_answers_from_the_record_and_is_not_seen(world: World) -> None:
    """The same call is answered by the recording; the runs are of an origin of their own; a second look adds none."""
    rollout = world.begin(Call("echo", {"text": "a"}), "Good morning!")
    asked = [await world.runtime.run(Start("hello", f"hello {number}", f"c{number}")) for number in range(2)]
    assert world.calls == 2
    found = await world.follow(rollout)
    assert [(one.live_run, one.same, one.diverged, one.status) for one in found] == [
        (one.run.id, True, False, "finished") for one in asked
    ]
    assert await world.follow(rollout) == found
    assert world.calls == 2
    with world.database.reading() as session:
        usual = list_runs(session, where=conditions("", session=session)).items
        shadows = list_runs(session, where=conditions("origin:shadow", session=session)).items
        view = rollout_view(session, rollout, None)
        assert verify(session).whole
    assert {run.id for run in usual} == {one.run.id for one in asked}
    assert {run.id for run in shadows} == {one.shadow_run for one in found}
    assert not {run.conversation_id for run in shadows} & {"c0", "c1"}
    assert view.shadow is not None
    assert (view.shadow.runs, view.shadow.same, view.exposed) == (2, 2, 2)


async def test_a_read_beyond_the_record_is_made_a_write_is_not(world: World) -> None:
    """Looking harms nobody. What may change something ends the shadow, is counted, and never reaches the server."""
    rollout = world.begin(Call("echo", {"text": "another"}), Call("die"), "Good morning!")
    await world.runtime.run(Start("hello", "hello"))
    (found,) = await world.follow(rollout)
    assert (found.diverged, found.same, found.status) == (True, None, "failed")
    assert world.calls == 2
    assert "die" not in world.notes.read_text()


async def test_so_many_as_were_signed_for(world: World) -> None:
    """The exposure bounds what a shadow may spend."""
    rollout = world.begin("Good day!", exposure=2)
    for number in range(4):
        await world.runtime.run(Start("hello", "hello", f"c{number}"))
    found = await world.follow(rollout)
    assert [one.same for one in found] == [False, False]
    with world.database.reading() as session:
        assert not get_rollout(session, rollout).open
