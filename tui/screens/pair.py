"""Two transcripts beside each other (one above the other where it is narrow): they scroll together, block by block.

On top stands what tells them apart; enter on a finding shows the words it is made of, on both sides.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from tui.answers import ServiceError
from tui.lines.cells import one_line
from tui.lines.line import Line
from tui.lines.pair import Beside, Finding, counterparts, finding_row, findings, pair_head, side_head
from tui.screens.room import Room
from tui.widgets.head_row import HeadRow
from tui.widgets.line_view import LineView
from tui.widgets.table import Table
from tui.widgets.transcript import Transcript

SIDES = ("pair-left", "pair-right")


class PairScreen(Room):
    """One pair of runs out of several; `]` and `[` go on without leaving."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "finding(1)", "Next finding", show=True),
        Binding("V", "finding(-1)", "Finding before", show=False),
        Binding("right_square_bracket", "beside(1)", "Next pair", key_display="]", show=True),
        Binding("left_square_bracket", "beside(-1)", "Pair before", key_display="[", show=False),
        Binding("o", "whole", "Open this run", show=True),
        Binding("s", "together", "Scroll apart", show=True),
    ]
    AUTO_FOCUS = "#pair-left"

    def __init__(
        self, pairs: Sequence[Beside], at: int = 0, *, read: Callable[[int], None] = lambda at: None
    ) -> None:
        """Show `pairs[at]`; `read` is told of each one that was on the screen."""
        super().__init__(pairs[at].title)
        self._pairs, self._at, self._read = pairs, at, read
        self._found: list[Finding] = []
        self._there: tuple[list[int], list[int]] = ([], [])
        self._together = True
        self._placing = False
        self._placed: dict[str | None, int] = {}

    def body(self) -> Iterable[Widget]:
        """What is compared, the findings, the two transcripts under their names."""
        yield HeadRow(lambda width: Line(), id="pair-head")
        yield Table(id="findings")
        yield Container(*(self._pane(side) for side in SIDES), id="pair")

    def _pane(self, side: str) -> Widget:
        head = HeadRow(lambda width: Line(), id=f"{side}-head")
        return Vertical(head, Transcript(self.glyphs, id=side), id=f"{side}-pane")

    @property
    def pair(self) -> Beside:
        """What is compared."""
        return self._pairs[self._at]

    def transcript(self, side: str) -> Transcript:
        """One of the two."""
        return self.query_one(f"#{side}", Transcript)

    def on_mount(self) -> None:
        """One side leads the other where it is scrolled without its cursor, by the wheel."""
        for side in SIDES:
            view = self.transcript(side)
            self.watch(view, "scroll_y", partial(self._scrolled, view), init=False)

    # --- asking --------------------------------------------------------------------------------

    async def load(self) -> None:
        """Both runs, whole."""
        pair = self.pair
        for side, run in zip(SIDES, pair.runs, strict=True):
            view = self.transcript(side)
            view.clear("No transcript was kept of this run." if run is None else "Loading ...")
            if run is not None:
                await self._load_side(view, run)
        left, right = (self.transcript(side).fold for side in SIDES)
        self._there = counterparts(left.blocks, right.blocks)
        self._found = findings(left, right, pair.expected, pair.called)
        self._show()
        self._read(self._at)

    async def _load_side(self, view: Transcript, run: str) -> None:
        try:
            facts = await self.client.events(run)
        except ServiceError as error:
            if error.status != 404:
                raise
            view.clear(f"{run} is not on record any more. Its answer is in the head line.")
        else:
            view.add(facts)
            view.empty = "This run has no events yet."

    def _show(self) -> None:
        pair, place = self.pair, f"{self._at + 1} of {len(self._pairs)}" if len(self._pairs) > 1 else ""
        self.room_title = pair.title
        self.query_one("#pair-head", HeadRow).draw(partial(pair_head, pair, place))
        table = self.query_one("#findings", Table)
        table.show([(one, partial(self._row, one)) for one in self._found], "Nothing tells the two apart.")
        table.styles.height = max(min(len(self._found), self.size.height // 5), 1)
        self._draw_heads()
        self.show_status()

    def _row(self, finding: Finding, width: int) -> Line:
        return finding_row(finding, width, self.glyphs)

    def _draw_heads(self) -> None:
        for at, side in enumerate(SIDES):
            self.query_one(f"#{side}-head", HeadRow).draw(partial(self._side_head, at))

    def _side_head(self, at: int, width: int) -> Line:
        pair = self.pair
        focused = self.focused is self.transcript(SIDES[at])
        head = side_head(pair.names[at], pair.answers[at], pair.expected, focused, width, self.glyphs)
        if pair.runs[at] is None and pair.answers[at] is not None:
            return Line((*head.spans, (f"  {one_line(str(pair.answers[at]))}", "text"))).clipped(width)
        return head

    def on_resize(self) -> None:
        """Room for the findings depends on the height."""
        if self._found:
            self._show()

    def on_descendant_focus(self) -> None:
        """The head says which side the keys mean."""
        if self.is_there and self._found:
            self._draw_heads()

    # --- scrolling together --------------------------------------------------------------------

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """The other side comes along, unless we put the cursor there ourselves."""
        if isinstance(event.view, Transcript) and self._placed.pop(event.view.id, None) != event.index:
            self._lead(event.view)

    def _scrolled(self, view: Transcript) -> None:
        if not self._placing and self.is_there:
            self._lead(view)

    def _lead(self, view: Transcript) -> None:
        """Put the block that stands for the one looked at on the same height beside it."""
        at = SIDES.index(str(view.id))
        there = self._there[at]
        if self._together and there and (view.has_focus or view.mouse_hover):
            block, height = view.looked_at()
            other = self.transcript(SIDES[1 - at])
            self._place(other, partial(other.bring, there[min(block, len(there) - 1)], height))

    def _place(self, view: Transcript, move: Callable[[], None]) -> None:
        """Move a side without its leading the other one."""
        self._placing, before = True, view.cursor
        try:
            move()
        finally:
            self._placing = False
        if view.cursor != before:
            self._placed[view.id] = view.cursor

    def action_together(self) -> None:
        """Each for itself, or both as one."""
        self._together = not self._together
        self.notify("The two scroll together." if self._together else "Each scrolls for itself.")

    # --- keys ----------------------------------------------------------------------------------

    def opened(self, event: LineView.Opened) -> None:
        """Enter on a finding shows its words; on a block that stands for another run, that run."""
        if event.view.id == "findings":
            self._cite(event.index)
        else:
            super().opened(event)

    def action_finding(self, step: int) -> None:
        """To the words of the next finding, or of the one before."""
        table = self.query_one("#findings", Table)
        if self._found:
            fresh = not any(self.transcript(side).term for side in SIDES)
            at = (table.cursor + (0 if fresh and step > 0 else step)) % len(self._found)
            table.move_to(at)
            self._cite(at)

    def _cite(self, at: int) -> None:
        """Each side shows its own words; where it says nothing about it, it stays."""
        finding = self._found[at]
        for side, cited in zip(SIDES, (finding.left, finding.right), strict=True):
            view = self.transcript(side)
            if cited is None:
                view.mark("")
            else:
                self._place(view, partial(view.cite, cited.term, cited.seq))
        self.show_status(f"finding {at + 1}/{len(self._found)}")

    def undo_search(self) -> bool:
        """`esc` takes the marks of a finding off before it leaves."""
        marked = [view for view in map(self.transcript, SIDES) if view.term]
        for view in marked:
            view.mark("")
        if marked:
            self.show_status("")
        return bool(marked)

    def action_beside(self, step: int) -> None:
        """The next pair, or the one before."""
        if not 0 <= self._at + step < len(self._pairs):
            self.notify("There is no pair on that side.")
            return
        self._at += step
        self._found, self._there = [], ([], [])
        self.ask()

    def action_whole(self) -> None:
        """The run of the side that has the focus, on a page of its own."""
        side = 1 if self.focused is self.transcript(SIDES[1]) else 0
        run = self.pair.runs[side]
        if run is None:
            self.notify("No transcript was kept of this run.", severity="warning")
        else:
            self.desk.open_target(("run", run))

    def copied(self) -> str | None:
        """The id of the run that has the focus."""
        return super().copied() or self.pair.runs[1 if self.focused is self.transcript(SIDES[1]) else 0]
