"""Screen 2: all that waits for a person, oldest first; and one held call, with all that a decision needs."""

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from agents.service.wire import ApprovalContext, ApprovalView, EventView, WaitingView
from tui.lines.figures import short
from tui.lines.line import Line
from tui.lines.waiting import approval_lines, waiting_head, waiting_row
from tui.screens.calls import CallRoom, HeldCall
from tui.widgets.document import Document
from tui.widgets.head_row import HeadRow
from tui.widgets.line_view import LineView
from tui.widgets.status_bar import waiting_count
from tui.widgets.table import Table

EMPTY = "Nothing waits for you. Held calls, calls of unknown outcome and proposals come here by themselves."
KINDS = frozenset(
    {"run_waited", "run_released", "run_resumed", "run_cancelled", "approval_requested", "approval_decided",
     "outcome_decided", "question_asked", "question_answered", "decision_made", "proposal_signed", "night_ended"}
)  # fmt: skip
"""Facts after which there may be more or less in the list."""


class WaitingScreen(CallRoom):
    """The list of what waits."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "mark", "Mark", show=True)]

    def __init__(self) -> None:
        super().__init__("waiting for you")
        self.marked: set[str] = set()
        self._found: list[WaitingView] = []

    def body(self) -> Iterable[Widget]:
        """Columns and list."""
        yield HeadRow(waiting_head, id="columns")
        yield Table(id="waiting")

    async def load(self) -> None:
        """All of it; marks on what no longer waits are gone."""
        self._found = await self.client.waiting()
        self.marked &= {one.id for one in self._found}
        self.query_one(Table).show([(one, partial(self._row, one)) for one in self._found], EMPTY)
        self._tell()
        self.refresh_bindings()

    def _tell(self) -> None:
        marks = f", {len(self.marked)} marked" if self.marked else ""
        self.show_status(f"{waiting_count(len(self._found))} waiting{marks}")

    def _row(self, one: WaitingView, width: int) -> Line:
        return waiting_row(one, width, self.now(), self.glyphs, marked=one.id in self.marked)

    def concerns(self, fact: EventView) -> bool:
        """Something came to wait, or was decided."""
        return fact.kind in KINDS

    def held_calls(self) -> list[HeldCall]:
        """The marked calls; without marks the one under the cursor."""
        current = self.query_one(Table).current
        meant = [one for one in self._found if one.id in self.marked] or ([current] if current else [])
        return [HeldCall(one.id, one.digest, one.told) for one in meant if one.kind == "call"]

    def action_mark(self) -> None:
        """Mark the call, or take the mark off: `A` and `X` mean all marked ones."""
        one = self.query_one(Table).current
        if one is None or one.kind != "call":
            self.notify("Only held calls can be decided on together.", severity="warning")
            return
        self.marked ^= {one.id}
        self.query_one(Table).rows_changed()
        self.query_one(Table).action_move(1)
        self._tell()
        self.refresh_bindings()

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """The keys depend on what the cursor is on."""
        event.stop()
        self.refresh_bindings()


class ApprovalScreen(CallRoom):
    """One held call."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "beside(1)", "Next call", key_display="]", show=True),
        Binding("left_square_bracket", "beside(-1)", "Call before", key_display="[", show=False),
    ]

    def __init__(self, approval_id: str) -> None:
        super().__init__(f"held call of run {short(approval_id.rpartition(':')[0])}")
        self.approval_id = approval_id
        self.approval: ApprovalView | None = None
        self.context = ApprovalContext()

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield Document(id="page")

    async def load(self) -> None:
        """The call, and what was said and sent before it."""
        self.approval = await self.client.approval(self.approval_id)
        self.context = await self.client.approval_context(self.approval_id)
        self.room_title = f"{self.approval.agent} asks for {self.approval.tool}"
        self.query_one(Document).show(self._lines)
        self.show_status(self.approval.state)
        self.refresh_bindings()

    def _lines(self, width: int) -> list[Line]:
        assert self.approval is not None  # drawn only after loading
        return approval_lines(self.approval, self.context, width, self.now(), self.glyphs)

    def concerns(self, fact: EventView) -> bool:
        """Somebody decided, or the run went on."""
        return self.approval is not None and fact.stream == self.approval.run_id

    def held_calls(self) -> list[HeldCall]:
        """The call shown, while nobody has decided on it."""
        one = self.approval
        if one is None or one.state != "pending":
            return []
        return [HeldCall(one.id, one.digest, f"{one.server}.{one.tool} {one.arguments}", one.arguments)]

    def copied(self) -> str | None:
        """The run under the cursor, or the call's id."""
        return super().copied() or self.approval_id

    def action_beside(self, step: int) -> None:
        """The next held call, or the one before."""
        self.run_worker(self.guarded(partial(self._beside, step)), group="beside", exclusive=True)

    async def _beside(self, step: int) -> None:
        ids = [one.id for one in await self.client.waiting() if one.kind == "call"]
        at = ids.index(self.approval_id) + step if self.approval_id in ids else 0
        if not 0 <= at < len(ids):
            self.notify("No held call waits on that side.")
            return
        self.approval_id, self.approval = ids[at], None
        self.ask()
