"""How a word diff is looked at: side by side or as one text, long lines wrapped or cut. The same keys everywhere.

A choice holds for the whole sitting: who reads diffs side by side wants the next one so too.
"""

from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.lines.diff import Look
from tui.screens.room import Room


class DiffRoom(Room):
    """A screen with a diff on it. A subclass draws it by `look`, in `draw_diff`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "split", "Side by side", show=True),
        Binding("l", "wrap", "Wrap or cut long lines", show=False),
    ]

    @property
    def look(self) -> Look:
        """The layout that was chosen last."""
        return self.desk.look

    def draw_diff(self) -> None:
        """Draw the diff by `look`."""
        raise NotImplementedError

    def action_split(self) -> None:
        """Both texts beside each other, or one text with what was taken out and put in."""
        self.desk.look = replace(self.look, split=not self.look.split)
        self.draw_diff()

    def action_wrap(self) -> None:
        """Long lines over several rows, or cut."""
        self.desk.look = replace(self.look, wrap=not self.look.wrap)
        self.draw_diff()
        self.notify("Long lines are wrapped." if self.look.wrap else "Long lines are cut.")
