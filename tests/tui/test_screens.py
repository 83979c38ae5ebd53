"""Rollouts, metrics and the audit, by key; a screen that was left is gone; jumps over a window of runs."""

import gc

import pytest
from textual.strip import Strip

from agents.service import wire
from tests.tui.driving import at_desk
from tests.tui.fake_service import Service, World
from tui.screens.audit import AuditRowScreen
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen

pytestmark = pytest.mark.anyio


async def test_a_rollout_is_taken_back(service: Service) -> None:
    """`B` names version, effect and environment and wants a reason; then the rollout has ended."""
    async with at_desk(service, (120, 40)) as desk:
        await desk.press("6")
        await desk.until("1 under way")
        await desk.press("enter")
        await desk.until("B Take back")
        await desk.press("B")
        await desk.until("Take this version back?")
        await desk.type("complaints")
        await desk.press("enter")
        await desk.until(lambda: bool(service.world.told))
        await desk.until(lambda: "B Take back" not in desk.text)
    assert service.world.told == [("rollout", wire.EndRollout(decision="stop", reason="complaints"))]


async def test_metrics_lead_to_the_runs_behind_them(service: Service) -> None:
    """What got worse says so in words; another window asks again; enter on a row opens its runs, filtered."""
    async with at_desk(service, (140, 40)) as desk:
        await desk.press("7")
        await desk.until("errors up from 2.0%, score down from 0.81")
        await desk.press("greater_than_sign")
        await desk.until("the last 7d")
        view = desk.app.screen.query_one("#page")
        view.jump(lambda row: row.target is not None)
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, RunsScreen))
        assert desk.app.screen.filter_text == "agent:desk since:7d"


async def test_the_audit_is_read(service: Service) -> None:
    """Rows name who, what and why; enter shows what was on the screen when it was decided."""
    async with at_desk(service, (140, 40)) as desk:
        await desk.press("8")
        await desk.until("refused: roll back of desk")
        await desk.press("enter")
        await desk.until("21% to 47%")
        assert isinstance(desk.app.screen, AuditRowScreen)


async def test_a_screen_that_was_left_is_gone(service: Service) -> None:
    """Runs that were read are not held by the app: a night shift reads hundreds."""
    async with at_desk(service) as desk:
        for _ in range(3):
            await desk.press("down", "enter")
            await desk.until("find_policy returned")
            await desk.press("escape")
        await desk.pilot.pause()
        theme = desk.app.theme_changed_signal
        held = [node for node in theme._subscriptions if isinstance(getattr(node, "screen", None), RunScreen)]
        assert held == []
        gc.collect()


async def test_ends_and_times_are_jumped_to(service: Service) -> None:
    """End shows the oldest run of all and Home the newest, though only a page is held; `:goto` goes to a time."""
    service.stop()
    service.world = World(runs=500)
    service.start()
    async with at_desk(service, (110, 24)) as desk:
        await desk.until("1/200+")
        await desk.press("end")
        await desk.until(lambda: desk.app.screen.query_one("#runs").after is None)
        runs = desk.app.screen.query_one("#runs")
        assert runs.current.id == "run_000000099500"
        assert "at 03-11" in desk.text
        await desk.press("pageup", "pageup", "pageup", "pageup", "pageup", "pageup", "pageup", "pageup")
        await desk.until(lambda: len(runs.runs) > 200)
        ids = [run.id for run in runs.runs]
        assert ids == sorted(set(ids), reverse=True)
        await desk.press("home")
        await desk.until("1/200+")
        await desk.press("colon")
        await desk.type("goto 2h")
        await desk.press("enter")
        await desk.until("at 07:")


async def test_what_was_drawn_is_let_go(service: Service) -> None:
    """Ten runs read one after the other leave no more drawn rows behind than two do."""

    def drawn() -> int:
        gc.collect()
        return sum(type(one) is Strip for one in gc.get_objects())

    async with at_desk(service, (120, 40)) as desk:
        counts = []
        await desk.press("down")
        for runs in (2, 8):
            for _ in range(runs):
                await desk.press("enter")
                await desk.until("find_policy returned")
                await desk.press("escape")
            await desk.pilot.pause()
            counts.append(drawn())
        assert counts[1] < counts[0] + 1500, counts
