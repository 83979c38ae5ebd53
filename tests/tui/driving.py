"""The app driven as a person drives it: press keys, read the screen, wait until it says what it should."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from textual.app import ScreenStackError
from textual.pilot import Pilot

from tests.tui import builders
from tests.tui.fake_service import Service
from tui.app import StropApp
from tui.client import Client
from tui.glyphs import UNICODE, Glyphs

PATIENCE = 20.0
"""Seconds after which a wait is given up; no promise about speed."""


class Desk:
    """A running app and its service."""

    def __init__(self, app: StropApp, pilot: Pilot[Any], service: Service) -> None:
        self.app, self.pilot, self.service = app, pilot, service

    @property
    def text(self) -> str:
        """What stands on the screen, without the blanks at the line ends."""
        try:
            screen = self.app.screen
        except ScreenStackError:  # between two screens
            return ""
        return "\n".join(strip.text.rstrip() for strip in screen._compositor.render_strips())

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text."""
        names = {" ": "space", ":": "colon", "/": "slash", ".": "full_stop", "_": "underscore", "-": "minus"}
        await self.pilot.press(*(names.get(letter, letter) for letter in text))

    async def until(self, wanted: str | Callable[[], bool]) -> None:
        """Wait until the screen has this text, or this is so; fails with the screen as it is."""
        end = monotonic() + PATIENCE
        while not (wanted in self.text if isinstance(wanted, str) else wanted()):
            assert monotonic() < end, f"never came: {wanted!r}\n{self.text}"
            await self.pilot.pause(0.01)
        await self.pilot.pause()


@asynccontextmanager
async def at_desk(
    service: Service,
    size: tuple[int, int] = (100, 30),
    *,
    read_only: bool = False,
    ready: str = "live",
    glyphs: Glyphs = UNICODE,
    theme: str = "strop-dark",
    keys: Mapping[str, str] | None = None,
    colours: bool = True,
) -> AsyncIterator[Desk]:
    """The app over the service, once it says `ready` and has rows."""
    app = StropApp(
        Client(socket=service.socket), read_only=read_only, clock=lambda: builders.NOW, glyphs=glyphs, theme=theme,
        keys=keys, colours=colours,
    )  # fmt: skip
    async with app.run_test(size=size, notifications=True) as pilot:
        desk = Desk(app, pilot, service)
        await desk.until(ready)
        if ready == "live":
            await desk.until(lambda: "Loading" not in desk.text)
            await desk.until("to decide" if service.world.runs else "live")
        yield desk
