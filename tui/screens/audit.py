"""Screen 8: who decided what, what was refused to whom, who was given a key; and one row with all about it."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from textual.widget import Widget

from agents.service.wire import EventView
from agents.service.wire.audit import AuditView
from tui.lines.audit import audit_head, audit_lines, audit_row
from tui.lines.line import Line
from tui.screens.room import Room
from tui.widgets.document import Document
from tui.widgets.head_row import HeadRow
from tui.widgets.line_view import LineView
from tui.widgets.table import Table

KINDS: Final = frozenset(
    {"decision_made", "proposal_signed", "governance_changed", "decision_refused", "request_refused", "token_created",
     "token_revoked"}
)  # fmt: skip
PREFETCH: Final = 30
"""Rows before the end at which the next page is asked for."""
EMPTY: Final = "Nothing was decided yet. Approvals, roll backs, refusals and keys given out come here."


class AuditScreen(Room):
    """The rows, newest first."""

    def __init__(self) -> None:
        super().__init__("audit")
        self._rows: dict[int, AuditView] = {}
        self._before: int | None = None

    def body(self) -> Iterable[Widget]:
        """Columns and list."""
        yield HeadRow(audit_head, id="columns")
        yield Table(id="audit")

    async def load(self) -> None:
        """The newest page; rows that are there stay."""
        page = await self.client.audit()
        if not self._rows:
            self._before = page.before
        self._add(page.items)

    async def _load_more(self) -> None:
        if self._before is not None:
            page = await self.client.audit(before=self._before)
            self._before = page.before
            self._add(page.items)

    def _add(self, rows: Iterable[AuditView]) -> None:
        self._rows |= {row.id: row for row in rows}
        shown = [self._rows[name] for name in sorted(self._rows, reverse=True)]
        self.query_one(Table).show([(one, partial(self._row, one)) for one in shown], EMPTY)
        self.show_status(f"{len(shown)}{'+' if self._before else ''} rows")

    def _row(self, one: AuditView, width: int) -> Line:
        return audit_row(one, width, self.now())

    def concerns(self, fact: EventView) -> bool:
        """Somebody decided, was refused, or was given a key."""
        return fact.kind in KINDS

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Older rows in time."""
        event.stop()
        if self._before is not None and event.index >= event.view.row_count() - PREFETCH:
            self.run_worker(self.guarded(self._load_more), group="more", exclusive=True)


class AuditRowScreen(Room):
    """One row."""

    def __init__(self, row_id: str) -> None:
        super().__init__(f"audit {row_id}")
        self.row_id = row_id

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield Document(id="page")

    async def load(self) -> None:
        """The row."""
        detail = await self.client.audit_row(self.row_id)
        self.query_one(Document).show(lambda width: audit_lines(detail, width, self.now(), self.glyphs))
        self.show_status(detail.row.what)
