"""Screen 7: quality, cost, latency and errors over a window, by agent and version, beside the window before."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from agents.service.wire import EventView, FiguresView
from tui.lines.line import Line
from tui.lines.metrics import WINDOWS, metrics_lines
from tui.screens.room import Room
from tui.widgets.document import Document

GROUPS = (("agent", "agent"), ("version", "bundle"))
"""What a grouping is called here, and in the service."""


class MetricsScreen(Room):
    """The figures."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("greater_than_sign", "window(1)", "Longer window", key_display=">", show=True),
        Binding("less_than_sign", "window(-1)", "Shorter window", key_display="<", show=True),
    ]

    def __init__(self) -> None:
        super().__init__("metrics")
        self._window = 1
        self._steps: Sequence[FiguresView] = ()
        self._groups: dict[str, list[tuple[FiguresView, FiguresView | None]]] = {}

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield Document(id="page")

    async def load(self) -> None:
        """The window, step by step and by group, and the window before it by group."""
        window, twice, step = WINDOWS[self._window]
        whole = await self.client.stats(f"since:{window}", step, limit=1000)
        groups = {}
        for name, by in GROUPS:
            now = (await self.client.stats(f"since:{window}", by)).groups
            then = (await self.client.stats(f"since:{twice} until:{window}", by)).groups
            # A window of which only a part was counted is not to be compared with a whole one.
            before = {one.key: one for one in then} if whole.since is None else {}
            groups[name] = [(one, before.get(one.key)) for one in now]
        self._steps, self._groups = sorted(whole.groups, key=lambda one: one.key), groups
        self.query_one(Document).show(partial(self._lines, window))
        counted = (
            ""
            if whole.since is None
            else f", only runs since {whole.since:%Y-%m-%d %H:%M} UTC: too many for one answer"
        )
        self.show_status(f"last {window}{counted}")

    def _lines(self, window: str, width: int) -> list[Line]:
        return metrics_lines(window, self._steps, self._groups, "", width, self.glyphs)

    def takes(self, facts: list[EventView]) -> None:
        """Figures over many runs are not asked for at each fact: ctrl+r asks again, and coming back does."""
        self.outdated = True

    def action_window(self, step: int) -> None:
        """A longer window, or a shorter one."""
        self._window = min(max(self._window + step, 0), len(WINDOWS) - 1)
        self.ask()
