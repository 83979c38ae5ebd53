"""A box with a small form: a line for each field of a JSON schema, and what is wrong under it before it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import JsonValue
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Select, SelectionList, Static

from tui.lines.form import Field, WrongField, fields_of, filled, written
from tui.widgets.confirm import named

Filled = tuple[dict[str, JsonValue], str]


class FormBox(ModalScreen[Filled | None]):
    """Gives (the values, the reason), or None when one went back.

    Args:
        title: the act, as a question.
        schema: of an object with fields.
        facts: (name, value) lines: the object, the effect, the environment.
        prompt: of the line for a reason; "" for none.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Go back", show=True),
        Binding("ctrl+s", "send", "Send", show=True, priority=True),
    ]

    def __init__(
        self, title: str, schema: Mapping[str, Any], facts: Sequence[tuple[str, str]] = (), *, prompt: str = ""
    ) -> None:
        super().__init__()
        self._title, self._schema, self._facts, self._prompt = title, schema, facts, prompt
        self._fields = fields_of(schema)

    def compose(self) -> ComposeResult:
        """Title, facts, the fields, the keys."""
        with Vertical(classes="box form"):
            yield Static(self._title, classes="box-title", markup=False)
            for name, value in self._facts:
                yield Static(named(name, value), markup=False)
            with VerticalScroll(id="fields"):
                for at, field in enumerate(self._fields):
                    if field.kind != "yes":
                        yield Static(_label(field), classes="label", markup=False)
                    yield _widget(field, f"field-{at}")
            if self._prompt:
                yield Input(placeholder=self._prompt, id="reason", compact=True)
            yield Static("", id="complaint", markup=False)
            keys = "tab next field   ctrl+s sends   esc goes back"
            yield Static(keys, classes="box-keys", markup=False)

    def on_mount(self) -> None:
        """Ready to type into the first field."""
        first = self.query("#field-0").first() if self._fields else None
        if first is not None:
            first.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next line; in the last one it sends."""
        event.stop()
        inputs = list(self.query(Input))
        if event.input is inputs[-1]:
            self.action_send()
        else:
            self.focus_next()

    def action_send(self) -> None:
        """Give the values back, if they fit."""
        typed = {field.name: _typed(self.query_one(f"#field-{at}")) for at, field in enumerate(self._fields)}
        try:
            values = filled(self._schema, self._fields, typed)
        except WrongField as error:
            self.query_one("#complaint", Static).update(f"{error}.")
            return
        self.dismiss((values, self.query_one("#reason", Input).value.strip() if self._prompt else ""))

    def action_back(self) -> None:
        """Nothing happens."""
        self.dismiss(None)


def _label(field: Field) -> str:
    more = [*(["needed"] if field.needed else []), *([field.hint] if field.hint else [])]
    return f"{field.told}  ({', '.join(more)})" if more else field.told


def _widget(field: Field, name: str) -> Widget:
    choices = [(Content(one.told), one.value) for one in field.choices]
    match field.kind:
        case "yes":
            return Checkbox(Content(_label(field)), value=field.default is True, id=name, compact=True)
        case "one":
            known = any(one.value == field.default for one in field.choices)
            start: Any = field.default if known else Select.NULL
            return Select(choices, prompt="choose", value=start, id=name, compact=True)
        case "several":
            chosen = field.default if isinstance(field.default, list) else []
            return SelectionList(*((told, value, value in chosen) for told, value in choices), id=name, compact=True)
        case _:
            return Input(written(field), id=name, compact=True, select_on_focus=False)


def _typed(widget: Widget) -> Any:
    match widget:
        case Checkbox():
            return widget.value
        case Select():
            return None if widget.is_blank() else widget.value
        case SelectionList():
            return list(widget.selected)
        case Input():
            return widget.value
        case _:
            return None
