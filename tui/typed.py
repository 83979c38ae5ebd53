"""What a person types behind `:`: to a place, to a thing, or a run to be started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.service.wire import RunDetail, StartRun
from tui.answers import ServiceError
from tui.lines.figures import time_of
from tui.screens.command import parse
from tui.screens.prompts import DiffScreen
from tui.screens.runs import RunsScreen
from tui.widgets.confirm import Confirm, Notice

if TYPE_CHECKING:
    from tui.app import StropApp

THINGS: Final = {
    "run": "run", "proposal": "proposal", "version": "bundle", "call": "approval", "question": "question",
    "queue": "queue", "play": "play",
}  # fmt: skip
"""Commands that open one thing by its name, and what a row calls it."""


class TypedCommands:
    """Does what was typed, in the app it belongs to."""

    def __init__(self, app: StropApp) -> None:
        self._app = app

    async def typed(self, text: str | None) -> None:
        """A line as it was typed; None or nothing: the person thought better of it."""
        if not text or not text.strip(" :"):
            return
        found = parse(text)
        if found is None:
            self._app.notify(f"No command {text.strip()!r}. Type : to see them.", severity="warning", markup=False)
            return
        await self.run(found[0].name, found[1])

    async def run(self, name: str, rest: str) -> None:
        """One command and what stands behind its name."""
        match name:
            case "runs":
                await self._app.action_mode("runs")
                if isinstance(self._app.screen, RunsScreen):
                    self._app.screen.set_filter(rest)
            case "goto" if rest:
                await self._go_to(rest)
            case _ if name in self._app.MODES:
                await self._app.action_mode(name)
            case "theme" | "help":
                await self._app.run_action(f"app.{name}")
            case "quit":
                self._app.exit(0)
            case "ask" if len(rest.split(maxsplit=1)) == 2:
                self._ask_agent(*rest.split(maxsplit=1))
            case "diff" if len(rest.split()) == 2:
                self._app.push_screen(DiffScreen(*reversed(rest.split())))
            case "compare" if len(rest.split()) == 2:
                self._app.compare(*rest.split())
            case _ if name in THINGS and rest:
                self._app.open_target((THINGS[name], rest))
            case _:
                self._app.notify(f":{name} needs more. Type :{name} to see what.", severity="warning", markup=False)

    async def _go_to(self, text: str) -> None:
        at = time_of(text, self._app.clock())
        if at is None:
            told = f"{text!r} is no time. Such as: 14:05, 03-12 14:05, 2026-03-12, 2h"
            self._app.notify(told, severity="warning")
            return
        await self._app.action_mode("runs")
        if isinstance(self._app.screen, RunsScreen):
            self._app.screen.go_to(at)

    def _ask_agent(self, agent: str, text: str) -> None:
        app = self._app
        if not app.may("run"):
            app.notify("This terminal may start no runs.", severity="warning")
            return
        facts = [("agent", agent), ("text", text), ("effect", "a run starts"), ("environment", app.environment)]

        def answered(yes: str | None) -> None:
            if yes is not None:
                app.run_worker(self._start(agent, text), group="write")

        app.push_screen(Confirm(f"Ask {agent!r}?", facts), answered)

    async def _start(self, agent: str, text: str) -> None:
        try:
            started: RunDetail = await self._app.client.start(StartRun(agent=agent, input=text))
        except ServiceError as error:
            self._app.push_screen(Notice(error, f"Ask {agent!r}"))
        else:
            self._app.open_target(("run", started.run.id))
