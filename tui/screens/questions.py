"""A tool server's question to the person behind a call: read it, fill in its form, or decline."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.widget import Widget

from agents.service.wire import AnswerQuestion, EventView, QuestionView
from tui.lines.figures import short
from tui.lines.line import Line
from tui.lines.waiting import question_lines
from tui.screens.room import Room
from tui.widgets.confirm import Confirm
from tui.widgets.document import Document

if TYPE_CHECKING:
    from tui.widgets.form_box import Filled


class QuestionScreen(Room):
    """One question."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("A", "accept", "Answer", show=True),
        Binding("X", "decline", "Decline", show=True),
        Binding("K", "cancel", "Give no answer", show=True),
    ]
    WRITES: ClassVar[Mapping[str, str]] = {"accept": "operate", "decline": "operate", "cancel": "operate"}

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
        from tui.widgets.form_box import FormBox  # its widgets are loaded when somebody fills in a form

        one = self.question
        if one is None:
            return
        if one.form is None:
            self._confirm("accept", "Was the page visited?", "the server is told yes, and the call is made again")
            return
        facts = [
            ("question", one.message), ("effect", "the server gets the answer, and the call is made again"),
            ("environment", self.desk.environment),
        ]  # fmt: skip
        box = FormBox(f"Answer {one.server}?", one.form, facts, prompt="Reason (may be left empty)")

        def answered(found: "Filled | None") -> None:
            if found is not None:
                self._send(AnswerQuestion(action="accept", content=found[0], reason=found[1]))

        self.app.push_screen(box, answered)

    def action_decline(self) -> None:
        """Say no."""
        self._confirm(
            "decline", "Decline the question?", "the server is told no; what it does then is its own affair"
        )

    def action_cancel(self) -> None:
        """Dismiss it: neither yes nor no."""
        self._confirm("cancel", "Give no answer?", "the server is told that nobody chose to answer")

    def _confirm(self, action: Literal["accept", "decline", "cancel"], title: str, effect: str) -> None:
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
