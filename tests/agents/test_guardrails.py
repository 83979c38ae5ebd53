"""Guardrails: what a version may be asked and may answer, kept in code, on record, the same after a crash."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agents.errors import GuardrailMet, WorkspaceError
from agents.history import read_history
from agents.runtime import Answer, Runtime
from agents.starting import Start
from tests.builders import make_bundle, open_workspace, scripted_runtime, write_workspace
from tests.fakes import ScriptedModel
from tools.guardrails import Guardrail, first_met
from traces.db import Database
from traces.recorder import Recorded
from traces.store import list_refused, read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

AGENT = """\
    name: hello
    description: greets
    model: test:scripted
    instructions: Greet the customer.
    strop:
      guardrails:
        - {name: no_rivals, where: input, pattern: "(?i)rival", answer: "I only know our own shop."}
        - {name: no_orders, where: input, longer_than: 200, say: too long}
        - {name: no_mail, where: output, kinds: [email], then: retry, say: Give no addresses.}
        - {name: no_promise, where: output, pattern: "(?i)refund", answer: A colleague will answer you.}
    """


@pytest.fixture
def anyio_backend() -> str:
    """The service's loop."""
    return "asyncio"


class House:
    """One agent with guardrails, and what its model says."""

    def __init__(self, folder: Path, database: Database, *replies: str) -> None:
        self.database = database
        said = iter(replies)
        self.script = ScriptedModel(lambda prompt, reply: next(said))
        workspace = open_workspace(write_workspace(folder / "ws", AGENT))
        self.runtime = scripted_runtime(workspace, database, self.script)
        self.shown: list[str] = []

    async def ask(self, text: str, conversation: str | None = None) -> Answer:
        """One run, with somebody looking on."""
        return await self.runtime.run(
            Start("hello", text, conversation), on_delta=lambda kind, piece: self.shown.append(piece)
        )

    def tripped(self, run_id: str) -> list[tuple[str, str, str, str]]:
        """(name, where, check, then) of the facts."""
        with self.database.reading() as session:
            found: list[Any] = [one.event for one in read_events(session, run_id, kinds=["guardrail_tripped"])]
        return [(one.name, one.where, one.check, one.then) for one in found]


async def test_an_input_is_answered_by_the_version_and_no_model_is_asked(tmp_path: Path, database: Database) -> None:
    """The next turn is told what the customer saw."""
    house = House(tmp_path, database, "Yes, gladly.")
    done = await house.ask("Is the RIVAL cheaper?", "conv_1")
    assert (done.output, house.script.served) == ("I only know our own shop.", 0)
    assert house.tripped(done.run.id) == [("no_rivals", "input", "pattern", "refuse")]
    with database.reading() as session:
        assert "I only know our own shop." in str(read_history(session, [done.run.id]))
        assert list_refused(session, [done.run.id]) == frozenset()  # what is asked is no harm of the version's


async def test_without_an_answer_the_run_fails_with_one_clear_error(tmp_path: Path, database: Database) -> None:
    """And nothing was asked."""
    house = House(tmp_path, database)
    with pytest.raises(GuardrailMet, match=r"no_orders.*too long") as met:
        await house.ask("please " * 100)
    assert (met.value.status, house.script.served) == (422, 0)


async def test_the_model_may_mend_its_answer(tmp_path: Path, database: Database) -> None:
    """It is told why; nobody sees the first one, not even in pieces."""
    house = House(tmp_path, database, "Write to me@harbour.example.", "Use our form.")
    done = await house.ask("How do I reach you?")
    assert done.output == "Use our form."
    assert house.tripped(done.run.id) == [("no_mail", "output", "kinds", "retry")]
    assert "harbour" not in "".join(house.shown)
    with database.reading() as session:
        assert list_refused(session, [done.run.id]) == {done.run.id}  # a rollout counts it as harm
        requests: list[Any] = [one.event for one in read_events(session, done.run.id, kinds=["model_requested"])]
    assert "Give no addresses." in str(requests[1].messages)


async def test_who_never_mends_it_is_refused(tmp_path: Path, database: Database) -> None:
    """After as many tries as a wrong answer has."""
    house = House(tmp_path, database, *["Write to me@harbour.example."] * 3)
    with pytest.raises(GuardrailMet, match="no_mail"):
        await house.ask("How do I reach you?")
    assert house.script.served == 3


async def test_an_answer_is_withheld_and_the_next_turn_never_hears_of_it(tmp_path: Path, database: Database) -> None:
    """What took its place is the run's output, and what the conversation goes on from."""
    house = House(tmp_path, database, "You get a refund of 500.", "Good day.")
    done = await house.ask("Can I have my money back?", "conv_1")
    assert done.output == "A colleague will answer you."
    await house.ask("And now?", "conv_1")
    with database.reading() as session:
        told = str(read_history(session, [done.run.id]))
    assert "refund of 500" not in told
    assert "A colleague will answer you." in told


STOPPED: list[tuple[str, list[str], str | None, list[str]]] = [
    ("Is the RIVAL cheaper?", [], "I only know our own shop.", ["no_rivals"]),
    ("please " * 100, [], None, ["no_orders"]),
    ("How do I reach you?", ["Write to me@harbour.example.", "Use our form."], "Use our form.", ["no_mail"]),
    ("How do I reach you?", ["Write to me@harbour.example."] * 3, None, ["no_mail"] * 3),
    ("Can I have my money back?", ["You get a refund of 500."], "A colleague will answer you.", ["no_promise"]),
]


@pytest.mark.parametrize(("asked", "replies", "answer", "met"), STOPPED)
async def test_stopped_after_any_fact_it_comes_to_the_same_end(
    tmp_path: Path, database: Database, asked: str, replies: list[str], answer: str | None, met: list[str]
) -> None:
    """A worker dies between a guardrail's word and what follows from it: it is said once, and followed."""
    script = ScriptedModel(lambda prompt, reply: replies[0 if prompt == asked else -1])
    runtime = scripted_runtime(open_workspace(write_workspace(tmp_path / "ws", AGENT)), database, script)
    number, ended = 0, False
    while not ended:
        number += 1
        run_id = runtime.start(Start("hello", asked))
        task = asyncio.ensure_future(runtime.work(run_id))
        ended = await _facts_until(runtime, task, number) < number
        done = None
        with suppress(GuardrailMet):
            done = await runtime.work(run_id)
        assert (None if done is None else done.output) == answer, number
        with database.reading() as session:
            facts = [one.event for one in read_events(session, run_id, kinds=["guardrail_tripped"])]
            assert [getattr(fact, "name", "") for fact in facts] == met, number
            assert not verify(session).problems
    assert number > 1
    await runtime.close()


async def _facts_until(runtime: Runtime, task: asyncio.Future[Answer], number: int) -> int:
    """Stop the work at its `number`-th durable fact; gives how many there were."""
    seen = 0

    def heard(recorded: Recorded) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            task.cancel()

    unsubscribe = runtime.recorder.subscribe(heard)
    await asyncio.wait({task})
    unsubscribe()
    if not task.cancelled():
        task.exception()  # told of already
    return seen


def test_texts_of_a_structured_answer_are_looked_at_whole() -> None:
    """Not the names of its fields; numbers count as they are written."""
    rail = Guardrail(name="no_zebra", where="output", pattern="zebra|4711")
    assert first_met([rail], "output", {"reply": ["a", {"x": "a zebra"}]}) == (rail, "pattern")
    assert first_met([rail], "output", {"number": 4711}) == (rail, "pattern")
    assert first_met([rail], "output", {"zebra": "a horse"}) is None
    assert first_met([rail], "input", "zebra") is None


@pytest.mark.parametrize(
    ("rail", "told"),
    [
        ({"where": "output"}, "checks nothing"),
        ({"where": "input", "pattern": "a", "then": "retry"}, "cannot be tried again"),
        ({"where": "output", "pattern": "("}, "not a regular expression"),
        ({"where": "output", "kinds": ["dogs"]}, "no kind 'dogs'"),
    ],
)
def test_a_rail_that_cannot_work_is_told(rail: dict[str, Any], told: str) -> None:
    """When the file is read, not in the middle of a run."""
    with pytest.raises(ValidationError, match=told):
        Guardrail.model_validate({"name": "one", **rail})


def test_what_it_answers_instead_is_an_answer(tmp_path: Path) -> None:
    """Of this agent's form: a version that would break its own promise cannot be made."""
    schema = {"type": "object", "properties": {"team": {"type": "string"}}, "required": ["team"]}
    rail = {"name": "one", "where": "output", "pattern": "a", "answer": {"team": 3}}
    with pytest.raises(ValidationError, match="none of this agent's"):
        make_bundle(output_schema=schema, guardrails=[rail])
    with pytest.raises(WorkspaceError, match="answers of this agent are texts"):
        open_workspace(write_workspace(tmp_path, AGENT.replace("answer: A colleague will answer you.", "answer: 3")))
