"""Screen 5: the optimizer's nights, and one of them: its progress as it happens, its report in the morning."""

from collections.abc import Iterable
from functools import partial

from textual.widget import Widget

from agents.service.wire import EventView, NightView
from tui.answers import ServiceError
from tui.lines.figures import moment
from tui.lines.line import Line
from tui.lines.nights import night_lines
from tui.lines.rows import night_head, night_row
from tui.screens.room import Room
from tui.widgets.document import Document
from tui.widgets.head_row import HeadRow
from tui.widgets.table import Table

KINDS = frozenset(
    {"night_started", "night_resumed", "stage_reached", "candidate_found", "rollout_scored", "sealed_opened",
     "evidence_written", "night_ended"}
)  # fmt: skip


class NightsScreen(Room):
    """The nights, newest first."""

    def __init__(self) -> None:
        super().__init__("nights")

    def body(self) -> Iterable[Widget]:
        """Columns and list."""
        yield HeadRow(night_head, id="columns")
        yield Table(id="nights")

    async def load(self) -> None:
        """All nights."""
        found = await self.client.nights()
        empty = "No night yet. `strop optimize AGENT` runs one."
        self.query_one(Table).show([(one, partial(self._row, one)) for one in found], empty)
        self.show_status(f"{sum(one.ended_at is None for one in found)} running")

    def _row(self, night: NightView, width: int) -> Line:
        return night_row(night, width, self.now())

    def concerns(self, fact: EventView) -> bool:
        """A night went on."""
        return fact.kind in KINDS


class NightScreen(Room):
    """One night."""

    def __init__(self, night_id: str) -> None:
        super().__init__("night")
        self.night_id = night_id
        self._facts: dict[int, EventView] = {}

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield Document(id="page")

    async def load(self) -> None:
        """The night and the facts that are not here yet."""
        night = next((one for one in await self.client.nights() if one.id == self.night_id), None)
        if night is None:
            raise ServiceError(f"there is no night {self.night_id!r}", hint="5 shows the nights.", status=404)
        for fact in await self.client.night_events(night.id, after=max(self._facts, default=0)):
            self._facts[fact.seq] = fact
        facts = [self._facts[seq] for seq in sorted(self._facts)]
        self.room_title = f"{night.agent} night of {moment(night.started_at, self.now())}"
        self.query_one(Document).show(lambda width: night_lines(night, facts, width, self.now(), self.glyphs))
        self.show_status("" if night.ended_at else f"running: {night.stage}")

    def concerns(self, fact: EventView) -> bool:
        """The night shown went on."""
        return fact.stream == self.night_id

    def copied(self) -> str | None:
        """The night's id, or what the cursor is on."""
        return super().copied() or self.night_id
