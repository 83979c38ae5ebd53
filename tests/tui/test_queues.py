"""Judging run after run: two keys each, blind, with the way back; and putting runs up for judgement."""

import pytest

from agents.service import wire
from agents.service.wire.queues import CloseQueue, OpenQueue
from tests.tui import builders
from tests.tui.driving import at_desk
from tests.tui.fake_service import Service
from tui.screens.queues import QueueScreen, QueuesScreen

pytestmark = pytest.mark.anyio
FIRST, SECOND = (builders.run_view(number).id for number in (1, 4))


async def test_runs_are_judged_in_two_keys_each(service: Service) -> None:
    """A label by its number, good by `u` and enter; then the next run by itself, until nothing is left."""
    async with at_desk(service, (110, 40)) as desk:
        await desk.press("9")
        await desk.until("2 runs to judge")
        await desk.press("enter")
        await desk.until("QUEUE polite: 1 of 2")
        await desk.until("find_policy returned")
        await desk.press("l")
        await desk.until("1  rude")
        await desk.press("1")
        await desk.until("QUEUE polite: 2 of 2")
        await desk.until(lambda: isinstance(desk.app.screen, QueueScreen) and desk.app.screen.run_id == SECOND)
        await desk.press("u", "enter")
        await desk.until("Nothing is left for you")
        await desk.press("u")
        assert isinstance(desk.app.screen, QueueScreen)
    assert service.world.told == [
        ("feedback", wire.GiveFeedback(label="rude")), ("feedback", wire.GiveFeedback(score=1.0)),
    ]  # fmt: skip


async def test_one_judges_blind_and_can_go_back(service: Service) -> None:
    """What others said is not shown before one's own word; `]` passes over, `[` goes back, `U` takes back."""
    async with at_desk(service, (110, 70)) as desk:
        await desk.press("9")
        await desk.until("2 runs to judge")
        await desk.press("enter")
        await desk.until("find_policy returned")
        await desk.press("right_square_bracket")
        await desk.until(lambda: desk.app.screen.run_id == SECOND)
        await desk.until("find_policy returned")
        assert "It is lantern." not in desk.text
        assert "score" not in desk.text
        await desk.press("d", "enter")
        await desk.until(lambda: desk.app.screen.run_id == FIRST)
        await desk.press("left_square_bracket")
        await desk.until("feedback of night-shift")
        await desk.press("U", "enter")
        await desk.until("taken back")
    assert [what for what, _ in service.world.told] == ["feedback", "withdraw"]


async def test_progress_and_agreement_are_shown(service: Service) -> None:
    """`i` shows who judged how much, alpha with its interval, what it is good for, and the runs in dispute."""
    async with at_desk(service, (110, 40)) as desk:
        await desk.press("9")
        await desk.until("2 runs to judge")
        await desk.press("i")
        await desk.until("alpha 0.41 [0.12, 0.70], 14 of 20 runs alike: below 0.667")
        assert "m.keller: rude, a.roth: kind" in desk.text
        await desk.press("escape", "X")
        await desk.until("Close the queue 'polite'?")
        await desk.press("enter")
        await desk.until(lambda: bool(service.world.told))
        assert isinstance(desk.app.screen, QueuesScreen)
    assert service.world.told == [("close queue", CloseQueue())]


async def test_filtered_runs_are_put_up_for_judgement(service: Service) -> None:
    """`Q` takes the filter that is applied, wants a name, and goes on to the first run."""
    async with at_desk(service, (110, 40)) as desk:
        await desk.press("slash")
        await desk.type("status:failed")
        await desk.press("enter")
        await desk.until("1/12")
        await desk.press("Q")
        await desk.until("Put these runs up for judgement?")
        await desk.press("ctrl+s")
        await desk.until("Name is needed")
        await desk.type("broken")
        await desk.press("tab")
        await desk.press("ctrl+a", "delete", "delete")
        await desk.type("many")
        await desk.press("ctrl+s")
        await desk.until("is not")
        desk.app.screen.query_one("#field-1").value = "20"
        await desk.press("ctrl+s")
        await desk.until("QUEUE broken")
    asked = OpenQueue(name="broken", query="status:failed", size=20, reviewers=2)
    assert service.world.told == [("open queue", asked)]
