"""A page of lines made by a function of the width: reviews, versions, nights, facts. Read from top to bottom."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.lines.line import Line
from tui.widgets.line_view import LineView

Draw = Callable[[int], Sequence[Line]]


class Document(LineView):
    """Draws what it is given; `tab` goes from heading to heading."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open what the row names", show=False),
        Binding("tab", "section(1)", "Next section", show=True),
        Binding("shift+tab", "section(-1)", "Section before", show=False),
    ]

    def __init__(self, *, id: str | None = None, empty: str = "Loading ...") -> None:
        super().__init__(id=id, empty=empty, idle_cursor=False)
        self._draw: Draw | None = None
        self._rows: Sequence[Line] = ()

    def show(self, draw: Draw) -> None:
        """Draw this from now on; the cursor keeps its row."""
        self._draw = draw
        self.lay_out()
        self.rows_changed()

    def lay_out(self) -> None:
        """Make the lines for the present width; a page begins with a word, not with the space above a heading."""
        if self._draw is not None:
            rows = self._draw(self.columns)
            self._rows = rows[next((at for at, row in enumerate(rows) if row.spans), 0) :]

    def row_count(self) -> int:
        """Lines of the page."""
        return len(self._rows)

    def row_at(self, index: int) -> Line:
        """One line of the page."""
        return self._rows[index]

    def action_section(self, step: int) -> None:
        """To the next heading, or the one before."""
        self.jump(lambda row: row.mark == "section", step)
