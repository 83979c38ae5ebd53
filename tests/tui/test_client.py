"""The client: typed answers, one exception, and a feed that loses and doubles nothing."""

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest

from agents.service import wire
from tests.tui import builders
from tests.tui.fake_service import Service
from tui.answers import ServiceError
from tui.client import Client, Link

pytestmark = pytest.mark.anyio


async def until(so: Callable[[], bool]) -> None:
    """Let the other tasks go on until it is so; the test's own limit ends a wait for nothing."""
    while not so():  # noqa: ASYNC110 - the thing waited for happens in a generator that knows no event
        await asyncio.sleep(0)


async def test_it_reads_in_the_shapes_of_the_wire(service: Service) -> None:
    """Each route gives its shape; pages follow one another without a gap."""
    async with Client(socket=service.socket) as client:
        assert (await client.about()).environment == "staging"
        first = await client.runs(limit=40)
        second = await client.runs(after=first.after, limit=40)
        assert [run.id for run in [*first.items, *second.items]] == list(service.world.runs)
        assert second.after is None
        run = first.items[1]
        assert (await client.events(run.id))[0].kind == "run_started"
        assert (await client.run(run.id)).children[0].agent == "claims"
        assert [one.verdict for one in await client.proposals()] == ["better"]
        assert (await client.bundle("11aa")).live
        assert len(await client.diff(builders.BETTER)) == len(builders.diff())
        assert len(await client.night_events("night_2")) > 3


async def test_a_problem_becomes_one_exception(service: Service) -> None:
    """Title, detail, hint and status of the problem document reach the caller."""
    async with Client(socket=service.socket) as client:
        with pytest.raises(ServiceError) as refused:
            await client.runs("colour:red")
        assert (refused.value.status, refused.value.detail) == (422, "unknown field 'colour'")
        assert refused.value.position == 1
        with pytest.raises(ServiceError, match="no run 'nosuch'") as missing:
            await client.run("nosuch")
        assert "strop runs list" in missing.value.hint


async def test_a_service_that_is_not_there() -> None:
    """Says where it looked and what to do."""
    async with Client(socket="/nowhere/strop.sock") as client:
        with pytest.raises(ServiceError, match=r"no answer from '/nowhere/strop\.sock'") as error:
            await client.about()
    assert "strop serve" in error.value.hint
    assert error.value.status == 0


async def test_names_lead_nowhere_else(service: Service) -> None:
    """An id with slashes and dots is one name, not a path."""
    async with Client(socket=service.socket) as client:
        with pytest.raises(ServiceError) as error:
            await client.run("../about")
    assert error.value.status == 404


async def test_the_feed_survives_restarts(service: Service) -> None:
    """Facts written before, between and after two restarts come once each and in order."""
    links: list[Link] = []
    seen: list[int] = []
    start = len(service.world.facts.all)

    async def listen() -> None:
        async with Client(socket=service.socket) as client:
            async for fact in client.feed(after=start, on_link=links.append):
                seen.append(fact.id)
                if len(seen) == 9:
                    return

    listening = asyncio.create_task(listen())
    for turn in range(3):
        for _ in range(3):
            service.world.fact("run_x", "tool_failed", tool="t", error="e", message=str(turn))
        await until(lambda turn=turn: len(seen) >= 3 * (turn + 1) - (turn == 2))
        await asyncio.to_thread(service.stop)
        await asyncio.to_thread(service.start)
    await asyncio.wait_for(listening, 60)
    assert seen == list(range(start + 1, start + 10))
    assert {link.state for link in links} == {"live", "lost"}


async def test_a_run_is_followed_to_its_end(service: Service) -> None:
    """Deltas and facts come in the order they were sent, and the stream ends with the run."""
    world = service.world
    run = world.new_run("run_live00000001")
    world.deltas[run.id] = [wire.DeltaView(run_id=run.id, kind="text", text="half")]
    got = []
    async with Client(socket=service.socket) as client:
        async for piece in client.follow(run.id):
            got.append(piece)
            if isinstance(piece, wire.DeltaView):
                world.fact(run.id, "run_finished", output="whole", seconds=1.0)
                world.change_run(run.id, status="finished")
    assert [piece.kind for piece in got] == ["run_started", "text", "run_finished"]


@pytest.mark.parametrize("module", ["tui.client", "tui.lines.review", "tui.lines.transcript"])
def test_light_to_import(module: str) -> None:
    """What commands use imports neither Textual nor httpx: they pay for what they do."""
    heavy = ("textual", "httpx", "fastapi", "sqlalchemy", "dspy")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
