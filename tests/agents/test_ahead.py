"""A long run goes on without a walk through its steps, and leaves the same facts as if it had been walked through."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents import ahead
from agents.approvals import decide_approval, list_approvals
from agents.errors import ApprovalNeeded, ModelUnavailable
from agents.starting import Start
from tests.builders import PERSON, open_workspace, scripted_runtime, write_workspace
from tests.crash.workshop import lines
from tests.fakes import Call, ScriptedModel
from traces.db import open_database
from traces.store import list_children, read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).parents[1] / "crash" / "counting_server.py"
BOSS = """\
    name: boss
    model: test:scripted
    instructions: Look, pay, ask the clerk, look on.
    strop:
      tools: [{server: counting}]
      policies: [{tool: pay, when: {amount: {minimum: 1000}}, then: deny, reason: too much}, {tool: pay, then: ask}]
      delegates: [{agent: clerk, tool: ask_clerk, description: Asks the clerk.}]
      limits: {steps: 40}
    """
CLERK = """\
    name: clerk
    model: test:scripted
    instructions: Answer.
    """
RUN, BREAKS, LAST = "run_long", 10, 13


def calls(reply: int) -> Call | str:
    """The boss's replies: mostly looks, and early on one of everything else."""
    turns: dict[int, Call | str] = {
        3: Call("pay", {"amount": 5}), 5: Call("ask_clerk", {"request": "what is it?"}),
        7: Call("look", {"nome": "b"}), 9: Call("pay", {"amount": 5000}),
        BREAKS + 1: Call("pay", {"amount": 6000}), LAST: "done",
    }  # fmt: skip
    return turns.get(reply, Call("look", {"name": f"n{reply}"}))


@pytest.fixture(autouse=True)
def long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of these tests is a long one."""
    monkeypatch.setattr(ahead, "LEAST_REQUESTS", 5)


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


class Broken:
    """A run on record that has failed after many steps, to be resumed in one way and another."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.works = folder, False
        env = {"COUNT_FILE": str(folder / "count.txt")}
        entry = {"command": sys.executable, "args": [str(SERVER)], "env": env}
        self.workspace = open_workspace(write_workspace(folder / "ws", BOSS, CLERK, servers={"counting": entry}))

    def plan(self, prompt: str, reply: int) -> Call | str | Exception:
        """Breaks in the middle until it is mended."""
        if prompt != "do it":
            return "it is b" if prompt == "what is it?" else "hello"
        return ModelUnavailable("away") if reply == BREAKS and not self.works else calls(reply)

    async def make(self) -> Path:
        """The ledger, whose run stands before its 11th request."""
        path = self.folder / "ledger.db"
        database = open_database(f"sqlite:///{path}")
        runtime = scripted_runtime(self.workspace, database, ScriptedModel(self.plan))
        await runtime.run(Start("boss", "good morning", "conv_1"))
        runtime.start(Start("boss", "do it", "conv_1"), run_id=RUN)
        with pytest.raises(ApprovalNeeded):
            await runtime.work(RUN)
        with database.reading() as session:
            (held,) = list_approvals(session)
        decide_approval(runtime.recorder, held.id, "approve", PERSON)
        with pytest.raises(ModelUnavailable):
            await runtime.work(RUN)
        await runtime.close()
        database.close()
        return path

    async def resume(self, path: Path) -> tuple[list[Any], ScriptedModel]:
        """What the facts behind the break say, without what time and chance bring; and who was asked."""
        self.works = True
        database, script = open_database(f"sqlite:///{path}"), ScriptedModel(self.plan)
        runtime = scripted_runtime(self.workspace, database, script)
        answer = await runtime.work(RUN)
        assert answer.output == "done"
        await runtime.close()
        with database.reading() as session:
            assert verify(session).whole
            assert len(list_children(session, RUN)) == 1
            facts = [one.event for one in read_events(session, RUN)]
        database.close()
        return [_told(event.model_dump(mode="json")) for event in facts], script


def _told(fact: Any) -> Any:
    if isinstance(fact, dict):
        gone = {"seconds", "timestamp", "run_id", "worker"}
        return {name: _told(value) for name, value in fact.items() if name not in gone}
    return [_told(value) for value in fact] if isinstance(fact, list) else fact


def count_walks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each resume went on where the run stood."""
    went: list[bool] = []
    find: Callable[..., ahead.Ahead | None] = ahead.find_ahead

    def found(*args: Any) -> ahead.Ahead | None:
        one = find(*args)
        went.append(one is not None)
        return one

    monkeypatch.setattr("agents.runtime.find_ahead", found)
    return went


async def test_the_same_facts_as_after_a_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an earlier turn, an approval, a delegation and a mended call behind it: fact by fact the same."""
    broken = Broken(tmp_path)
    path = await broken.make()
    walked_path = shutil.copy(path, tmp_path / "walked.db")
    went = count_walks(monkeypatch)
    skipped, script = await broken.resume(path)
    monkeypatch.setattr(ahead, "LEAST_REQUESTS", 1000)
    walked, other = await broken.resume(Path(walked_path))
    assert went == [True, False]
    assert skipped == walked
    assert script.served == other.served == LAST + 1 - BREAKS
    assert lines(tmp_path / "count.txt").count("pay 5") == 1


async def test_what_does_not_fit_is_walked_after_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that were put together wrongly are never sent: the fingerprint tells, and there is a walk."""
    broken = Broken(tmp_path)
    path = await broken.make()
    went = count_walks(monkeypatch)
    right = ahead.messages_of
    monkeypatch.setattr(ahead, "messages_of", lambda events: [right(events)[0], *right(events)])
    _, script = await broken.resume(path)
    assert went == [True]
    assert script.served == LAST + 1 - BREAKS
