"""Pages of many runs in one commit: each is written whole or not at all, and whoever waits is told which."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import IntegrityError

from tests.builders import model_step, run_started
from traces.db import Database
from traces.errors import LedgerUnavailable, OperationTaken
from traces.events import ToolCalled
from traces.pen import Pen
from traces.recorder import Page, Recorded, Recorder
from traces.store import read_events
from traces.together import MOST_PAGES, Later, Together
from traces.verify import verify

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs on."""
    return "asyncio"


class House:
    """A recorder whose commits are counted, and pages of its streams."""

    def __init__(self, database: Database) -> None:
        self.database, self.recorder = database, Recorder(database)
        self.together = Together(self.recorder)
        self.commits = 0
        self.refuse: Exception | None = None
        """What the database says instead of writing."""
        appending = database.appending

        @contextmanager
        def counted() -> Iterator[Pen]:
            if self.refuse is not None:
                raise self.refuse
            with appending() as pen:
                yield pen
            self.commits += 1

        database.appending = counted  # type: ignore[method-assign]

    def begin(self, *streams: str) -> None:
        """Runs that were started before; what that cost is not counted."""
        for stream in streams:
            self.recorder.append(stream, run_started())
        self.commits = 0

    def page(self, stream: str, call: str = "c1") -> Page:
        """A page with one call that is about to be sent."""
        event = ToolCalled(
            op=f"tool/1/shop/buy/{call}", step=1, tool="buy", server="shop", arguments={}, call_id=call,
            effect="write", idempotency_key="k",
        )  # fmt: skip
        return Page(stream, [self.recorder.admit(event)])

    def calls(self, stream: str) -> list[str | None]:
        """The calls that are on record."""
        with self.database.reading() as session:
            assert verify(session).whole
            return [one.event.op for one in read_events(session, stream, kinds=["tool_called"])]


@pytest.fixture
def house(database: Database) -> House:
    """One on each database."""
    return House(database)


async def test_what_comes_in_one_moment_is_one_commit(house: House) -> None:
    """Pages of several runs, and two of one run in their order, share a commit; each waiter gets its own facts."""
    house.begin("run_a", "run_b")
    pages = [house.page("run_a"), house.page("run_b"), house.page("run_a", "c2")]
    written = await asyncio.gather(*(house.together.append(page) for page in pages))
    assert house.commits == 1
    assert [(one.stream, one.seq) for (one,) in written] == [("run_a", 2), ("run_b", 2), ("run_a", 3)]
    assert house.calls("run_a") == ["tool/1/shop/buy/c1", "tool/1/shop/buy/c2"]


async def test_no_commit_holds_up_the_loop_for_long(house: House) -> None:
    """More pages than one transaction takes are written by several, and none is forgotten."""
    names = [f"run_{number}" for number in range(MOST_PAGES + 5)]
    house.begin(*names)
    await asyncio.gather(*(house.together.append(house.page(name)) for name in names))
    assert house.commits == 2
    assert all(house.calls(name) for name in (names[0], names[-1]))


async def test_one_that_is_refused_keeps_nobody_from_being_written(house: House) -> None:
    """Another owner recorded that call first: its run is told so, the other runs' pages are on record."""
    house.begin("run_a", "run_b", "run_c")
    Recorder(house.database).append_page(house.page("run_b"))
    pages = [house.page(name) for name in ("run_a", "run_b", "run_c")]
    first, refused, last = await asyncio.gather(
        *(house.together.append(page) for page in pages), return_exceptions=True
    )
    assert isinstance(refused, OperationTaken)
    assert not isinstance(first, BaseException)
    assert not isinstance(last, BaseException)
    assert [bool(page.written) for page in pages] == [True, False, True]
    assert [len(house.calls(name)) for name in ("run_a", "run_b", "run_c")] == [1, 1, 1]


async def test_a_head_that_is_only_old_is_read_again(house: House) -> None:
    """Another process wrote into the run meanwhile, but not this operation: nobody hears of it."""
    house.begin("run_a", "run_b")
    await house.together.append(house.page("run_a", "c0"))  # now the head is remembered
    Recorder(house.database).append("run_a", model_step()[0])
    await asyncio.gather(house.together.append(house.page("run_a")), house.together.append(house.page("run_b")))
    assert len(house.calls("run_a")) == 2
    assert len(house.calls("run_b")) == 1


async def test_what_is_due_shares_a_commit_and_is_written_once(house: House) -> None:
    """Several runs' kept facts and another's page are one commit; what was written by then is not written again."""
    house.begin("run_a", "run_b", "run_c")
    back: list[str] = []
    house.together.add_later(lambda: Later(house.page("run_a"), lambda: back.append("run_a")))
    house.together.add_later(lambda: None)
    house.together.add_later(lambda: Later(house.page("run_b"), lambda: back.append("run_b")))
    await house.together.append(house.page("run_c"))
    assert (house.commits, back) == (1, [])
    assert [len(house.calls(name)) for name in ("run_a", "run_b", "run_c")] == [1, 1, 1]
    house.together.add_later(lambda: Later(house.page("run_a", "c2"), lambda: back.append("run_a")))
    house.together.settle()
    assert house.calls("run_a") == ["tool/1/shop/buy/c1", "tool/1/shop/buy/c2"]


async def test_what_is_due_and_refused_is_put_back(house: House) -> None:
    """By its own run's fence, or by a database that is away; it never comes before what its run waits to say."""
    house.begin("run_a", "run_b")
    back: list[str] = []
    Recorder(house.database).append_page(house.page("run_a"))
    refused = asyncio.ensure_future(house.together.append(house.page("run_a")))
    house.together.add_later(lambda: Later(house.page("run_a", "c2"), lambda: back.append("c2")))
    other = asyncio.ensure_future(house.together.append(house.page("run_b")))
    with pytest.raises(OperationTaken):
        await refused
    await other
    assert (back, house.calls("run_a")) == (["c2"], ["tool/1/shop/buy/c1"])
    house.refuse = LedgerUnavailable("the disk is full", hint="Free some space.")
    house.together.add_later(lambda: Later(house.page("run_b", "c3"), lambda: back.append("c3")))
    house.together.settle()
    assert back == ["c2", "c3"]


async def test_a_database_that_is_away_is_told_to_everybody(house: House) -> None:
    """Each waiter gets the error at once; what is written when the database is back is written once."""
    house.begin("run_a", "run_b")
    house.refuse = LedgerUnavailable("the database is locked by another process", hint="Wait.")
    pages = [house.page("run_a"), house.page("run_b")]
    told = await asyncio.gather(*(house.together.append(page) for page in pages), return_exceptions=True)
    assert [type(one) for one in told] == [LedgerUnavailable, LedgerUnavailable]
    assert not any(page.written for page in pages)
    house.refuse = None
    await asyncio.gather(*(house.together.append(page) for page in pages))
    assert [len(house.calls(name)) for name in ("run_a", "run_b")] == [1, 1]


async def test_an_error_that_nobody_foresaw_leaves_nobody_waiting(house: House) -> None:
    """A collision is looked at page by page; anything else is told to all."""
    house.begin("run_a")
    house.refuse = MemoryError("no room")
    with pytest.raises(MemoryError):
        await house.together.append(house.page("run_a"))
    house.refuse = IntegrityError("INSERT", {}, Exception("twice"))
    refusing = asyncio.ensure_future(house.together.append(house.page("run_a")))
    await asyncio.sleep(0)
    house.refuse = None
    assert [one.seq for one in await refusing] == [2]


async def test_who_is_stopped_before_the_commit_has_written_nothing(house: House) -> None:
    """Its page is taken back, and the page of another run that waits beside it is not."""
    house.begin("run_a", "run_b")
    stopped_page, other_page = house.page("run_a"), house.page("run_b")
    stopped = asyncio.ensure_future(house.together.append(stopped_page))
    other = asyncio.ensure_future(house.together.append(other_page))
    await asyncio.sleep(0)  # both wait now; the commit comes in the loop's next round
    assert house.commits == 0
    stopped.cancel()
    await other
    with pytest.raises(asyncio.CancelledError):
        await stopped
    assert (house.calls("run_a"), stopped_page.written) == ([], [])
    assert house.calls("run_b") == ["tool/1/shop/buy/c1"]


async def test_who_is_stopped_by_the_commit_itself_knows_that_it_is_written(house: House) -> None:
    """Stopped after the commit and before it goes on: `written` says that the fact is on record."""
    house.begin("run_a")
    page = house.page("run_a")
    task = asyncio.ensure_future(house.together.append(page))

    def heard(recorded: Recorded) -> None:
        task.cancel()

    house.recorder.subscribe(heard)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [one.event.op for one in page.written] == house.calls("run_a") == ["tool/1/shop/buy/c1"]


@pytest.mark.parametrize("seed", range(20))
async def test_stops_at_any_moment(house: House, seed: int) -> None:
    """Whoever is stopped whenever: a page is on record just when `written` says so, once; the chain is whole."""
    chance = random.Random(seed)
    names = ["run_a", "run_b", "run_c"]
    house.begin(*names)
    pages = [house.page(chance.choice(names), f"c{number}") for number in range(12)]

    async def one(page: Page) -> None:
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        await house.together.append(page)

    tasks = [asyncio.ensure_future(one(page)) for page in pages]

    def heard(recorded: Recorded) -> None:
        if chance.random() < 0.3:
            chance.choice(tasks).cancel()

    house.recorder.subscribe(heard)
    for _ in range(6):
        await asyncio.sleep(0)
        if chance.random() < 0.5:
            chance.choice(tasks).cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    on_record = sorted(op for name in names for op in house.calls(name) if op)
    assert on_record == sorted(str(page.entries[0].event.op) for page in pages if page.written)
    assert all(page.written for page, task in zip(pages, tasks, strict=True) if not task.cancelled())
