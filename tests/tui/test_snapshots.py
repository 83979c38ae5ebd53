"""The main screens as text, at three sizes. A difference is a change that somebody should look at.

The pictures are files beside this one. To take a new one, delete the file and run the test: it writes the file and
fails once, so that nobody takes pictures without looking.
"""

import re
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.tui.driving import at_desk
from tests.tui.fake_service import Service, World
from tui.glyphs import ASCII

pytestmark = pytest.mark.anyio
FOLDER = Path(__file__).parent / "snapshots"
SIZES = [(80, 24), (120, 40), (200, 60)]
SCREENS = [
    ("runs", ["1"], "1/60"),
    ("help", ["question_mark"], "Keys here"),
    ("waiting", ["escape", "enter"], "W decides"),
    ("run", ["escape", "down", "enter"], "find_policy returned"),
    ("todo", ["2"], "4 waiting"),
    ("held", ["down", "down", "enter"], "MORE than ever"),
    ("proposals", ["3"], "1 waiting"),
    ("proposal", ["enter"], "28 examples gained"),
    ("pair", ["w", "enter"], "1 of 5"),
    ("prompts", ["4"], "4 versions"),
    ("nights", ["5"], "1 running"),
    ("night", ["down", "enter"], "morning report"),
    ("rollouts", ["6"], "1 under way"),
    ("rollout", ["enter"], "m.keller"),
    ("metrics", ["7"], "score down from"),
    ("audit", ["8"], "3 rows"),
    ("audit-row", ["enter"], "who did what"),
    ("queues", ["9"], "2 runs to judge"),
    ("queue-about", ["i"], "in dispute"),
    ("queue", ["escape", "enter"], "find_policy returned"),
    ("plays", ["0"], "1 plays"),
    ("play", ["enter"], "tools only look"),
]
DETAILS = [
    ("run", ["1", "down"], ["enter"], "find_policy returned"),
    ("held", ["2", "down", "down"], ["enter"], "MORE than ever"),
    ("proposal", ["3"], ["enter"], "28 examples gained"),
    ("version", ["4", "down"], ["enter"], "from 14 corrections"),
    ("diff", ["4", "down"], ["equals_sign"], "what changes"),
    ("night", ["5", "down"], ["enter"], "morning report"),
    ("rollout", ["6"], ["enter"], "m.keller"),
    ("audit-row", ["8"], ["enter"], "who did what"),
    ("queue", ["9"], ["enter"], "find_policy returned"),
    ("play", ["0"], ["enter"], "tools only look"),
]
"""Screens of one thing: the way to its row, the key that opens it, and what it says once it has all."""
LISTS = ["runs", "waiting", "proposals", "prompts", "nights", "rollouts", "metrics", "audit", "queues", "playground"]
"""Screens by the key that leads there, from 1 on."""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_screens(service: Service, size: tuple[int, int]) -> None:
    """Each screen is as it was when somebody last looked at it."""
    differ = []
    async with at_desk(service, size) as desk:
        for name, keys, ready in SCREENS:
            await desk.press(*keys)
            await desk.until(lambda ready=ready: ready in desk.text and "Loading" not in desk.text)
            differ += different(f"{name}-{size[0]}x{size[1]}", desk.text)
    assert not differ, "\n".join(differ)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_empty_screens(service: Service, size: tuple[int, int]) -> None:
    """On the first day every list says what to do to have something in it."""
    service.stop()
    service.world = World.empty()
    service.start()
    differ = []
    async with at_desk(service, size) as desk:
        for key, name in enumerate(LISTS, 1):
            await desk.press(str(key % 10))
            await desk.until(lambda: "Loading" not in desk.text)
            differ += different(f"empty-{name}-{size[0]}x{size[1]}", desk.text)
    assert not differ, "\n".join(differ)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_screens_of_a_service_in_trouble(service: Service, size: tuple[int, int]) -> None:
    """While nothing came yet the screens say so; when the service says no they say what it said and what to do."""
    service.world.mood = "slow"
    differ = []
    async with at_desk(service, size, ready="APPROVER") as desk:
        for key, name in enumerate(LISTS, 1):
            await desk.press(str(key % 10))
            await desk.until("Loading ...")
            differ += different(f"loading-{name}-{size[0]}x{size[1]}", desk.text)
        service.world.mood = "broken"
        for key, name in enumerate(LISTS, 1):
            await desk.press(str(key % 10), "ctrl+r")
            await desk.until("strop doctor")
            differ += different(f"error-{name}-{size[0]}x{size[1]}", desk.text)
        service.world.mood = ""
        await desk.press("1", "ctrl+r")
        await desk.until("1/60")
    assert not differ, "\n".join(differ)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_one_thing_of_a_service_in_trouble(service: Service, size: tuple[int, int]) -> None:
    """The same of every screen that shows one thing; ctrl+r brings it when the trouble is over."""
    differ = []
    async with at_desk(service, size) as desk:
        for name, way, opens, ready in DETAILS:
            await desk.press(*way)
            await desk.until(lambda: "Loading" not in desk.text)
            service.world.mood = "slow"
            await desk.press(*opens)
            await desk.until("Loading ...")
            differ += different(f"loading-{name}-{size[0]}x{size[1]}", desk.text)
            service.world.mood = "broken"
            await desk.until("strop doctor")
            differ += different(f"error-{name}-{size[0]}x{size[1]}", desk.text)
            service.world.mood = ""
            await desk.press("ctrl+r")
            await desk.until(ready)
            await desk.press("escape")
    assert not differ, "\n".join(differ)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_screens_of_a_lost_service(service: Service, size: tuple[int, int]) -> None:
    """What is shown stays, the line on top says that it is no longer live; read-only, no key that writes is there."""
    differ = []
    async with at_desk(service, size, read_only=True) as desk:
        for key, name in enumerate(LISTS, 1):
            await desk.press(str(key % 10))
            await desk.until(lambda: "Loading" not in desk.text)
            differ += different(f"read-only-{name}-{size[0]}x{size[1]}", desk.text)
        shown = {way[0]: (name, way, opens, ready) for name, way, opens, ready in DETAILS if name != "diff"}
        for _, way, opens, ready in shown.values():
            await desk.press(*way, *opens)
            await desk.until(lambda ready=ready: ready in desk.text and "Loading" not in desk.text)
        await desk.press("1")
        service.stop()
        await desk.until("reconnecting")
        for key, name in enumerate(LISTS, 1):
            at = str(key % 10)
            if at in shown:  # the key of a list leads to what was opened there, then to the list
                if at != "1":
                    await desk.press(at)
                differ += different(f"lost-{shown[at][0]}-{size[0]}x{size[1]}", lost(desk.text))
            await desk.press(at)
            differ += different(f"lost-{name}-{size[0]}x{size[1]}", lost(desk.text))
    assert not differ, "\n".join(differ)


@pytest.mark.parametrize("size", [(30, 24), (80, 6), (20, 5)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_windows_that_are_too_small(service: Service, size: tuple[int, int]) -> None:
    """No screen breaks: each says how large a window it needs, and is back when there is one."""
    async with at_desk(service, size, ready="Strop needs") as desk:
        for key in range(1, len(LISTS) + 1):
            await desk.press(str(key % 10))
            await desk.until("Strop needs")
        assert not different(f"too-small-{size[0]}x{size[1]}", desk.text)
        await desk.press("1")
        await desk.pilot.resize_terminal(80, 24)
        await desk.until("1/60")


async def test_plain_screen(service: Service) -> None:
    """With ASCII signs alone nothing of ours needs another letter; what people wrote stays as it is."""
    async with at_desk(service, (80, 24), glyphs=ASCII) as desk:
        await desk.press("down", "enter")
        await desk.until("find_policy returned")
        assert desk.text.isascii()
        assert not different("plain-80x24", desk.text)


def lost(text: str) -> str:
    """Without the number of the try, which goes with the clock."""
    return re.sub(r"try \d+", "try N", text)


def different(name: str, seen: str) -> list[str]:
    """What is not as the file says, as text to be read; a file that is missing is written."""
    path = FOLDER / f"{name}.txt"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        path.write_text(seen + "\n", encoding="utf-8")
        return [f"{path.name} was not there and is now: look at it, then run again"]
    known = path.read_text(encoding="utf-8").splitlines()
    return list(unified_diff(known, seen.splitlines(), path.name, "now", n=0, lineterm=""))
