"""The line one types a filter or a search into: recalls the present one, goes back through the earlier ones."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from tui.memory import Memory


class FilterBar(Input):
    """Enter applies, escape leaves things as they were, up and down go through what was asked before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave it", show=True),
        Binding("up", "recall(1)", "Earlier ones", show=True),
        Binding("down", "recall(-1)", "Later ones", show=False),
    ]

    @dataclass
    class Entered(Message):
        """A text was confirmed; empty clears."""

        bar: "FilterBar"
        text: str

    @dataclass
    class Left(Message):
        """Escape: nothing changes."""

        bar: "FilterBar"

    def __init__(self, prompt: str, *, id: str | None = None, memory: Memory | None = None) -> None:
        """Make the line; with a `memory` what was typed is there in the next sitting too."""
        super().__init__(placeholder=prompt, compact=True, id=id, select_on_focus=False)
        self.applied = ""
        self._memory = memory or Memory()
        self._back = 0

    def begin(self) -> None:
        """Start typing, from the present text."""
        self.value = self.applied
        self.cursor_position = len(self.value)
        self._back = 0
        self.focus()

    def apply(self, text: str) -> None:
        """Make `text` the present one without typing."""
        self.applied = self.value = text

    def action_recall(self, step: int) -> None:
        """An earlier text, or a later one."""
        history = self._memory.filters
        self._back = min(max(self._back + step, 0), len(history))
        self.value = history[-self._back] if self._back else self.applied
        self.cursor_position = len(self.value)

    def action_leave(self) -> None:
        """Escape."""
        self.value = self.applied
        self.post_message(self.Left(self))

    async def action_submit(self) -> None:
        """Enter."""
        self.applied = self.value = self.value.strip()
        self._memory.remember(self.applied)
        self.post_message(self.Entered(self, self.applied))
