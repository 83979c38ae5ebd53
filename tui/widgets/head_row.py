"""One line that does not scroll: the columns' names over a list, or what is wrong under a filter."""

from collections.abc import Callable

from tui.lines.line import Line
from tui.widgets.line_view import LineView


class HeadRow(LineView, can_focus=False):
    """A line made by a function of the width."""

    def __init__(self, draw: Callable[[int], Line], *, id: str | None = None) -> None:
        super().__init__(id=id, show_cursor=False)
        self._draw = draw

    def row_count(self) -> int:
        """One."""
        return 1

    def row_at(self, index: int) -> Line:
        """The line."""
        return self._draw(self.columns)

    def draw(self, draw: Callable[[int], Line]) -> None:
        """Show this from now on."""
        self._draw = draw
        self.rows_changed()
