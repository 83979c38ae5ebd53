"""Screen 6: versions that meet real conversations: traffic, what came of them, the tests; take one live or back."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.widget import Widget

from agents.service.wire import EndRollout, EventView, RolloutView
from tui.lines.figures import percent, short
from tui.lines.line import Line
from tui.lines.rollout import rollout_head, rollout_lines, rollout_row
from tui.screens.room import Room
from tui.widgets.confirm import Confirm
from tui.widgets.document import Document
from tui.widgets.head_row import HeadRow
from tui.widgets.table import Table

EMPTY = "No version meets real conversations beside the live one. `strop rollout start` begins a canary."


class RolloutsScreen(Room):
    """The rollouts, newest first."""

    def __init__(self) -> None:
        super().__init__("rollouts")

    def body(self) -> Iterable[Widget]:
        """Columns and list."""
        yield HeadRow(rollout_head, id="columns")
        yield Table(id="rollouts")

    async def load(self) -> None:
        """All of them."""
        found = await self.client.rollouts()
        self.query_one(Table).show([(one, partial(self._row, one)) for one in found], EMPTY)
        self.show_status(f"{sum(one.state != 'ended' for one in found)} under way")

    def _row(self, one: RolloutView, width: int) -> Line:
        line = rollout_row(one, width, self.now())
        return Line(line.spans, ("rollout", one.id))

    def concerns(self, fact: EventView) -> bool:
        """A rollout took a step."""
        return fact.kind.startswith("rollout_")


class RolloutScreen(Room):
    """One rollout."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("A", "finish('promote')", "Take live", show=True),
        Binding("B", "finish('stop')", "Take back", show=True),
    ]
    WRITES: ClassVar[Mapping[str, str]] = {"finish": "roll_back"}

    def __init__(self, rollout_id: str) -> None:
        super().__init__(f"rollout {short(rollout_id)}")
        self.rollout_id = rollout_id
        self.rollout: RolloutView | None = None

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield Document(id="page")

    async def load(self) -> None:
        """The rollout as it stands."""
        self.rollout = found = await self.client.rollout(self.rollout_id)
        self.room_title = f"{found.agent} {found.mode} of {short(found.candidate.bundle)}"
        self.query_one(Document).show(lambda width: rollout_lines(found, width, self.now(), self.glyphs))
        self.show_status(found.outcome or found.verdict)
        self.refresh_bindings()

    def concerns(self, fact: EventView) -> bool:
        """It took a step, or a conversation of it ended."""
        return fact.stream == self.rollout_id or fact.kind == "run_finished"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """One that has ended stays as it is; taking live is a decision, taking back is not."""
        if action == "finish":
            if self.rollout is None or self.rollout.state == "ended":
                return False
            return self.desk.may("decide" if parameters and parameters[0] == "promote" else "roll_back")
        return super().check_action(action, parameters)

    def copied(self) -> str | None:
        """The rollout's id, or what the cursor is on."""
        return super().copied() or self.rollout_id

    def action_finish(self, decision: Literal["promote", "stop"]) -> None:
        """Take the candidate live, or take it back."""
        one = self.rollout
        if one is None:
            return
        effect = {
            "promote": f"it serves every new conversation of {one.agent!r}",
            "stop": f"new conversations of {one.agent!r} are served by {short(one.control.bundle)} alone",
        }[decision]
        facts = [
            ("version", short(one.candidate.bundle)), ("so far", f"{one.exposed} conversations, {one.verdict}"),
            ("share", percent(one.share)), ("effect", effect), ("environment", self.desk.environment),
        ]  # fmt: skip
        title = "Take this version live?" if decision == "promote" else "Take this version back?"
        self.confirm(Confirm(title, facts, reason="needed"), partial(self._send, decision))

    def _send(self, decision: Literal["promote", "stop"], reason: str) -> None:
        body = EndRollout(decision=decision, reason=reason)
        self.write(
            "Rollout", lambda: self.client.end_rollout(self.rollout_id, body),
            lambda now: self.notify(f"It is {(now.outcome or now.state).replace('_', ' ')}."),
        )  # fmt: skip
