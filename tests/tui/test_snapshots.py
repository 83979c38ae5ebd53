"""The main screens as text, at three sizes. A difference is a change that somebody should look at.

The pictures are files beside this one. To take a new one, delete the file and run the test: it writes the file and
fails once, so that nobody takes pictures without looking.
"""

from pathlib import Path

import pytest

from tests.tui.driving import at_desk
from tests.tui.fake_service import Service

pytestmark = pytest.mark.anyio
FOLDER = Path(__file__).parent / "snapshots"
SIZES = [(80, 24), (120, 40), (200, 60)]
SCREENS: dict[str, tuple[list[str], str]] = {
    "runs": ([], "1/60"),
    "run": (["down", "enter"], "delegated to claims"),
    "waiting": (["enter"], "W decides"),
    "proposals": (["2"], "1 waiting"),
    "proposal": (["2", "enter"], "28 examples gained"),
    "prompts": (["3"], "4 versions of 2 agents"),
    "night": (["4", "down", "enter"], "morning report"),
    "help": (["question_mark"], "Keys here"),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
async def test_screen(service: Service, name: str, size: tuple[int, int]) -> None:
    """The screen is as it was when somebody last looked at it."""
    keys, ready = SCREENS[name]
    async with at_desk(service, size) as desk:
        for key in keys:
            await desk.press(key)
            await desk.until(lambda: "Loading" not in desk.text)
        await desk.until(ready if size != (80, 24) or name != "run" else "find_policy returned")
        await desk.until(lambda: "Loading" not in desk.text)
        seen = desk.text + "\n"
    path = FOLDER / f"{name}-{size[0]}x{size[1]}.txt"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        path.write_text(seen, encoding="utf-8")
        pytest.fail(f"{path.name} was not there and is now: look at it, then run again")
    assert seen == path.read_text(encoding="utf-8")
