"""The playground in the terminal: several versions beside each other, begun from a form or from a run."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.service.wire.playground import SideAsked, StartPlay
from tests.tui import builders
from tests.tui.driving import at_desk
from tests.tui.fake_service import Service
from tests.tui.test_lines import fits, odd, widths
from tui.glyphs import UNICODE
from tui.lines.form import fields_of
from tui.lines.plays import play_form, play_row, play_title, side_figures, side_model, side_title, sides_asked
from tui.screens.pair import PairScreen
from tui.screens.playground import PlayScreen


@given(widths, odd, odd)
def test_plays_fit(service_play: Any, width: int, text: str, model: str) -> None:
    """Rows and heads fit, whatever was asked and models are called."""
    view = service_play.model_copy(update={"input": text})
    side = view.sides[1].model_copy(update={"model": model, "note": text})
    lines = [
        play_row(view, width, builders.NOW, UNICODE), play_title(view, width), side_figures(side, width),
        side_title(side, True, width, UNICODE), side_model(side, width),
    ]  # fmt: skip
    assert fits(lines, width)


@pytest.fixture(scope="module")
def service_play() -> Any:
    """A play of the fixed world."""
    from tests.tui.fake_plays import play
    from tests.tui.fake_service import World

    return play(World(runs=6), "play_1")


@given(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=3), st.sampled_from(["", "x", " x , y,"]))
def test_each_version_on_each_model(versions: list[str], models: str) -> None:
    """Every version as it is first, then all of them on each other model."""
    sides = sides_asked({"versions": versions, "models": models})
    assert sides[: len(versions)] == [{"bundle": one, "model": ""} for one in versions]
    assert len(sides) == len(versions) * (1 + len([one for one in models.split(",") if one.strip()]))


def test_the_form_offers_what_matters_first() -> None:
    """Chosen versions, then what is live, then what is proposed; the record is only offered where there is one."""
    fields = {one.name: one for one in fields_of(play_form(builders.agents(), builders.bundles(), [builders.OLD]))}
    assert [one.value for one in fields["versions"].choices][:3] == [builders.OLD, builders.LIVE, builders.CLAIMS]
    assert [one.value for one in fields["tools"].choices] == ["read"]
    with_run = {one.name: one for one in fields_of(play_form(builders.agents(), [], input="hail", replay=True))}
    assert [one.value for one in with_run["tools"].choices] == ["read", "recorded"]
    assert with_run["input"].default == "hail"


@pytest.mark.anyio
async def test_sides_stand_beside_each_other(service: Service) -> None:
    """Version, model, cost and story of each; `=` compares two; where it is narrow, `]` brings others into sight."""
    async with at_desk(service, (130, 40)) as desk:
        await desk.press("0")
        await desk.until("1 plays")
        await desk.press("enter")
        await desk.until("find_policy broke")
        screen = desk.app.screen
        assert isinstance(screen, PlayScreen)
        assert len({screen.transcript(number).region.x for number in range(3)}) == 3
        for told in ("11aa11aa11aa LIVE", "openai:gpt-5-mini", "tools only look", "cost $0.0"):
            assert told in desk.text
        await desk.pilot.resize_terminal(80, 30)
        await desk.until("sides 1 to 2 of 3")
        await desk.press("right_square_bracket")
        await desk.until("sides 2 to 3 of 3")
        await desk.press("equals_sign")
        await desk.until(lambda: isinstance(desk.app.screen, PairScreen))


@pytest.mark.anyio
async def test_a_play_is_begun_from_a_run(service: Service) -> None:
    """`P` takes the run's input, offers its recording, names effect and environment; then the sides are shown."""
    async with at_desk(service, (120, 50)) as desk:
        await desk.press("down", "enter")
        await desk.until("find_policy returned")
        await desk.press("P")
        await desk.until("Try one input on several versions?")
        assert "staging (insurer)" in desk.text
        assert "nothing that changes something is called" in desk.text
        await desk.press("tab", "down", "space", "ctrl+s")
        await desk.until(lambda: isinstance(desk.app.screen, PlayScreen))
    run = builders.run_view(1)
    sides = [SideAsked(bundle=builders.LIVE), SideAsked(bundle=builders.CLAIMS)]
    assert service.world.told == [("play", StartPlay(input=run.input, sides=sides, replay_of=run.id))]


@pytest.mark.anyio
async def test_nothing_is_begun_without_a_version(service: Service) -> None:
    """An empty choice is named in the box; esc begins nothing; the models of the form come on top of the versions."""
    async with at_desk(service, (120, 50)) as desk:
        await desk.press("0")
        await desk.until("1 plays")
        await desk.press("P")
        await desk.until("Try one input")
        await desk.type("hail")
        await desk.press("tab", "space", "ctrl+s")
        await desk.until("choose one")
        await desk.press("space", "tab")
        await desk.type("test")
        await desk.press("ctrl+s")
        await desk.until(lambda: isinstance(desk.app.screen, PlayScreen))
    sides = [SideAsked(bundle=builders.LIVE), SideAsked(bundle=builders.LIVE, model="test")]
    assert service.world.told == [("play", StartPlay(input="hail", sides=sides))]
