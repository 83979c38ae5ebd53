"""What every screen is: the status line, a body, the key line; its data asked for again when it may have changed.

Prevents: a screen that goes on showing what is no longer so, and an error that is only seen in a log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar, cast

from textual._styles_cache import StylesCache
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from agents.service.wire import EventView
from tui.answers import ServiceError
from tui.client import Client
from tui.glyphs import Glyphs
from tui.heap import give_back
from tui.lines.line import Line
from tui.named import Named
from tui.widgets.clipboard import copy
from tui.widgets.confirm import Confirm, Notice
from tui.widgets.filter_bar import FilterBar
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_view import LineView
from tui.widgets.status_bar import Standing, StatusBar

if TYPE_CHECKING:
    from tui.app import StropApp

T = TypeVar("T")


LET_GO_SECONDS: Final = 0.1
"""How long after a screen was left its memory is given back: by then nobody holds it any more."""


class Room(Named, Screen[None]):
    """Base of the screens. A subclass gives `body`, `load`, and what new facts mean to it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/", show=True),
        Binding("n", "hit(1)", "Next match", show=False),
        Binding("N", "hit(-1)", "Match before", show=False),
        Binding("y", "copy", "Copy id", show=False),
        Binding("Y", "save", "Save what is shown to a file", show=False),
        Binding("ctrl+r", "reload", "Ask again", show=False),
    ]
    WRITES: ClassVar[Mapping[str, str]] = {}
    """Actions that change something, with the permission each needs: without it they are gone."""
    AUTO_FOCUS = "LineView"

    def __init__(self, title: str) -> None:
        super().__init__()
        self.room_title = title
        self.outdated = False
        self._extra = ""

    # --- what a subclass gives -----------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        """The widgets between the two bars."""
        raise NotImplementedError

    async def load(self) -> None:
        """Ask the service and show. A ServiceError is shown by `complain`."""

    def takes(self, facts: list[EventView]) -> None:
        """New facts while the screen is in front; by default it asks again when one `concerns` it."""
        if any(self.concerns(fact) for fact in facts):
            self.ask_soon()

    def concerns(self, fact: EventView) -> bool:
        """Does the fact change what is shown?"""
        return False

    def complain(self, error: ServiceError) -> None:
        """Say in the body why there is nothing; over what is there, that it may have changed since.

        A service that is not reached is told on the line on top, for as long as that is so.
        """
        told = f"{error}. {error.hint}" if error.hint else str(error)
        views = [view for view in self.query(LineView) if view.can_focus]
        for view in views:
            view.empty = f"{told}  ctrl+r asks again."
            if not view.row_count():
                view.rows_changed()
        if error.status and any(view.row_count() for view in views):
            self.notify(f"What is shown may be old. {told}", severity="warning")

    # --- frame ---------------------------------------------------------------------------------

    @property
    def desk(self) -> StropApp:
        """The app, by its own type."""
        return cast("StropApp", self.app)

    @property
    def client(self) -> Client:
        """The service."""
        return self.desk.client

    @property
    def glyphs(self) -> Glyphs:
        """The signs this terminal can show."""
        return self.desk.glyphs

    @property
    def is_there(self) -> bool:
        """Can one still come back to the screen? A screen that was left has no widgets any more."""
        return self.is_attached and self in self.desk.rooms()

    def now(self) -> datetime:
        """The clock's time."""
        return self.desk.clock()

    def compose(self) -> ComposeResult:
        """Status, body, search line, keys; and a word for windows that are too small."""
        yield StatusBar(self.desk.clock, self.desk.glyphs)
        yield Container(*self.body(), id="body")
        yield Static("This window is too small.\nStrop needs 40 x 8.", id="small", markup=False)
        yield FilterBar("search", id="search")
        yield KeyBar()

    def on_mount(self) -> None:
        """Ask for the data once the frame is painted."""
        self.show_status()
        self.call_after_refresh(self.ask)

    def on_unmount(self) -> None:
        """Let go of what was drawn: Textual keeps it for the last thousand widgets, in an `lru_cache` on a method."""
        StylesCache.get_inner_outer.cache_clear()
        self.app.set_timer(LET_GO_SECONDS, give_back)  # the screen itself is let go after this

    def on_screen_suspend(self) -> None:
        """Behind another screen: what was drawn is drawn again when it is looked at."""
        for view in self.query(LineView):
            view.let_go()

    def on_screen_resume(self) -> None:
        """In front again: what was missed is asked for now."""
        self.show_status()
        if self.outdated:
            self.ask()

    def show_status(self, extra: str | None = None) -> None:
        """The status line as things are."""
        self._extra = self._extra if extra is None else extra
        desk = self.desk
        for bar in self.query(StatusBar):
            bar.say(
                Standing(
                    about=desk.about,
                    link=desk.link,
                    last=desk.last_event,
                    title=self.room_title,
                    extra=self._extra,
                    read_only=desk.read_only,
                    role=desk.me.role if desk.me else "",
                    waiting=desk.waiting,
                    waiting_since=desk.waiting_since,
                )
            )

    # --- asking --------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask the service for all that is shown; a later ask takes the place of an earlier one."""
        self.outdated = False
        self.run_worker(self.guarded(self.load), group="load", exclusive=True)

    def ask_soon(self) -> None:
        """Ask in a moment, once for many facts."""
        if not self.outdated:
            self.outdated = True
            self.set_timer(0.3, self._ask_if_in_front)

    def _ask_if_in_front(self) -> None:
        if self.is_current and self.outdated:
            self.ask()

    def guarded(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Work for a worker, a refusal of the service told on the screen."""

        async def run() -> None:
            try:
                await work()
            except ServiceError as error:
                if self.is_there:
                    self.complain(error)
            except NoMatches:
                if self.is_there:  # else the answer came after the screen was left
                    raise

        return run

    def write(self, act: str, work: Callable[[], Awaitable[T]], done: Callable[[T], None]) -> None:
        """Send a change; `done` gets the answer, a refusal opens a box, and then the data is asked for again."""

        async def send() -> None:
            try:
                answer = await work()
            except ServiceError as error:
                await self.app.push_screen(Notice(error, act))
            else:
                done(answer)
            if self.is_there:
                self.ask()

        self.run_worker(send(), group="write")

    def confirm(self, box: Confirm, go: Callable[[str], None]) -> None:
        """Show the box; `go` gets the reason unless one went back."""

        def answered(reason: str | None) -> None:
            if reason is not None:
                go(reason)

        self.app.push_screen(box, answered)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without the right to do it, a key that writes is not there."""
        return action not in self.WRITES or self.desk.may(self.WRITES[action])

    # --- keys ----------------------------------------------------------------------------------

    @property
    def view(self) -> LineView | None:
        """The list that has the focus, else the first."""
        if isinstance(self.focused, LineView):
            return self.focused
        return next((view for view in self.query(LineView) if view.can_focus and view.display), None)

    def action_reload(self) -> None:
        """Ask the service again."""
        self.ask()

    def action_search(self) -> None:
        """Search in what is shown."""
        bar = self.query_one("#search", FilterBar)
        bar.display = True
        bar.begin()

    def on_filter_bar_entered(self, event: FilterBar.Entered) -> None:
        """A text was typed into one of the lines."""
        event.stop()
        self.entered(event)

    def entered(self, event: FilterBar.Entered) -> None:
        """Search, say how many there are, go to the first."""
        self._end_search()
        view = self.view
        if view is not None:
            view.search(event.text)
            self._tell_hits(view)

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Back to the list."""
        event.stop()
        self._end_search()

    def _end_search(self) -> None:
        self.query_one("#search", FilterBar).display = False
        view = next((view for view in self.query(LineView) if view.can_focus and view.display), None)
        if view is not None:
            view.focus()

    def undo_search(self) -> bool:
        """Take a search back; False when there was none. `esc` does this before it leaves."""
        view = self.view
        if view is None or not view.term:
            return False
        view.search("")
        self.query_one("#search", FilterBar).apply("")
        self.show_status("")
        return True

    def action_hit(self, step: int) -> None:
        """The next match, or the one before."""
        if self.view is not None and self.view.term:
            self.view.next_hit(step)
            self._tell_hits(self.view)

    def _tell_hits(self, view: LineView) -> None:
        """Which of how many: the status line says it while a search is on."""
        if view.hits and view.cursor in view.hits:
            self.show_status(f"match {view.hits.index(view.cursor) + 1}/{len(view.hits)}")
        else:
            self.show_status(f"no match for {view.term!r}" if view.term else "")

    def copied(self) -> str | None:
        """What `y` copies: the id of what the cursor is on."""
        view = self.view
        row = view.row_at(view.cursor) if view is not None and view.row_count() else Line()
        return row.target[1] if row.target else None

    def action_save(self) -> None:
        """Write the rows shown to a text file, whole, where the terminal was started."""
        view = self.view
        if view is None or not view.row_count():
            self.notify("There is nothing to save.", severity="warning")
            return
        name = f"strop-{'-'.join(self.room_title.split())[:40]}-{self.now():%Y%m%dT%H%M%S}.txt".replace("/", "-")
        text = "\n".join(view.row_at(index).text.rstrip() for index in range(view.row_count()))
        try:
            Path(name).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            self.notify(f"Could not write {name}: {error.strerror}", severity="error")
        else:
            self.notify(f"{view.row_count()} rows are in {Path(name).resolve()}")

    def action_copy(self) -> None:
        """Copy the id to the terminal's clipboard."""
        text = self.copied()
        if text is None:
            self.notify("There is no id on this row.", severity="warning")
            return
        self.notify(copy(self.app, text, tmux=self.desk.tmux))

    def on_line_view_opened(self, event: LineView.Opened) -> None:
        """Enter on a row. Textual calls the `on_` handler of every base class, so subclasses have `opened`."""
        event.stop()
        self.opened(event)

    def opened(self, event: LineView.Opened) -> None:
        """A row that stands for something opens that."""
        if event.line.target is not None:
            self.desk.open_target(event.line.target)
