"""A run whose task is stopped at any commit, just before it or just after: it goes on, and nothing is paid twice."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from agents.errors import OutcomeUnknown
from agents.outcomes import decide_outcome
from agents.runtime import Runtime
from agents.starting import Start
from tests.builders import PERSON, open_workspace, scripted_runtime, write_workspace
from tests.crash.workshop import lines
from tests.fakes import Call, ScriptedModel
from traces.db import open_database
from traces.events import OutcomeDecided
from traces.recorder import Page, Recorded
from traces.store import get_run, read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).parents[1] / "crash" / "counting_server.py"
AGENT = """\
    name: payer
    model: test:scripted
    instructions: Look, pay, look.
    strop:
      tools: [{server: counting}]
    """
Moment = Literal["before", "after"]


def plan(prompt: str, reply: int) -> Call | str:
    """Looks, pays the amount in the prompt, looks again, says so."""
    calls = [Call("look", {"name": "a"}), Call("pay", {"amount": int(prompt)}), Call("look", {"name": "b"})]
    return calls[reply] if reply < len(calls) else "paid"


class Counter:
    """A worker whose runs can be stopped at a certain commit."""

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        self.counted, self.runtime = folder / "count.txt", runtime
        self._append = runtime._together.append

    async def stopped_at(self, run_id: str, number: int, moment: Moment) -> bool:
        """Work on a run until it is stopped at its `number`-th commit; False where it has ended before."""
        task = asyncio.ensure_future(self.runtime.work(run_id))
        seen = 0

        def now() -> bool:
            nonlocal seen
            seen += 1
            return seen == number

        async def append(page: Page) -> list[Recorded]:
            if now():
                asyncio.get_running_loop().call_soon(task.cancel)  # comes before the commit, which is due then too
            return await self._append(page)

        def heard(recorded: Recorded) -> None:
            if now():
                task.cancel()

        unsubscribe = self.runtime.recorder.subscribe(heard) if moment == "after" else lambda: None
        if moment == "before":
            self.runtime._together.append = append  # type: ignore[method-assign]
        try:
            await asyncio.wait({task})
        finally:
            unsubscribe()
            self.runtime._together.append = self._append  # type: ignore[method-assign]
        return task.cancelled()

    async def finish(self, run_id: str, amount: int) -> None:
        """Go on to the end; a person who looked says what became of a call that nobody knows about."""
        try:
            await self.runtime.work(run_id)
        except OutcomeUnknown as error:
            paid = f"pay {amount}" in lines(self.counted)
            said = OutcomeDecided(
                op=error.ops[0], decision="done" if paid else "retry", result="paid" if paid else None,
                provenance=PERSON,
            )  # fmt: skip
            decide_outcome(self.runtime.recorder, run_id, said)
            await self.runtime.work(run_id)


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    """A worker with the counting server."""
    entry = {
        "command": sys.executable, "args": [str(SERVER)], "env": {"COUNT_FILE": str(tmp_path / "count.txt")},
    }  # fmt: skip
    workspace = open_workspace(write_workspace(tmp_path / "ws", AGENT, servers={"counting": entry}))
    database = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    opened = Counter(tmp_path, scripted_runtime(workspace, database, ScriptedModel(plan)))
    yield opened
    await opened.runtime.close()
    database.close()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_stopped_at_each_commit(counter: Counter, moment: Moment) -> None:
    """Whatever was about to be written, or just had been: no reply is asked for twice, and one payment is made."""
    number, runtime = 0, counter.runtime
    while True:
        number += 1
        run_id = runtime.start(Start("payer", str(number)))
        if not await counter.stopped_at(run_id, number, moment):
            break
        await counter.finish(run_id, number)
        with runtime.database.reading() as session:
            assert get_run(session, run_id).status == "finished"
            assert len(read_events(session, run_id, kinds=["model_replied"])) == 4
        assert lines(counter.counted).count(f"pay {number}") == 1, number
    assert number > 8, "the run has more commits than that"
    with runtime.database.reading() as session:
        report = verify(session)
        assert report.whole, report.problems
