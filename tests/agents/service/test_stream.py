"""Streams: every fact once and in order, resumable, over several processes; pieces of replies before their facts."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agents.service.stream import GAP_SECONDS, Bell, feed, follow
from agents.service.wire import DeltaView
from agents.service.work import DELTAS_KEPT, Onlooker, Piece
from tests.agents.service import sse
from tests.agents.service.conftest import House
from tests.builders import failed, finished, judged, model_step, record_run, run_started
from traces.db import Database
from traces.recorder import Recorder
from traces.store import last_event_id

pytestmark = pytest.mark.anyio


async def next_event(stream: AsyncIterator[bytes]) -> sse.Sent:
    """The next event that is no comment."""
    while True:
        [sent] = sse.read((await asyncio.wait_for(anext(stream), 30)).decode())
        if sent.event != "comment":
            return sent


async def test_a_run_that_has_ended_is_told_whole(house: House) -> None:
    """All facts with their ids, then the end."""
    run_id = (await house.ask())["run"]["id"]
    response = await house.http.get(f"/v1/runs/{run_id}/stream")
    assert response.headers["content-type"].startswith("text/event-stream")
    comment, *facts, end = sse.read(response.text)
    assert (comment.event, end.event) == ("comment", "end")
    stored = (await house.get(f"/v1/runs/{run_id}/events"))["items"]
    assert [fact.data for fact in facts] == stored
    assert [fact.id for fact in facts] == [one["id"] for one in stored]


async def test_who_comes_back_gets_what_it_missed(house: House) -> None:
    """From the last id it saw, by header or by query; the header wins."""
    run_id = (await house.ask())["run"]["id"]
    _, *facts, _ = sse.read((await house.http.get(f"/v1/runs/{run_id}/stream")).text)
    second = str(facts[1].id)
    for params, headers in (
        ({"after": second}, {}),
        ({}, {"Last-Event-ID": second}),
        ({"after": "0"}, {"Last-Event-ID": second}),
    ):
        response = await house.http.get(f"/v1/runs/{run_id}/stream", params=params, headers=headers)
        assert [sent for sent in sse.read(response.text) if sent.event == "fact"] == facts[2:]


async def test_a_reply_is_seen_while_it_is_written(house: House) -> None:
    """Its pieces come before its fact, also for one who comes in the middle; then the rest and the end."""
    gate = asyncio.Event()
    house.script._gate = gate
    run_id = (await house.post("/v1/runs", {"agent": "hello", "input": "slow"}, 202))["run"]["id"]
    await house.script.begun.wait()
    parts = house.parts
    stream = follow(parts.bell, parts.work, parts.database, run_id, after=0)
    late: list[sse.Sent] = []
    while "delta" not in {one.event for one in late}:
        late.append(await next_event(stream))
    gate.set()
    while late[-1].event != "end":
        late.append(await next_event(stream))
    said = "".join(one.data["text"] for one in late if one.event == "delta")
    assert said == "You said: slow"
    kinds = [one.data.get("kind") if one.event == "fact" else one.event for one in late]
    assert [kind for kind, after in zip(kinds, [*kinds[1:], ""], strict=True) if kind != after] == [
        "run_started", "model_requested", "delta", "model_replied", "run_finished", "end"
    ]  # fmt: skip
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert parts.work._onlookers == {}


async def test_the_feed_tells_of_every_stream_once_and_in_order(house: House) -> None:
    """Facts of this process and of another one, from an id on; only the kinds asked for."""
    parts = house.parts
    with parts.database.reading() as session:
        start = last_event_id(session)
    everything = feed(parts.bell, parts.database, after=start, kinds=None)
    ends = feed(parts.bell, parts.database, after=start, kinds=["run_finished", "run_failed"])
    mine = record_run(house.runtime.recorder)
    other = Recorder(Database(parts.database.url))
    other.append("run_theirs", run_started())
    other.append("run_theirs", failed())
    told = [await next_event(everything) for _ in range(6)]
    assert [(one.data["stream"], one.data["seq"]) for one in told] == [
        *((mine, seq) for seq in (1, 2, 3, 4)), ("run_theirs", 1), ("run_theirs", 2)
    ]  # fmt: skip
    assert [one.id for one in told] == sorted(one.data["id"] for one in told)
    assert [(await next_event(ends)).data["kind"] for _ in range(2)] == ["run_finished", "run_failed"]


async def test_a_long_backlog_is_told_in_pages(house: House) -> None:
    """More facts than a page holds, each once."""
    run_id = record_run(house.runtime.recorder)
    for _ in range(450):
        house.runtime.recorder.append(run_id, judged())
    response = await house.http.get(f"/v1/runs/{run_id}/stream")
    facts = [one.data["seq"] for one in sse.read(response.text) if one.event == "fact"]
    assert facts == list(range(1, 455))
    parts = house.parts
    stream = feed(parts.bell, parts.database, after=0, kinds=None)
    told = [await next_event(stream) for _ in range(455)]  # and the definition's own decision
    assert len({one.id for one in told}) == 455


async def test_a_stopping_service_ends_its_streams_without_an_end_event(house: House) -> None:
    """A reader knows that the run goes on, and comes back."""
    parts = house.parts
    house.runtime.recorder.append("run_open", run_started())
    stream = follow(parts.bell, parts.work, parts.database, "run_open", after=0)
    assert (await next_event(stream)).data["kind"] == "run_started"
    waiting = asyncio.create_task(next_event(stream))
    await asyncio.sleep(0)
    parts.bell.close()
    with pytest.raises(StopAsyncIteration):
        await waiting


async def test_half_a_surrogate_pair_does_not_break_a_reader(house: House) -> None:
    """What a broken tool sent is told as UTF-8, in lists, details and streams."""
    run_id = record_run(house.runtime.recorder, *model_step(2, text="half \ud800"), finished({"a": "half \ud800"}))
    assert (await house.get(f"/v1/runs/{run_id}"))["answer"] == {"a": "half ?"}
    assert (await house.get(f"/v1/runs/{run_id}/events"))["items"][-1]["data"]["output"] == {"a": "half ?"}
    assert sse.read((await house.http.get(f"/v1/runs/{run_id}/stream")).text)[-2].data["kind"] == "run_finished"


# --- ids that are given out before their transactions are over ---------------------------------------------------


class Clock:
    """Seconds that go on when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def bell_at(head: int) -> tuple[Bell, Clock]:
    """A bell over no database, that has seen everything up to `head`."""
    clock = Clock()
    bell = Bell(None, None, clock=clock)  # type: ignore[arg-type]
    bell.head = bell._seen = head
    return bell, clock


def test_ids_without_a_gap_are_told_at_once() -> None:
    """As SQLite always gives them."""
    bell, _ = bell_at(10)
    assert bell.advance([11, 12])
    assert bell.head == 12
    assert not bell.advance([])


def test_a_gap_is_waited_for_and_then_filled() -> None:
    """A fact whose transaction took longer than a later one's is told in its place, not skipped."""
    bell, clock = bell_at(10)
    assert bell.advance([11, 13])  # there is news: 11, and something behind the gap
    assert bell.head == 11
    clock.now += GAP_SECONDS / 2
    assert not bell.advance([13])
    assert bell.advance([12, 13])
    assert bell.head == 13


def test_a_gap_that_stays_is_passed_after_its_time() -> None:
    """An id whose transaction was rolled back holds the feed up for a stated time, once."""
    bell, clock = bell_at(10)
    bell.advance([12, 13])
    assert bell.head == 10
    clock.now += GAP_SECONDS
    assert bell.advance([12, 13, 14])
    assert bell.head == 14


def test_a_new_gap_has_its_own_time() -> None:
    """What was given out later is not given up with what was given out earlier."""
    bell, clock = bell_at(10)
    bell.advance([15])
    clock.now += GAP_SECONDS * 0.9
    bell.advance([13, 15])
    clock.now += GAP_SECONDS * 0.2
    bell.advance([13, 15])
    assert bell.head == 10  # 13 came just now; 11 and 12 may still come
    clock.now += GAP_SECONDS
    bell.advance([13, 15])
    assert bell.head == 13


# --- pieces of a reply -------------------------------------------------------------------------------------------


def piece(text: str, kind: str = "text", after: int = 2) -> Piece:
    """A piece as the model gave it, after the fact with this seq."""
    return after, DeltaView.model_validate({"run_id": "run_a", "kind": kind, "text": text})


async def test_neighbours_of_one_kind_are_joined() -> None:
    """A slow reader gets fewer, longer pieces, in order; names of tools stay whole."""
    onlooker = Onlooker([piece("a")])
    for one in (piece("b"), piece("hm", "thinking"), piece("buy", "tool"), piece("sell", "tool"), piece("c")):
        onlooker.give(one)
    assert [(one.kind, one.text) for one in onlooker.take(2)] == [
        ("text", "ab"), ("thinking", "hm"), ("tool", "buy"), ("tool", "sell"), ("text", "c")
    ]  # fmt: skip
    assert onlooker.take(2) == []


async def test_pieces_of_the_next_reply_wait_for_the_facts_before_it() -> None:
    """A reader is never shown the second reply's beginning as the first one's end."""
    onlooker = Onlooker([piece("end of one"), piece("begin of two", after=4)])
    assert [one.text for one in onlooker.take(1)] == []
    assert [one.text for one in onlooker.take(3)] == ["end of one"]
    assert [one.text for one in onlooker.take(4)] == ["begin of two"]


async def test_a_reader_that_does_not_read_costs_no_memory() -> None:
    """The oldest pieces go; the fact that follows has them all."""
    onlooker = Onlooker([])
    for number in range(DELTAS_KEPT * 2):
        onlooker.give(piece(str(number)))
    assert len(onlooker.pieces) == DELTAS_KEPT


async def test_silence_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream without news says that it is there, so that a reader can tell silence from death."""
    monkeypatch.setattr("agents.service.stream.HEARTBEAT_SECONDS", 0.01)
    parts = house.parts
    stream = feed(parts.bell, parts.database, after=10**9, kinds=None)
    assert [await anext(stream) for _ in range(3)] == [b": open\n\n", b": still here\n\n", b": still here\n\n"]
