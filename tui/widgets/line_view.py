"""The one list: rows of text drawn only where they are seen, with a cursor, search and follow.

The ready-made tables, trees and logs lay out every row: they do not carry a million runs or a megabyte of reasoning.
A cursor move repaints two lines. Prevents: a screen whose keys get slow as the data grows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from tui.lines.cells import wrap
from tui.lines.line import Line, find_all
from tui.named import Named
from tui.theme import cursor_style, style_of

STRIPS: int = 100
"""Drawn rows kept: a screen full or two. Each holds seven caches of Textual's, and what they made of it: 5 kB."""


PLAIN = str.maketrans("…·\u2014\u2013\u201c\u201d\u2018\u2019\ufffd", "..--\"\"''?")
"""Signs of ours and of typographers (dashes, quotes), for terminals that show ASCII alone; letters are left alone."""


class LineView(Named, ScrollView, can_focus=True):
    """Rows by index. A subclass gives `row_count` and `row_at`, and says `rows_changed` when they differ."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False),
        Binding("home,g", "edge(-1)", "First row", show=False),
        Binding("end,G", "edge(1)", "Last row", show=False),
        Binding("enter", "open", "Open", show=True),
        Binding("right", "pane(1)", "Pane to the right", show=False),
        Binding("left", "pane(-1)", "Pane to the left", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another row."""

        view: "LineView"
        index: int

        @property
        def control(self) -> "LineView":
            """The view, for `@on` selectors."""
            return self.view

    @dataclass
    class Opened(Message):
        """Enter was pressed on a row, or the row under the cursor was clicked."""

        view: "LineView"
        index: int
        line: Line

        @property
        def control(self) -> "LineView":
            """The view, for `@on` selectors."""
            return self.view

    def __init__(
        self,
        *,
        id: str | None = None,
        empty: str = "Nothing here.",
        show_cursor: bool = True,
        idle_cursor: bool = True,
    ) -> None:
        """Make the view. `show_cursor`: is there a cursor at all; `idle_cursor`: is it seen without the focus too."""
        super().__init__(id=id)
        self.idle_cursor = idle_cursor
        self.cursor = 0
        self.empty = empty
        self.show_cursor = show_cursor
        self.term = ""
        self.hits: list[int] = []
        self._strips: dict[int, Strip] = {}
        self._stamps: dict[int, Any] = {}
        self._plain: dict[str, Style] = {}

    # --- what a subclass gives -----------------------------------------------------------------

    def row_count(self) -> int:
        """How many rows there are now."""
        raise NotImplementedError

    def row_at(self, index: int) -> Line:
        """The row, at most `self.columns` cells wide."""
        raise NotImplementedError

    def lay_out(self) -> None:
        """Called before drawing when the width is another one: wrapped rows are wrapped again."""

    @property
    def columns(self) -> int:
        """Cells a row may take."""
        return max(self.scrollable_content_region.width, 1)

    # --- changes -------------------------------------------------------------------------------

    def rows_changed(self, first: int = 0) -> None:
        """Rows from `first` on are others now; the cursor stays on its number unless that is gone."""
        for index in [index for index in self._strips if index >= first]:
            del self._strips[index]
        self.cursor = min(self.cursor, max(self.row_count() - 1, 0))
        self._resize_rows()
        if self.term:
            self._find()
        self.refresh()

    def row_changed(self, index: int) -> None:
        """One row looks different now."""
        self.forget(index)
        self.refresh_line(index)

    def forget(self, index: int) -> None:
        """Draw the row anew the next time it is drawn."""
        self._strips.pop(index, None)

    def stamp(self, index: int) -> Any:
        """What changes in a row as time goes by, such as its age; None: nothing does."""
        return None

    def draw_what_differs(self) -> None:
        """Draw those rows in sight again whose stamp is another one than when they were drawn (ages go on)."""
        top = round(self.scroll_y)
        for index in range(top, min(top + self.size.height, self.row_count())):
            if index in self._strips and self._stamps.get(index) != self.stamp(index):
                self.row_changed(index)

    def on_resize(self, event: events.Resize) -> None:
        """Another width: everything is drawn anew."""
        self.lay_out()
        self.rows_changed()
        self.reveal()

    def on_mount(self) -> None:
        """Colours change with the theme. (Textual calls the handlers of the base classes by itself.)"""
        self.app.theme_changed_signal.subscribe(self, self._theme_changed)

    def on_unmount(self) -> None:
        """Let go of what outlives the view: the theme's signal would hold its whole screen for as long as the app.

        A finished request's timer may hold the screen for a minute more: what was drawn of it, and of what it stands
        in, is let go at once.
        """
        self.app.theme_changed_signal.unsubscribe(self)
        self.let_go()

    def let_go(self) -> None:
        """Forget what was drawn; what is looked at again is drawn again."""
        around = [node for node in self.ancestors_with_self if isinstance(node, Widget)]
        for widget in (*around, self._vertical_scrollbar):
            if widget is not None:  # a view that never had a scroll bar must not get one now
                widget._styles_cache.clear()
        self._strips.clear()
        self._stamps.clear()

    def _theme_changed(self, _: Any) -> None:
        self._strips.clear()
        self.refresh()

    def _resize_rows(self) -> None:
        self.virtual_size = Size(self.columns, self.row_count())

    # --- the cursor ----------------------------------------------------------------------------

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and bring it into view; only the two rows concerned are drawn."""
        index = min(max(index, 0), max(self.row_count() - 1, 0))
        old, self.cursor = self.cursor, index
        self.reveal()
        if old != index:
            self.refresh_line(old)
            self.refresh_line(index)
            self.post_message(self.Moved(self, index))

    def reveal(self) -> None:
        """Scroll as little as needed to see the cursor."""
        height = self.scrollable_content_region.height
        top = round(self.scroll_y)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif height and self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)

    def action_move(self, rows: int) -> None:
        """Up or down."""
        self.move_to(self.cursor + rows)

    def action_page(self, pages: float) -> None:
        """Up or down by pages, scroll and cursor together."""
        step = int(max(self.scrollable_content_region.height - 1, 1) * pages)
        self.scroll_to(y=max(round(self.scroll_y) + step, 0), animate=False, immediate=True)
        self.move_to(self.cursor + step)

    def action_edge(self, side: int) -> None:
        """To the first or the last row."""
        self.move_to(0 if side < 0 else self.row_count() - 1)

    def action_open(self) -> None:
        """Open what the row stands for."""
        if self.row_count():
            self.post_message(self.Opened(self, self.cursor, self.row_at(self.cursor)))

    def action_pane(self, step: int) -> None:
        """To the list beside this one, round the end."""
        panes = [view for view in self.screen.query(LineView) if view.can_focus and view.display]
        panes[(panes.index(self) + step) % len(panes)].focus()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a click on the cursor opens."""
        self.clicked(event.x, event.y + round(self.scroll_y))

    def clicked(self, x: int, index: int) -> None:
        """A click at column `x` of a row."""
        if 0 <= index < self.row_count():
            if index == self.cursor:
                self.action_open()
            self.move_to(index)

    def jump(self, wanted: Callable[[Line], bool], step: int = 1) -> bool:
        """To the next (or, with -1, the one before) row that is wanted, round the end; False when there is none."""
        total = self.row_count()
        for away in range(1, total + 1):
            index = (self.cursor + step * away) % total
            if wanted(self.row_at(index)):
                self.move_to(index)
                self.scroll_to_top_of(index)
                return True
        return False

    def scroll_to_top_of(self, index: int) -> None:
        """Bring a row near the top, so that what follows it can be read."""
        height = self.scrollable_content_region.height
        top = round(self.scroll_y)
        if index > top + height // 2 or index < top:
            self.scroll_to(y=max(index - 1, 0), animate=False, immediate=True)

    # --- search --------------------------------------------------------------------------------

    def search(self, term: str) -> int:
        """Mark all rows with `term` and go to the first one from the cursor on; gives their number."""
        self.mark(term)
        if self.hits:
            self.move_to(next((hit for hit in self.hits if hit >= self.cursor), self.hits[0]))
        return len(self.hits)

    def mark(self, term: str) -> None:
        """Mark all rows with `term`; the cursor stays where it is."""
        self.term = term
        self._strips.clear()
        self._find()
        self.refresh()

    def next_hit(self, step: int) -> None:
        """To the next or the last match, round the end."""
        if not self.hits:
            return
        if step > 0:
            target = next((hit for hit in self.hits if hit > self.cursor), self.hits[0])
        else:
            target = next((hit for hit in reversed(self.hits) if hit < self.cursor), self.hits[-1])
        self.move_to(target)

    def _find(self) -> None:
        self.hits = self.find_rows(self.term) if self.term else []

    def find_rows(self, term: str) -> list[int]:
        """The rows that have the term."""
        return [index for index in range(self.row_count()) if find_all(self.row_at(index).text, term)]

    # --- drawing -------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        index = y + round(self.scroll_y)
        width = self.columns
        base = self.rich_style
        if index >= self.row_count():
            told = wrap(self.empty, max(width - 4, 1)) if not self.row_count() else []
            text = told[y - 1] if 1 <= y <= len(told) else ""
            return (
                self._drawn(Line(((f"  {text}", "muted"),)).clipped(width))
                .adjust_cell_length(width)
                .apply_style(base)
            )
        strip = self._strips.get(index)
        if strip is None:
            if len(self._strips) >= STRIPS:
                self._strips.clear()
                self._stamps.clear()
            row = self.row_at(index)
            strip = self._drawn(row.highlighted(self.term, "hit")).adjust_cell_length(width)
            self._strips[index], self._stamps[index] = strip, self.stamp(index)
        if index == self.cursor and self.show_cursor and (self.idle_cursor or self.has_focus):
            lit, over = cursor_style(self.app.theme)
            drawn = self._pointed(strip).apply_style(base + lit)
            return Strip(Segment.apply_style(drawn, post_style=lit)) if over else drawn
        return strip.apply_style(base)

    def _pointed(self, strip: Strip) -> Strip:
        """The cursor's row shows a sign where it begins with a space: seen without colours too."""
        if not strip.text.startswith(" ") or not self.has_focus:
            return strip
        sign = getattr(self.app, "glyphs", None)
        head = Strip([Segment(sign.cursor if sign else ">", style_of(self.app.theme, "accent.bold"))])
        return Strip.join([head, strip.crop(1)])

    def _drawn(self, row: Line) -> Strip:
        theme = self.app.theme
        plain = self.app.has_class("-plain")
        spans = [(text.translate(PLAIN) if plain else text, role) for text, role in row.spans if text]
        # Joined where the style is the same: each change of style costs some forty bytes on the way to the terminal.
        return Strip([Segment(text, style_of(theme, role)) for text, role in spans]).simplify()
