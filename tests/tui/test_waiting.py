"""Deciding on held calls: allow, deny with a reason, change, many at once, and somebody else who was first."""

from datetime import timedelta

import pytest

from agents.service import wire
from tests.tui import builders
from tests.tui.builders import NOW
from tests.tui.driving import Desk, at_desk
from tests.tui.fake_service import Service
from tests.tui.fake_waiting import decided
from tui.client import WAITING_SHOWN
from tui.glyphs import UNICODE
from tui.screens.waiting import ApprovalScreen, WaitingScreen
from tui.widgets.status_bar import Standing, status_line

pytestmark = pytest.mark.anyio

LARGE = builders.held(6)


async def to_the_large_one(desk: Desk) -> None:
    """Open the payment of 3100."""
    await desk.press("2")
    await desk.until("4 waiting")
    await desk.press("down", "down", "enter")
    await desk.until("MORE than ever before")


async def test_a_call_is_allowed_once_it_was_seen(service: Service) -> None:
    """The page says what stands out and what the agent thought; `A` names the call, effect and environment."""
    async with at_desk(service, (120, 40)) as desk:
        assert "4 to decide, oldest 3h" in desk.text
        await to_the_large_one(desk)
        for told in ("NEVER this before", "so I pay the garage", "second pair of eyes"):
            assert told in desk.text
        await desk.press("A")
        await desk.until("Allow this call?")
        assert "staging (insurer)" in desk.text
        assert service.world.told == []
        await desk.press("enter")
        await desk.until("APPROVED")
        await desk.until("decided by night-shift")
        await desk.until("3 to decide")
        assert " Allow " not in desk.text.splitlines()[-1]
    assert service.world.told == [("approval", wire.DecideApproval(decision="approve", shown=LARGE.digest))]


async def test_a_denial_needs_a_reason_and_a_change_too(service: Service) -> None:
    """`X` without a reason is not sent; `E` starts from the arguments, wants names and values, and a reason."""
    async with at_desk(service, (100, 40)) as desk:
        await to_the_large_one(desk)
        await desk.press("X")
        await desk.until("Deny this call?")
        await desk.press("enter")
        await desk.until("A reason is needed")
        await desk.press("escape", "E")
        await desk.until("amount: 3100")
        area = desk.app.screen.query_one("#answer")
        await desk.press("ctrl+s")
        await desk.until("Nothing is changed yet")
        area.text = "just pay"
        await desk.press("ctrl+s")
        await desk.until("Arguments are names with values")
        area.text = "claim: CL-7\namount: 310\nto: customer"
        await desk.press("ctrl+s")
        await desk.until("A reason is needed")
        await desk.press("tab")
        await desk.type("a zero too many")
        await desk.press("enter")
        await desk.until("sent instead")
    said = wire.DecideApproval(
        decision="approve", reason="a zero too many", shown=LARGE.digest,
        arguments={"claim": "CL-7", "amount": 310, "to": "customer"},
    )  # fmt: skip
    assert service.world.told == [("approval", said)]


async def test_somebody_else_was_first(service: Service) -> None:
    """Who, what, when and why is in the box; the page follows; nothing is sent twice."""
    async with at_desk(service, (100, 40)) as desk:
        await to_the_large_one(desk)
        await desk.press("A")
        await desk.until("Allow this call?")
        decided(service.world, LARGE.id, wire.DecideApproval(decision="deny", reason="fraud"), by="m.keller")
        await desk.press("enter")
        await desk.until("somebody else was first")
        assert "this call was denied by m.keller" in desk.text
        assert "Reason: fraud" in desk.text
        await desk.press("escape")
        await desk.until("DENIED")
        assert isinstance(desk.app.screen, ApprovalScreen)
    assert service.world.told == []


async def test_many_at_once_want_their_number_typed(service: Service) -> None:
    """`space` marks calls only; `A` then wants the number of them, and each is sent with its own digest."""
    async with at_desk(service, (100, 40)) as desk:
        await desk.press("2")
        await desk.until("4 waiting")
        await desk.press("space")
        await desk.until("Only held calls")
        await desk.press("down", "space", "space")
        await desk.until("2 marked")
        await desk.press("A")
        await desk.until("Allow these 2 calls?")
        await desk.type("fine")
        await desk.press("enter")
        await desk.until("Type 2 to go on")
        await desk.type("2")
        await desk.press("enter")
        await desk.until("2 waiting")
        assert isinstance(desk.app.screen, WaitingScreen)
    assert {said.shown for _, said in service.world.told} == {builders.held(6).digest, builders.held(9).digest}


async def test_a_tool_server_is_answered(service: Service) -> None:
    """`A` opens the form with its fields and defaults; what is filled in is sent, once."""
    async with at_desk(service, (100, 40)) as desk:
        await desk.press("colon")
        await desk.type(f"question {service.world.question.id}")
        await desk.press("enter")
        await desk.until("Which garage shall it go to?")
        await desk.press("A")
        await desk.until("Answer towing?")
        await desk.press("ctrl+s")
        await desk.until("garage is needed.")
        await desk.type("Maier")
        await desk.press("tab", "space", "ctrl+s")
        await desk.until("ACCEPTED")
        assert " Answer " not in desk.text.splitlines()[-1]
    given = wire.AnswerQuestion(action="accept", content={"garage": "Maier", "express": True})
    assert service.world.told == [("answer", given)]


async def test_a_waiting_run_has_the_keys_too(service: Service) -> None:
    """In the run itself a banner names the call and the keys; the same box decides."""
    async with at_desk(service, (100, 40)) as desk:
        await desk.press("colon")
        await desk.type("run 99993")
        await desk.press("enter")
        await desk.until("WAITING for you: A allows, X denies, E changes")
        await desk.press("X")
        await desk.until("Deny this call?")
        await desk.type("no")
        await desk.press("enter")
        await desk.until(lambda: bool(service.world.told))
        await desk.until("night-shift decided: deny")
    assert service.world.told == [("approval", wire.DecideApproval(decision="deny", reason="no", shown=LARGE.digest))]


@pytest.mark.parametrize(("count", "told"), [(1, "1 to decide"), (WAITING_SHOWN, f"{WAITING_SHOWN}+ to decide")])
def test_the_line_does_not_take_a_page_for_all_there_is(count: int, told: str) -> None:
    """Where as many wait as are asked for at once, more may."""
    standing = Standing(waiting=count, waiting_since=NOW - timedelta(minutes=5))
    assert f"{told} 5m" in status_line(standing, NOW, 80, UNICODE).text
