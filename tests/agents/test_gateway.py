"""The gateway: what is allowed, asked again, asked elsewhere, answered from the record, paid for and bounded."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel

import agents.models.gateway as gateway_module
from agents.assembly import open_runtime
from agents.budgets import Budgets, spent_on
from agents.errors import BudgetSpent, ModelUnavailable
from agents.journal import price_of
from agents.models.attempts import pause_of
from agents.models.errors import ModelNotAllowed, ModelNotConfigured
from agents.models.gateway import Gateway, Route
from agents.models.resolve import resolve_model
from agents.models.settings import GatewaySettings, LocalSettings, Price, Retries
from agents.runtime import Answer, Runtime
from agents.starting import Start
from tests.builders import model_step, open_workspace, record_run, write_workspace
from traces.db import Database, open_database
from traces.recorder import Recorder
from traces.store import read_events
from traces.verify import verify

pytestmark = pytest.mark.anyio

AGENT = """\
    name: desk
    description: answers
    model: test:big
    model_settings: {temperature: 0}
    instructions: Answer.
    """
TOML = "[models]\nretry_seconds = 0\n"


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


class House:
    """Models by name, as `resolve` would give them: real model classes, whose failures are planned."""

    def __init__(self) -> None:
        self.failures: dict[str, list[int]] = {}
        self.asked: list[str] = []
        self.held: Callable[[], Any] | None = None

    def resolve(self, name: str, local: LocalSettings) -> Model[Any]:
        """The model of that name."""

        async def speak(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
            self.asked.append(name)
            if self.held is not None:
                await self.held()
            if self.failures.get(name):
                raise ModelHTTPError(self.failures[name].pop(0), name, "planned")
            yield f"{name} "
            yield "says yes"

        return FunctionModel(stream_function=speak, model_name=name)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """The models there are."""
    opened = House()
    monkeypatch.setattr(gateway_module, "resolve_model", opened.resolve)
    return opened


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An open ledger."""
    opened = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


def runtime(tmp_path: Path, database: Database, asking: str = "", toml: str = TOML) -> Runtime:
    """A runtime over the desk."""
    agent = AGENT + (f"strop: {{asking: {asking}}}\n" if asking else "")
    return open_runtime(open_workspace(write_workspace(tmp_path / "ws", agent, toml=toml)), database)


def attempts(database: Database, answer_or_run: Answer | str) -> list[tuple[str, str, int]]:
    """(model, what followed, attempt) of the failures of a run, then of its reply."""
    run_id = answer_or_run if isinstance(answer_or_run, str) else answer_or_run.run.id
    with database.reading() as session:
        events = [one.event for one in read_events(session, run_id, kinds=["model_failed", "model_replied"])]
    return [(one.model, getattr(one, "then", "replied"), one.attempt) for one in events]


async def test_a_passing_failure_is_asked_again_and_each_attempt_is_on_record(
    tmp_path: Path, database: Database, house: House
) -> None:
    """Two refusals, then a reply: three attempts of one operation, in one step of the run."""
    house.failures = {"test:big": [503, 429]}
    answer = await runtime(tmp_path, database).run(Start("desk", "well?"))
    assert answer.output == "test:big says yes"
    assert attempts(database, answer) == [
        ("test:big", "retried", 1), ("test:big", "retried", 2), ("test:big", "replied", 3),
    ]  # fmt: skip
    assert answer.run.steps == 1
    with database.reading() as session:
        assert verify(session).whole


async def test_what_cannot_pass_is_not_asked_again(tmp_path: Path, database: Database, house: House) -> None:
    """A wrong key is told at once."""
    house.failures = {"test:big": [401]}
    with pytest.raises(ModelUnavailable, match="401"):
        await runtime(tmp_path, database).run(Start("desk", "well?"))
    assert house.asked == ["test:big"]


async def test_another_model_stands_behind_one_that_fails(tmp_path: Path, database: Database, house: House) -> None:
    """Which one replied, and why the first did not, is on record."""
    house.failures = {"test:big": [401]}
    answer = await runtime(tmp_path, database, "{fallback: ['test:other']}").run(Start("desk", "well?"))
    assert answer.output == "test:other says yes"
    assert attempts(database, answer) == [("test:big", "fell_back", 1), ("test:other", "replied", 2)]


async def test_easy_requests_go_to_the_cheaper_model(tmp_path: Path, database: Database, house: House) -> None:
    """By the words of the user; where the cheap one fails, the agent's own model is asked."""
    opened = runtime(tmp_path, database, "{routes: [{model: 'test:small', when: '^hello'}]}")
    assert (await opened.run(Start("desk", "hello there"))).output == "test:small says yes"
    assert (await opened.run(Start("desk", "decide this"))).output == "test:big says yes"
    house.failures = {"test:small": [400]}
    assert (await opened.run(Start("desk", "hello again"))).output == "test:big says yes"


@pytest.mark.parametrize(
    ("route", "short", "long"),
    [(Route("m", shorter_than=1000), True, False), (Route("m", from_step=2), False, False), (Route("m"), True, True)],
)
def test_a_route_looks_at_the_request_alone(route: Route, short: bool, long: bool) -> None:
    """So that a replay goes the same way."""
    from pydantic_ai.messages import ModelRequest

    assert route.takes([ModelRequest.user_text_prompt("hi")]) is short
    assert route.takes([ModelRequest.user_text_prompt("hi" * 1000)]) is long


async def test_an_identical_request_is_answered_from_the_record(
    tmp_path: Path, database: Database, house: House
) -> None:
    """The model is asked once; the second run names the first as its source, and pays nothing."""
    opened = runtime(tmp_path, database, "{cache: {}}")
    first = await opened.run(Start("desk", "well?"))
    seen: list[str] = []
    second = await opened.run(Start("desk", "well?"), on_delta=lambda kind, piece: seen.append(piece))
    assert second.output == first.output == "".join(seen)
    assert len(house.asked) == 1
    with database.reading() as session:
        (reply,) = read_events(session, second.run.id, kinds=["model_replied"])
        report = verify(session)
    assert (reply.event.source_run, reply.event.cost) == (first.run.id, 0.0)
    assert (second.run.input_tokens, second.run.output_tokens) == (0, 0)
    assert report.model_replies == 1
    await opened.run(Start("desk", "another thing"))
    assert len(house.asked) == 2


async def test_nights_are_never_answered_from_the_record(tmp_path: Path, database: Database, house: House) -> None:
    """A night measures how much equal runs differ: a cached reply would say that they never do."""
    opened = runtime(tmp_path, database, "{cache: {}}")
    await opened.run(Start("desk", "well?"))
    await opened.run(Start("desk", "well?", origin="evaluation"))
    assert len(house.asked) == 2


async def test_a_request_for_variety_is_always_asked(tmp_path: Path, database: Database, house: House) -> None:
    """Above the temperature of the cache nothing is answered from the record."""
    agent = AGENT.replace("temperature: 0", "temperature: 0.7") + "strop: {asking: {cache: {}}}\n"
    opened = open_runtime(open_workspace(write_workspace(tmp_path / "ws", agent, toml=TOML)), database)
    for _ in range(2):
        await opened.run(Start("desk", "well?"))
    assert len(house.asked) == 2


async def test_no_more_requests_at_once_than_allowed(tmp_path: Path, database: Database, house: House) -> None:
    """All agents share one limit for a model; the others wait, and all come to their end."""
    under_way, most, gate = 0, 0, asyncio.Event()

    async def hold() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if most == 2:
            gate.set()
        await gate.wait()
        under_way -= 1

    house.held = hold
    opened = runtime(tmp_path, database, toml='[models]\nconcurrency = {"test:*" = 2}\n')
    answers = await asyncio.gather(*(opened.run(Start("desk", f"number {number}")) for number in range(6)))
    assert len(answers) == 6
    assert most == 2


def test_a_model_that_is_not_in_the_catalog_is_refused(tmp_path: Path, house: House) -> None:
    """Also behind another one, and with the catalog in the hint."""
    gateway = Gateway(GatewaySettings(allowed=("test:*",)), LocalSettings(tmp_path))
    assert gateway.model("test:big").model_name == "test:big"
    with pytest.raises(ModelNotAllowed, match=r"openai:gpt-5.*test:\*"):
        gateway.model("test:big", fallback=["openai:gpt-5"])


def test_a_provider_that_is_not_installed_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who installed Strop without extras has only OpenAI's client."""
    monkeypatch.setitem(sys.modules, "anthropic", None)
    monkeypatch.delitem(sys.modules, "pydantic_ai.providers.anthropic", raising=False)
    monkeypatch.delitem(sys.modules, "pydantic_ai.models.anthropic", raising=False)
    with pytest.raises(ModelNotConfigured, match=r'pip install "strop\[anthropic\]"'):
        resolve_model("anthropic:claude-sonnet-4-5", LocalSettings(tmp_path))


@pytest.mark.parametrize(("header", "pause"), [({"Retry-After": "7"}, 7.0), ({}, None)])
def test_the_pause_is_the_providers_or_by_chance(header: dict[str, str], pause: float | None) -> None:
    """Bounded, and doubling: many clients must not come back in one moment."""
    error = ModelHTTPError(429, "m", headers=header)
    waits = [pause_of(Retries(2, 1.0), attempt, error) for attempt in (1, 2, 3, 4)]
    if pause is not None:
        assert waits == [pause] * 4
    else:
        assert all(0 <= wait <= 2**number for number, wait in enumerate(waits))


REPLY = {"kind": "response", "parts": [], "usage": {"input_tokens": 1_000_000, "output_tokens": 0}}


@pytest.mark.parametrize(
    ("model", "reply", "prices", "cost"),
    [
        ("local:q", {"model_name": "local:q"}, {}, 0.0),
        ("local:q", {"model_name": "local:q"}, {"local:*": Price(second=0.01)}, 0.02),
        ("test:none", {"model_name": "none"}, {}, None),
        ("test:none", {"model_name": "none"}, {"test:none": Price(input=3.0)}, 3.0),
        ("openai:gpt-4o", {"model_name": "gpt-4o", "provider_name": "openai"}, {}, 2.5),
        ("openai:a", {"model_name": "b", "provider_name": "openai"}, {"openai:a": Price(input=3.0)}, None),
    ],
)
def test_prices(model: str, reply: dict[str, Any], prices: dict[str, Price], cost: float | None) -> None:
    """The house's own price, nothing for an embedded model, the public table, else unknown: never a guess."""
    assert price_of({**REPLY, **reply}, model, 2.0, prices) == cost


async def test_a_spent_budget_stops_the_next_request_and_says_so(
    tmp_path: Path, database: Database, house: House
) -> None:
    """No model is asked; the run can be gone on with when there is money again."""
    toml = TOML + '[models.prices]\n"test:*" = {second = 1e9}\n[budgets.agents]\ndesk = 0.5\n'
    opened = runtime(tmp_path, database, toml=toml)
    await opened.run(Start("desk", "one"))
    with pytest.raises(BudgetSpent, match="'desk'") as caught:
        await opened.run(Start("desk", "two"))
    assert "[budgets]" in caught.value.hint
    assert len(house.asked) == 1


def test_the_day_begins_at_midnight_utc(database: Database) -> None:
    """What earlier runs cost does not count against today."""
    recorder = Recorder(database)
    record_run(recorder, *model_step(2, cost=2.5))
    today = datetime.now(UTC)
    with database.reading() as session:
        assert spent_on(session, today) == 2.5
        assert spent_on(session, today, "other") == 0.0
        assert spent_on(session, today + timedelta(days=1)) == 0.0
    Budgets(day=3.0, agents={"other": 0.1}).check(database, "hello", today)
    with pytest.raises(BudgetSpent, match="all agents"):
        Budgets(day=2.5).check(database, "hello", today)


def test_what_is_not_said_is_no_part_of_a_version(tmp_path: Path) -> None:
    """Fields that came later leave the digests of earlier versions as they were."""
    workspace = open_workspace(write_workspace(tmp_path / "ws", AGENT))
    content = json.loads(workspace.agent("desk").bundle("test:big").content)
    assert "asking" not in content
    assert "file_bytes" not in content["limits"]
