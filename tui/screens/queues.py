"""Screen 9: queues of runs to be judged; and judging: one run after the other, in two keys each.

What others said of a run is not shown before one has said something oneself, so that reviewers do not follow each
other and their agreement means something.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widget import Widget

from agents.service.wire import EventView, GiveFeedback, RunDetail
from agents.service.wire.queues import CloseQueue, QueueTurn, QueueView
from tui.lines.line import Line
from tui.lines.queues import queue_head, queue_lines, queue_row, turn_line
from tui.screens.room import Room
from tui.screens.run import RunScreen
from tui.widgets.confirm import Confirm
from tui.widgets.document import Document
from tui.widgets.head_row import HeadRow
from tui.widgets.label_box import LabelBox
from tui.widgets.table import Table

EMPTY: Final = "No queue yet. In the list of runs type a filter, then Q puts a sample of them up for judgement."
SAID: Final = frozenset({"feedback_given", "feedback_withdrawn"})
KINDS: Final = frozenset({"queue_opened", "queue_closed", *SAID})


class QueuesScreen(Room):
    """The queues."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "about", "Agreement", show=True),
        Binding("X", "close", "Close the queue", show=True),
    ]
    WRITES: ClassVar[Mapping[str, str]] = {"close": "operate"}

    def __init__(self) -> None:
        super().__init__("queues")

    def body(self) -> Iterable[Widget]:
        """Columns and list."""
        yield HeadRow(queue_head, id="columns")
        yield Table(id="queues")

    async def load(self) -> None:
        """All queues."""
        found = await self.client.queues()
        self.query_one(Table).show([(one, partial(queue_row, one)) for one in found], EMPTY)
        left = sum(one.left for one in found)
        self.show_status(f"{left} runs to judge" if left else f"{len(found)} queues")

    def concerns(self, fact: EventView) -> bool:
        """A queue was opened or closed, or somebody judged."""
        return fact.kind in KINDS

    @property
    def current(self) -> QueueView | None:
        """The queue under the cursor."""
        found = self.query_one(Table).current
        return found if isinstance(found, QueueView) else None

    def action_about(self) -> None:
        """How far it is, who judged how much, how far they agree."""
        if self.current is not None:
            self.app.push_screen(QueueAboutScreen(self.current.name))

    def action_close(self) -> None:
        """Say that nobody need judge its runs any more."""
        queue = self.current
        if queue is None or queue.closed_at is not None:
            self.notify("Put the cursor on a queue that is open.", severity="warning")
            return
        facts = [
            ("queue", f"{queue.name}, {queue.done} of {queue.runs} done"),
            ("effect", "nobody is given a run of it any more; what was said stays"),
            ("environment", self.desk.environment),
        ]

        def go(reason: str) -> None:
            said = CloseQueue(reason=reason)
            self.write("Close", lambda: self.client.close_queue(queue.name, said), lambda _: self.notify("Closed."))

        self.confirm(Confirm(f"Close the queue {queue.name!r}?", facts, reason="optional"), go)


class QueueAboutScreen(Room):
    """One queue: progress, reviewers, agreement, the runs in dispute."""

    def __init__(self, queue: str) -> None:
        super().__init__(f"queue {queue}")
        self.queue = queue

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield Document(id="page")

    async def load(self) -> None:
        """The queue as it stands."""
        detail = await self.client.queue(self.queue)
        self.query_one(Document).show(lambda width: queue_lines(detail, width, self.glyphs))

    def concerns(self, fact: EventView) -> bool:
        """Somebody judged."""
        return fact.kind in KINDS


class QueueScreen(RunScreen):
    """Judging: the next run that one may judge, with the keys of a run; after each judgement the next one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("i", "about", "Agreement", show=True)]

    def __init__(self, queue: str) -> None:
        super().__init__("")
        self.room_title = f"queue {queue}"
        self.queue = queue
        self.turn: QueueTurn | None = None
        self._wanted = True
        self._been: list[str] = []
        self._at = -1
        """Which of those one has been to is shown."""

    async def load(self) -> None:
        """The next run, or what is new of the one that is shown."""
        if self._wanted:
            await self._take_next()
        if self.run_id:
            await super().load()

    async def _take_next(self) -> None:
        turn = await self.client.queue_turn(self.queue, after=self._been[-1] if self._been else None)
        self.turn, self._wanted = turn, False
        self.run_id = turn.run.id if turn.run else ""
        if turn.run is not None:
            self._been.append(turn.run.id)
            self._at = len(self._been) - 1
        else:
            self.transcript.clear("Nothing is left for you in this queue. i shows how far it is; esc goes back.")
            self.query_one("#head", HeadRow).draw(lambda width: Line())
        self._draw_turn()
        self.refresh_bindings()

    def _draw_turn(self) -> None:
        turn = self.turn
        if turn is not None:
            keys = "" if turn.run is None else "u good  d bad  l label  c correct  ] skip  [ back"
            banner = self.query_one("#banner", HeadRow)
            banner.display = True
            banner.draw(partial(turn_line, turn, keys))

    # --- blind -------------------------------------------------------------------------------------------------

    def admitted(self, facts: Sequence[EventView]) -> Sequence[EventView]:
        """Without what others said of the run."""
        me = self.desk.my_name
        return [one for one in facts if one.kind not in SAID or _by(one) == me]

    def _show(self, detail: RunDetail) -> None:
        """Without the score that others gave."""
        if self.own_judgement() is None:
            blind = detail.run.model_copy(update={"score": None, "feedback": 0})
            detail = detail.model_copy(update={"run": blind})
        super()._show(detail)
        self.room_title = f"queue {self.queue}"
        self._draw_turn()
        self.show_status()

    # --- keys ----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to judge when nothing is left."""
        if action in {"judge", "correct", "label", "undo"} and not self.run_id:
            return False
        return super().check_action(action, parameters)

    def _give(self, given: GiveFeedback, told: str) -> None:
        run_id = self.run_id

        def done(_: Any) -> None:
            self.notify(f"{told} [ goes back to it.")
            self._leave()

        self.write("Feedback", lambda: self.client.feedback(run_id, given), done)

    def _leave(self, run_id: str = "") -> None:
        """Show another run: the one named, or the next one."""
        self.workers.cancel_group(self, "follow")
        self.run_id, self.detail, self._following, self._wanted = run_id, None, False, not run_id
        self.transcript.clear()

    def action_label(self) -> None:
        """One of the queue's labels, by its number; without any, type one."""
        labels = self.turn.queue.labels if self.turn else []
        if not labels:
            super().action_label()
            return

        def answered(label: str | None) -> None:
            if label:
                self._give(GiveFeedback(label=label), f"Labelled {label!r}.")

        self.app.push_screen(LabelBox(labels, self._facts("feedback, a label")), answered)

    def action_beside(self, step: int) -> None:
        """Pass this run over, or go back to the one before."""
        at = (self._at if self.run_id else len(self._been)) + step
        if at < 0:
            self.notify("This is the first run of this sitting.")
            return
        self._at = min(at, len(self._been))
        self._leave(self._been[at] if at < len(self._been) else "")
        self.ask()

    def action_about(self) -> None:
        """How far the queue is, and how far its reviewers agree."""
        self.app.push_screen(QueueAboutScreen(self.queue))


def _by(fact: EventView) -> str:
    return str((fact.data.get("provenance") or {}).get("by", ""))
