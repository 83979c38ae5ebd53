"""A tool server's question to the person behind a call: read it, fill in its form, or decline."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

from pydantic import JsonValue
from textual.binding import Binding, BindingType
from textual.widget import Widget

from agents.service.wire import AnswerQuestion, EventView, QuestionView
from tui.lines.figures import short
from tui.lines.line import Line
from tui.lines.waiting import question_lines
from tui.screens.room import Room
from tui.widgets.confirm import Confirm
from tui.widgets.document import Document
from tui.widgets.edit_box import EditBox


class QuestionScreen(Room):
    """One question."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("A", "accept", "Answer", show=True),
        Binding("X", "decline", "Decline", show=True),
    ]
    WRITES: ClassVar[Mapping[str, str]] = {"accept": "operate", "decline": "operate"}

    def __init__(self, question_id: str) -> None:
        super().__init__(f"question in run {short(question_id.rpartition(':')[0])}")
        self.question_id = question_id
        self.question: QuestionView | None = None

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield Document(id="page")

    async def load(self) -> None:
        """The question."""
        self.question = await self.client.question(self.question_id)
        self.room_title = f"{self.question.server} asks"
        self.query_one(Document).show(self._lines)
        self.show_status(self.question.state)
        self.refresh_bindings()

    def _lines(self, width: int) -> list[Line]:
        assert self.question is not None  # drawn only after loading
        return question_lines(self.question, width, self.now(), self.glyphs)

    def concerns(self, fact: EventView) -> bool:
        """Somebody answered, or the run went on."""
        return self.question is not None and fact.stream == self.question.run_id

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """It is answered once."""
        if action in self.WRITES and (self.question is None or self.question.state != "pending"):
            return False
        return super().check_action(action, parameters)

    def copied(self) -> str | None:
        """The run under the cursor, or the question's id."""
        return super().copied() or self.question_id

    def action_accept(self) -> None:
        """Fill in the form; of a question with a page to visit, say that it was visited."""
        one = self.question
        if one is None:
            return
        if one.form is None:
            self._confirm("accept", "Was the page visited?", "the server is told yes, and the call is made again")
            return
        box = EditBox(
            f"Answer {one.server}? ({self.desk.environment})", skeleton(one.form),
            told=f"{one.message}  Fill in the form (YAML or JSON); the call is then made again:",
            prompt="Reason (may be left empty)", refuse=_no_form,
        )  # fmt: skip

        def answered(found: tuple[JsonValue, str] | None) -> None:
            if found is not None and isinstance(found[0], dict):
                self._send(AnswerQuestion(action="accept", content=found[0], reason=found[1]))

        self.app.push_screen(box, answered)

    def action_decline(self) -> None:
        """Say no."""
        self._confirm(
            "decline", "Decline the question?", "the server is told no; what it does then is its own affair"
        )

    def _confirm(self, action: Literal["accept", "decline"], title: str, effect: str) -> None:
        one = self.question
        assert one is not None  # the keys are not there before
        facts = [("question", one.message), ("effect", effect), ("environment", self.desk.environment)]
        self.confirm(
            Confirm(title, facts, reason="optional"),
            lambda why: self._send(AnswerQuestion(action=action, reason=why)),
        )

    def _send(self, given: AnswerQuestion) -> None:
        self.write(
            "Answer", lambda: self.client.answer(self.question_id, given), lambda now: self.notify(f"{now.state}.")
        )


def skeleton(form: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A form to start from: every field of the schema, with its default where it has one."""
    fields = form.get("properties")
    known = fields.items() if isinstance(fields, dict) else ()
    return {str(name): field.get("default") if isinstance(field, dict) else None for name, field in known}


def _no_form(value: JsonValue, reason: str) -> str:
    return "" if isinstance(value, dict) else "A form is names with values: write `name: value`."
