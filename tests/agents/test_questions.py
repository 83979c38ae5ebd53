"""A tool server's question waits for a person: on record, through restarts, answered once, on both protocol eras."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agents.deadlines import expire
from agents.errors import AnswerNeeded, IllegalStep, UsageError
from agents.questions import Asked, answer_question, list_questions
from agents.runtime import Runtime
from agents.starting import Start
from tests.builders import open_workspace, scripted_runtime, write_workspace
from tests.crash.workshop import lines
from tests.fakes import Call, ScriptedModel
from traces.db import Database, open_database
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import get_run, read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).parents[1] / "tools" / "asking_server.py"
AGENT = """\
    name: porter
    model: test:scripted
    instructions: Book.
    strop:
      tools: [{server: asking}]
    """
BOSS = """\
    name: boss
    model: test:scripted
    instructions: Ask the porter.
    strop:
      delegates: [{agent: porter, tool: ask_porter, description: Books.}]
    """
KELLER = Provenance(by="m.keller", reason="called the customer")
FORM = {"name": "Ada", "nights": 3}


def plan(prompt: str, reply: int) -> Call | str:
    """`book R`, `slowly R`: that tool with that room, then says so; `boss …` hands it over."""
    verb, _, rest = prompt.partition(" ")
    if reply:
        return "done"
    return Call("ask_porter", {"request": rest}) if verb == "boss" else Call(verb, {"room": rest})


class Hotel:
    """A workspace with the asking server, its database, and what was really booked."""

    def __init__(self, folder: Path, database: Database, protocol: str) -> None:
        self.notes, self.database = folder / "notes.txt", database
        entry = {
            "command": sys.executable, "args": [str(SERVER)], "env": {"NOTES": str(self.notes)}, "protocol": protocol,
        }  # fmt: skip
        self.workspace = open_workspace(write_workspace(folder / "ws", AGENT, BOSS, servers={"asking": entry}))
        self.recorder = Recorder(database)
        self.runtimes: list[Runtime] = []

    def runtime(self) -> Runtime:
        """A worker that knows nothing but the ledger."""
        self.runtimes.append(scripted_runtime(self.workspace, self.database, ScriptedModel(plan)))
        return self.runtimes[-1]

    async def ask(self, text: str, agent: str = "porter", runtime: Runtime | None = None) -> str:
        """A run that comes to wait for an answer; gives its id."""
        runtime = runtime or self.runtime()
        run_id = runtime.start(Start(agent, text))
        with pytest.raises(AnswerNeeded):
            await runtime.work(run_id)
        return run_id

    def waiting(self) -> list[Asked]:
        """What nobody has answered."""
        with self.database.reading() as session:
            return list_questions(session)

    def answer(self, question: Asked, content: dict[str, object] | None = None) -> None:
        """What a person says: the filled form, or no."""
        action = "decline" if content is None else "accept"
        answer_question(self.recorder, question.id, action, KELLER, content=content)  # type: ignore[arg-type]

    def result(self, run_id: str) -> str:
        """What the run's one call gave in the end."""
        with self.database.reading() as session:
            (returned,) = read_events(session, run_id, kinds=["tool_returned"])
            assert verify(session).whole
        return str(returned.event.result["result"])

    def status(self, run_id: str) -> str:
        """Where the run stands."""
        with self.database.reading() as session:
            return get_run(session, run_id).status

    def pay(self, room: int) -> None:
        """What happens on the page."""
        self.notes.with_name(f"{self.notes.name}.paid-{room}").touch()

    @property
    def booked(self) -> list[str]:
        """What was really booked."""
        return [line.removeprefix("booked ") for line in lines(self.notes) if line.startswith("booked ")]


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


async def _close(hotel: Hotel) -> None:
    for runtime in hotel.runtimes:
        await runtime.close()


@pytest.fixture(params=["auto", "legacy"])
async def hotel(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Hotel]:
    """A hotel that speaks the newest protocol, or the one before."""
    database = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    opened = Hotel(tmp_path, database, request.param)
    yield opened
    await _close(opened)
    database.close()


async def test_an_answer_on_both_databases(tmp_path: Path, database: Database) -> None:
    """Asked, answered once by a person, gone on with by another worker."""
    hotel = Hotel(tmp_path, database, "auto")
    await asked_and_answered(hotel)
    await _close(hotel)


async def test_the_older_protocol_asks_in_the_middle_of_a_call(tmp_path: Path) -> None:
    """The same, where the server waits for the answer in the middle of its call."""
    database = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    hotel = Hotel(tmp_path, database, "legacy")
    await asked_and_answered(hotel)
    await _close(hotel)
    database.close()


async def asked_and_answered(hotel: Hotel) -> None:
    """Nothing is booked before; another worker goes on, the server gets the answer, and the form is checked."""
    run_id = await hotel.ask("book 12")
    assert (hotel.status(run_id), hotel.booked) == ("waiting", [])
    (one,) = hotel.waiting()
    assert one.inquiry.question.message == "For whom is room 12, and for how long?"
    with pytest.raises(UsageError, match="nights"):
        hotel.answer(one, {"name": "Ada", "nights": 99})
    hotel.answer(one, dict(FORM))
    assert hotel.status(run_id) == "running"
    with pytest.raises(IllegalStep, match="by m"):
        hotel.answer(one, dict(FORM))
    assert (await hotel.runtime().work(run_id)).output == "done"
    assert hotel.booked == ["12 Ada 3"]
    assert hotel.result(run_id) == "booked 12 for Ada, 3 nights"


async def test_a_no_reaches_the_call_too(hotel: Hotel) -> None:
    """Declined by a person, or dismissed because nobody answered in time: the tool says what it makes of it."""
    runtime = hotel.runtime()
    run_id = await hotel.ask("book 1", runtime=runtime)
    (one,) = hotel.waiting()
    hotel.answer(one)
    await runtime.work(run_id)
    assert hotel.result(run_id) == "not booked: decline"
    late = await hotel.ask("book 2", runtime=runtime)
    assert expire(hotel.recorder, [late], datetime.now(UTC) + timedelta(days=2)) == 1
    await runtime.work(late)
    assert hotel.result(late) == "not booked: cancel"
    assert hotel.booked == []


async def test_a_page_to_be_visited_is_a_question_too(tmp_path: Path) -> None:
    """A server of the older protocol asks for it in the middle of its call: the person visits it and says so."""
    database = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    hotel = Hotel(tmp_path, database, "legacy")
    run_id = await hotel.ask("connect 12")
    (one,) = hotel.waiting()
    asked = one.inquiry.question
    assert (asked.message, asked.form) == ("Sign in for room 12.", None)
    assert asked.url == "https://hotel.example/sign-in/12"
    with pytest.raises(UsageError, match="only an accepted form has content"):
        answer_question(hotel.recorder, one.id, "accept", KELLER, content={"name": "Ada"})
    answer_question(hotel.recorder, one.id, "accept", KELLER)
    assert (await hotel.runtime().work(run_id)).output == "done"
    assert (hotel.result(run_id), hotel.booked) == ("room 12 is connected", ["12 online"])
    await _close(hotel)
    database.close()


async def test_a_call_that_is_refused_until_a_page_was_visited(hotel: Hotel) -> None:
    """The refusal names the page. Visited and really done, the call is made again; visited in vain it asks again."""
    runtime = hotel.runtime()
    run_id = await hotel.ask("charge 7", runtime=runtime)
    (one,) = hotel.waiting()
    assert one.inquiry.question.url == "https://hotel.example/pay/7"
    answer_question(hotel.recorder, one.id, "accept", KELLER)
    with pytest.raises(AnswerNeeded):  # the person said so, but the server knows of no payment
        await runtime.work(run_id)
    hotel.pay(7)
    (again,) = hotel.waiting()
    answer_question(hotel.recorder, again.id, "accept", KELLER)
    assert (await runtime.work(run_id)).output == "done"
    assert (hotel.result(run_id), hotel.booked) == ("room 7 is paid", ["7 paid"])


async def test_a_page_that_a_person_does_not_visit(hotel: Hotel) -> None:
    """No is no: the model is told that the server refuses, and nobody is asked a second time."""
    runtime = hotel.runtime()
    run_id = await hotel.ask("charge 8", runtime=runtime)
    (one,) = hotel.waiting()
    hotel.answer(one)
    await runtime.work(run_id)
    assert hotel.waiting() == []
    assert hotel.booked == []
    with hotel.database.reading() as session:
        (returned,) = read_events(session, run_id, kinds=["tool_returned"])
    assert returned.event.outcome == "failed"
    assert "did not visit" in returned.event.result["message"]


async def test_questions_of_runs_that_share_a_process_are_told_apart(hotel: Hotel) -> None:
    """Runs that ask at once, beside others that ask nothing: each gets its own answer, nobody's call is disturbed."""
    runtime = hotel.runtime()
    rooms = ["21", "22", "23"]
    asking = [hotel.ask(f"book {room}", runtime=runtime) for room in rooms]
    quiet = [runtime.run(Start("porter", f"slowly {room}")) for room in ("7", "8")]
    *ids, first, second = await asyncio.gather(*asking, *quiet)
    assert (first.output, second.output) == ("done", "done")  # type: ignore[union-attr]
    for one in hotel.waiting():
        room = one.inquiry.question.message.split()[4].rstrip(",")
        assert one.run_id == ids[rooms.index(room)]
        hotel.answer(one, {"name": f"guest{room}", "nights": 1})
    await asyncio.gather(*(runtime.work(str(run_id)) for run_id in ids))
    assert sorted(hotel.booked) == [f"{room} guest{room} 1" for room in rooms]


async def test_a_delegated_runs_question_holds_up_those_above_it(hotel: Hotel) -> None:
    """The run above waits too, and goes on with the answer."""
    runtime = hotel.runtime()
    run_id = await hotel.ask("boss book 5", agent="boss", runtime=runtime)
    (one,) = hotel.waiting()
    assert one.run_id.startswith(f"{run_id}.")
    hotel.answer(one, dict(FORM))
    assert (await runtime.work(run_id)).output == "done"
    assert hotel.booked == ["5 Ada 3"]
