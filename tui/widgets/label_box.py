"""The box for a label out of a few: its number is the key that gives it."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.lines.cells import one_line
from tui.widgets.confirm import named


class LabelBox(ModalScreen[str | None]):
    """Gives the label, or None when one went back.

    Args:
        labels: at most nine.
        facts: (name, value) lines: the object, the effect, the environment.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Go back", show=True)]

    def __init__(self, labels: Sequence[str], facts: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._labels, self._facts = labels, facts

    def compose(self) -> ComposeResult:
        """The facts, the labels with their numbers, the keys."""
        with Vertical(classes="box"):
            yield Static("Which label?", classes="box-title", markup=False)
            for name, value in self._facts:
                yield Static(named(name, value), markup=False)
            rows = "\n".join(f"  {number}  {one_line(label)}" for number, label in enumerate(self._labels, 1))
            yield Static(f"\n{rows}\n", markup=False)
            yield Static("its number gives it   esc goes back", classes="box-keys", markup=False)

    def on_key(self, event: events.Key) -> None:
        """A number gives its label."""
        if event.character and event.character.isdigit() and 1 <= int(event.character) <= len(self._labels):
            event.stop()
            self.dismiss(self._labels[int(event.character) - 1])

    def action_back(self) -> None:
        """Nothing happens."""
        self.dismiss(None)
