"""Boxes: before each write one that names object, effect and environment; and one that tells what went wrong.

Prevents: a write by one slip of a finger, and a decision nobody gave a reason for.
"""

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.answers import ServiceError
from tui.lines.cells import wrap

INNER: Final = 70
"""Cells of text in a box of full width."""


def named(name: str, value: str) -> str:
    """A name and its value, wrapped under itself and safe for a terminal."""
    return f"{name:12} " + ("\n" + " " * 13).join(wrap(value, INNER - 13))


class Confirm(ModalScreen[str | None]):
    """Gives the reason (or note), "" where none was asked for, None when one went back.

    Args:
        title: the act, as a question.
        facts: (name, value) lines: the object, the effect, the environment.
        reason: `needed`, `optional` or `none`.
        prompt: what the reason's line asks for.
        typed: what has to be typed before anything is done; "" for nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Go back", show=True),
        Binding("enter", "do", "Do it", show=True),
    ]

    def __init__(
        self,
        title: str,
        facts: list[tuple[str, str]],
        *,
        reason: str = "none",
        prompt: str = "Reason",
        typed: str = "",
    ) -> None:
        super().__init__()
        self._title, self._facts, self._reason, self._prompt, self._typed = title, facts, reason, prompt, typed

    def compose(self) -> ComposeResult:
        """Title, facts, a line for the reason, the keys."""
        with Vertical(classes="box"):
            yield Static(self._title, classes="box-title", markup=False)
            for name, value in self._facts:
                yield Static(named(name, value), markup=False)
            if self._reason != "none":
                needed = "needed" if self._reason == "needed" else "may be left empty"
                yield Input(placeholder=f"{self._prompt} ({needed})", id="reason", compact=True)
            if self._typed:
                yield Input(placeholder=f"Type {self._typed} to go on", id="typed", compact=True)
            yield Static("", id="complaint", markup=False)
            yield Static("enter does it   esc goes back", classes="box-keys", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the reason's line is enter."""
        event.stop()
        self.action_do()

    def action_do(self) -> None:
        """Give the reason back, if there is one where one is needed."""
        text = self.query_one("#reason", Input).value.strip() if self._reason != "none" else ""
        if self._reason == "needed" and not text:
            self._complain("A reason is needed: it is kept with the decision.", "#reason")
        elif self._typed and self.query_one("#typed", Input).value.strip() != self._typed:
            self._complain(f"Type {self._typed} to go on.", "#typed")
        else:
            self.dismiss(text)

    def _complain(self, told: str, field: str) -> None:
        self.query_one("#complaint", Static).update(told)
        self.query_one(field, Input).focus()

    def action_back(self) -> None:
        """Nothing happens."""
        self.dismiss(None)


class Notice(ModalScreen[None]):
    """What went wrong and what to do next; any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "back", "Close", show=True)]

    def __init__(self, error: ServiceError, act: str) -> None:
        super().__init__()
        self._error, self._act = error, act

    def compose(self) -> ComposeResult:
        """What was tried, what came back, what to do."""
        conflict = self._error.status == 409
        with Vertical(classes="box"):
            told = "Nothing was changed: somebody else was first." if conflict else "Nothing was changed."
            yield Static(f"{self._act}: refused. {told}", classes="box-title", markup=False)
            for text in (self._error.title, self._error.detail, self._error.hint):
                if text:
                    yield Static("\n".join(wrap(text, INNER)), markup=False)
            yield Static("esc closes", classes="box-keys", markup=False)

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)
