"""A list that fits in memory: proposals, versions, nights. The cursor stays on its thing when asked again."""

from collections.abc import Callable, Sequence
from typing import Any

from tui.lines.line import Line
from tui.widgets.line_view import LineView

Row = Callable[[int], Line]


class Table(LineView):
    """Rows made by functions of the width; known by their targets."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, empty="Loading ...")
        self.items: Sequence[Any] = ()
        self._rows: list[Row] = []

    def show(self, rows: Sequence[tuple[Any, Row]], empty: str) -> None:
        """Show these (value, row); `empty` says what to do when there are none."""
        kept = self.row_at(self.cursor).target if self._rows else None
        self.items, self._rows = [item for item, _ in rows], [row for _, row in rows]
        self.empty = empty
        self.rows_changed()
        if kept is not None:
            found = (at for at in range(len(self._rows)) if self.row_at(at).target == kept)
            self.move_to(next(found, self.cursor))

    @property
    def current(self) -> Any:
        """The value under the cursor; None when the list is empty."""
        return self.items[self.cursor] if self.items else None

    def row_count(self) -> int:
        """How many there are."""
        return len(self._rows)

    def stamp(self, index: int) -> Line:
        """A table is short: its rows are made again and compared."""
        return self.row_at(index)

    def row_at(self, index: int) -> Line:
        """One of them."""
        return self._rows[index](self.columns)
