"""The small editor for a value, as JSON or YAML: the right answer, or the arguments of a call."""

from collections.abc import Callable
from typing import Any, ClassVar

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
        import yaml  # here: most sittings edit nothing

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
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=72)


class EditBox(ModalScreen[tuple[JsonValue, str] | None]):
    """Gives (the value, a note), or None when one went back.

    Args:
        title: what is changed, as a question or a sentence.
        value: to start from.
        told: what to do, above the editor.
        prompt: of the note's line.
        refuse: what is wrong with a value, or with its note; "" when nothing is.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Go back", show=True),
        Binding("ctrl+s", "send", "Send", show=True, priority=True),
    ]

    def __init__(
        self,
        title: str,
        value: JsonValue,
        *,
        told: str,
        prompt: str = "Comment (may be left empty)",
        refuse: Callable[[JsonValue, str], str] = lambda value, note: "",
    ) -> None:
        super().__init__()
        self._title, self._value, self._told, self._prompt, self._refuse = title, value, told, prompt, refuse

    def compose(self) -> ComposeResult:
        """The value to edit, a note, the keys."""
        with Vertical(classes="box tall"):
            yield Static(self._title, classes="box-title", markup=False)
            yield Static(self._told, markup=False)
            yield TextArea(write_correction(self._value), id="answer", tab_behavior="focus")
            yield Input(placeholder=self._prompt, id="comment", compact=True)
            yield Static("", id="complaint", markup=False)
            yield Static("ctrl+s sends   tab to the next line   esc goes back", classes="box-keys", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the note sends."""
        event.stop()
        self.action_send()

    def action_send(self) -> None:
        """Give the value back, if it can be read and says something else than before."""
        note = self.query_one("#comment", Input).value.strip()
        try:
            value = read_correction(self.query_one("#answer", TextArea).text)
        except Unreadable as error:
            self._complain(str(error))
            return
        wrong = "Nothing is changed yet." if value == self._value else self._refuse(value, note)
        if wrong:
            self._complain(wrong)
        else:
            self.dismiss((value, note))

    def _complain(self, text: str) -> None:
        self.query_one("#complaint", Static).update(text)

    def action_back(self) -> None:
        """Nothing happens."""
        self.dismiss(None)
