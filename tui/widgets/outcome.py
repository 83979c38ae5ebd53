"""The box for a call whose outcome is unknown: a person says what became of it, so that nothing is done twice."""

from typing import ClassVar, Literal

from pydantic import JsonValue
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from agents.service.wire import DecideOutcome
from tui.widgets.confirm import named
from tui.widgets.edit_box import Unreadable, read_correction

Choice = Literal["retry", "done", "abandon"]
CHOICES: tuple[tuple[Choice, str], ...] = (
    ("retry", "retry    it had no effect: send the call again"),
    ("done", "done     it had its effect: go on with the result below"),
    ("abandon", "abandon  give the call up: the agent is told that it failed"),
)


class OutcomeBox(ModalScreen[DecideOutcome | None]):
    """Gives the decision on one operation, or None when one went back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Go back", show=True)]

    def __init__(self, op: str, call: str, environment: str) -> None:
        super().__init__()
        self._op, self._call, self._environment = op, call, environment

    def compose(self) -> ComposeResult:
        """The call, the three answers, the result, the reason."""
        with Vertical(classes="box"):
            yield Static("What became of this call?", classes="box-title", markup=False)
            yield Static(named("call", self._call), markup=False)
            yield Static(named("environment", self._environment), markup=False)
            yield Static(
                "It was sent, and the worker died before the answer came. Look in the other system.", markup=False
            )
            yield OptionList(*(text for _, text in CHOICES), id="choice", compact=True)
            yield Input(placeholder="Result for `done`, as JSON or YAML", id="result", compact=True)
            yield Input(placeholder="Reason (needed)", id="reason", compact=True)
            yield Static("", id="complaint", markup=False)
            yield Static(
                "up/down choose   tab next field   enter does it   esc goes back", classes="box-keys", markup=False
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Chosen: on to what is still missing."""
        event.stop()
        self.query_one("#result" if event.option_index == 1 else "#reason", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a line is the end of it."""
        event.stop()
        at = self.query_one("#choice", OptionList).highlighted
        reason = self.query_one("#reason", Input).value.strip()
        if not reason:
            self._complain("A reason is needed: it is kept with the decision.")
            self.query_one("#reason", Input).focus()
            return
        decision: Choice = CHOICES[at or 0][0]
        result: JsonValue = None
        if decision == "done":
            try:
                result = read_correction(self.query_one("#result", Input).value)
            except Unreadable as error:
                self._complain(f"The result of the call is needed. {error}")
                self.query_one("#result", Input).focus()
                return
        self.dismiss(DecideOutcome(op=self._op, decision=decision, result=result, reason=reason))

    def _complain(self, text: str) -> None:
        self.query_one("#complaint", Static).update(text)

    def action_back(self) -> None:
        """Nothing happens."""
        self.dismiss(None)
