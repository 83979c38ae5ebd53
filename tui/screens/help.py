"""`?`: every key of the moment, searchable by name and by key; enter does what the row says."""

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.lines.cells import fit
from tui.lines.line import Line
from tui.widgets.key_bar import display
from tui.widgets.line_view import LineView
from tui.widgets.table import Row, Table


@dataclass(frozen=True)
class Entry:
    """An action one can take now."""

    keys: str
    name: str
    action: str
    node: DOMNode


def matching(entries: list[Entry], term: str) -> list[Entry]:
    """The entries whose name has every word of `term`, or whose key is `term`."""
    words = term.lower().split()
    return [
        one
        for one in entries
        if term.strip() in one.keys.split(" ") or all(word in one.name.lower() for word in words)
    ]


class HelpScreen(ModalScreen[Entry | None]):
    """Gives the entry to run, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close", show=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
    ]

    def __init__(self, entries: list[Entry]) -> None:
        super().__init__()
        self._entries = entries

    def compose(self) -> ComposeResult:
        """A line to search in, the list, the keys."""
        with Vertical(classes="box tall"):
            yield Static("Keys here", classes="box-title", markup=False)
            yield Input(placeholder="search by name or key", id="term", compact=True)
            yield Table(id="entries")
            yield Static("enter does it   esc closes   shift + drag selects text", classes="box-keys", markup=False)

    def on_mount(self) -> None:
        """All of them, ready to type."""
        self._show("")
        self.query_one("#term", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Only those that match."""
        event.stop()
        self._show(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what the row says."""
        event.stop()
        self.dismiss(self.query_one(Table).current)

    def on_line_view_opened(self, event: LineView.Opened) -> None:
        """A click does it too."""
        event.stop()
        self.dismiss(self.query_one(Table).current)

    def action_move(self, rows: int) -> None:
        """Choose without leaving the search."""
        self.query_one(Table).action_move(rows)

    def action_back(self) -> None:
        """Nothing happens."""
        self.dismiss(None)

    def _show(self, term: str) -> None:
        rows = [(one, _row(one)) for one in matching(self._entries, term)]
        table = self.query_one(Table)
        table.show(rows, "No key is called that. Empty the search to see all.")
        table.move_to(0)


def _row(entry: Entry) -> Row:
    spans = ((f"  {fit(entry.keys, 18)}", "accent.bold"), (entry.name, "text"))
    return lambda width: Line(spans).clipped(width)


def entries_of(active: dict[str, tuple[DOMNode, Binding]]) -> list[Entry]:
    """One entry an action, its keys together, in the order of the bindings."""
    found: dict[tuple[str, int], Entry] = {}
    for key, (node, binding) in sorted(active.items(), key=lambda one: not one[1][1].show):
        if binding.action.startswith(("scroll_", "screen.", "page_")):
            continue  # a list's own keys do this
        name = (binding.action, id(node))
        shown = display(key)
        known = found.get(name)
        keys = f"{known.keys} {shown}" if known else shown
        if binding.description:
            found[name] = Entry(keys, binding.description, binding.action, node)
    return list(found.values())
