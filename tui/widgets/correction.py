"""The small editor for the right answer, as JSON or YAML: what the agent should have said."""

from typing import Any, ClassVar

import yaml
from pydantic import JsonValue, TypeAdapter, ValidationError
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


class Unreadable(ValueError):
    """The text is neither JSON nor YAML; the message says where."""


def read_correction(text: str) -> JsonValue:
    """The value that `text` says: JSON, YAML, or a plain text.

    Raises:
        Unreadable: it begins like a structure and is none, or holds what JSON has not.
    """
    try:
        value: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise Unreadable(f"{place}{getattr(error, 'problem', None) or 'not YAML or JSON'}") from error
    if value is None:
        raise Unreadable("There is no answer in it yet.")
    try:
        return _JSON.validate_python(value)
    except ValidationError as error:
        raise Unreadable(f"JSON cannot say this: {error.errors()[0]['msg']}. Put it in quotes.") from error


def write_correction(value: JsonValue) -> str:
    """The value as text to start from: YAML, which is easier to edit than JSON."""
    if isinstance(value, str):
        return value
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=72)


class CorrectionBox(ModalScreen[tuple[JsonValue, str] | None]):
    """Gives (the right answer, a comment), or None when one went back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Go back", show=True),
        Binding("ctrl+s", "send", "Send", show=True, priority=True),
    ]

    def __init__(self, title: str, answer: JsonValue) -> None:
        super().__init__()
        self._title, self._answer = title, answer

    def compose(self) -> ComposeResult:
        """The answer to edit, a comment, the keys."""
        with Vertical(classes="box tall"):
            yield Static(self._title, classes="box-title", markup=False)
            yield Static("The right answer, whole or only the fields that were wrong (YAML or JSON):", markup=False)
            yield TextArea(write_correction(self._answer), id="answer", tab_behavior="focus")
            yield Input(placeholder="Comment (may be left empty)", id="comment", compact=True)
            yield Static("", id="complaint", markup=False)
            yield Static("ctrl+s sends   tab to the comment   esc goes back", classes="box-keys", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the comment sends."""
        event.stop()
        self.action_send()

    def action_send(self) -> None:
        """Give the answer back, if it can be read and says something else than before."""
        try:
            value = read_correction(self.query_one("#answer", TextArea).text)
        except Unreadable as error:
            self.query_one("#complaint", Static).update(str(error))
            return
        if value == self._answer:
            self.query_one("#complaint", Static).update("This is the answer as it was: change what was wrong.")
            return
        self.dismiss((value, self.query_one("#comment", Input).value.strip()))

    def action_back(self) -> None:
        """Nothing happens."""
        self.dismiss(None)
