"""The box of saved views: enter shows one, a new name keeps the present filter, ctrl+d takes one away."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.lines.cells import fit, one_line
from tui.lines.line import Line
from tui.memory import Memory
from tui.widgets.line_view import LineView
from tui.widgets.table import Row, Table


class ViewsBox(ModalScreen[str | None]):
    """Gives the filter to show, or None.

    Args:
        memory: holds the views.
        present: the filter that is applied now.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close", show=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("ctrl+d", "remove", "Take away", show=True, priority=True),
    ]

    def __init__(self, memory: Memory, present: str) -> None:
        super().__init__()
        self._memory, self._present = memory, present

    def compose(self) -> ComposeResult:
        """A line for a name, the views, the keys."""
        told = f"a new name keeps {one_line(self._present)!r}" if self._present else "search by name"
        with Vertical(classes="box tall"):
            yield Static("Saved views", classes="box-title", markup=False)
            yield Input(placeholder=told, id="term", compact=True)
            yield Table(id="entries")
            yield Static("", id="complaint", markup=False)
            keys = "enter shows it, or keeps a new one   ctrl+d takes it away   esc closes"
            yield Static(keys, classes="box-keys", markup=False)

    def on_mount(self) -> None:
        """All of them, ready to type."""
        self._show("")
        self.query_one("#term", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Only those that match."""
        event.stop()
        self._show(event.value)

    def _show(self, term: str) -> None:
        found = [one for one in sorted(self._memory.views) if term.strip().lower() in one.lower()]
        empty = "No view is called that." if self._memory.views else "No view yet. Apply a filter, then name it here."
        self.query_one(Table).show([(one, self._row(one)) for one in found], empty)

    def _row(self, name: str) -> Row:
        spans = ((f"  {fit(one_line(name), 20)} ", "accent.bold"), (one_line(self._memory.views[name]), "text"))
        return lambda width: Line(spans, ("runs", name)).clipped(width)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A view that is there is shown; else the present filter is kept under this name."""
        event.stop()
        name = event.value.strip()
        if name and name not in self._memory.views and self._present and self.query_one(Table).current is None:
            try:
                self._memory.save(name, self._present)
            except ValueError as error:
                self.query_one("#complaint", Static).update(f"{error}.")
                return
            self.notify(f"{self._present!r} is kept as {name!r}.")
            self.dismiss(None)
        else:
            self._choose()

    def on_line_view_opened(self, event: LineView.Opened) -> None:
        """A click shows it too."""
        event.stop()
        self._choose()

    def _choose(self) -> None:
        name = self.query_one(Table).current
        if name is not None:
            self.dismiss(self._memory.views[name])

    def action_move(self, rows: int) -> None:
        """Choose without leaving the search."""
        self.query_one(Table).action_move(rows)

    def action_remove(self) -> None:
        """Take the view under the cursor away."""
        name = self.query_one(Table).current
        if name is not None:
            self._memory.remove(name)
            self._show(self.query_one("#term", Input).value)

    def action_back(self) -> None:
        """Nothing happens."""
        self.dismiss(None)
