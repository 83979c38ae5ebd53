"""A person's own keys: said by the words of the help, refused where they clash, shown where keys are shown."""

import pytest

from agents.errors import WorkspaceError
from tests.tui.driving import at_desk
from tests.tui.fake_service import Service
from tui.keymap import checked, meanings
from tui.screens.prompts import PromptsScreen
from tui.screens.runs import RunsScreen
from tui.widgets.transcript import Transcript


def test_every_key_has_a_name_and_a_meaning() -> None:
    """Nothing that a key does is nameless, and in one place no two things have one name."""
    found = meanings()
    assert len(found) > 60
    assert all(one.name and one.keys and one.does for one in found)
    places = [(one.place, one.name) for one in found]
    assert len(places) == len(set(places))
    assert {one.name for one in found if one.writes} >= {"good", "approve", "roll-back", "cancel-the-run"}


def test_words_of_the_help_name_what_a_key_does() -> None:
    """Capitals and dashes do not matter; several keys are separated by commas."""
    assert checked({"Next error": "x, ctrl+e"}) == {"next-error": "x,ctrl+e"}
    assert checked({"next-error": ","}) == {"next-error": ","}
    assert checked({}) == {}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"nxt error": "x"}, "next-error"),
        ({"next error": "crtl+x"}, "'crtl\\+x' is no key"),
        ({"next error": "f"}, "would mean 'Follow' and 'Next error'|would mean 'Next error' and 'Follow'"),
        ({"other theme": "u"}, "on the screen of run"),
        ({"copy id": "T", "other theme": "T"}, "'T' would mean"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, str], told: str) -> None:
    """An unknown name gets the nearest ones, a key that is none is said, a clash names both and the place."""
    with pytest.raises(WorkspaceError, match=told) as caught:
        checked(given)
    assert caught.value.hint


def test_two_keys_can_be_exchanged() -> None:
    """What makes room for another one is no clash."""
    assert checked({"copy id": "T", "other theme": "y"}) == {"copy-id": "T", "other-theme": "y"}


@pytest.mark.anyio
async def test_own_keys_do_what_they_say_and_are_shown(service: Service) -> None:
    """The new key works, the old one no longer; the help and the line below name the new one."""
    keys = checked({"next error": "x", "prompts": "f4", "help": "f1"})
    async with at_desk(service, (160, 60), keys=keys) as desk:
        await desk.press("4")
        assert isinstance(desk.app.screen, RunsScreen)
        await desk.press("down", "down", "enter")
        await desk.until("x Next error")
        assert "f1 Help" in desk.text
        view = desk.app.screen.query_one(Transcript)
        await desk.press("home", "e")
        assert view.cursor == 0
        await desk.press("x")
        assert view.block is not None
        assert view.block.kind == "error"
        await desk.press("f1")
        await desk.until("Keys here")
        await desk.type("next err")
        await desk.until(lambda: desk.text.count("x ") and "Next error" in desk.text)
        await desk.press("escape", "f4")
        await desk.until(lambda: isinstance(desk.app.screen, PromptsScreen))
