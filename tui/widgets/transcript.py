"""A run's blocks in order: fold, raw view, search, next error, follow. Lines are made block by block, when needed."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType

from agents.service.wire import DeltaView, EventView
from tui.glyphs import Glyphs
from tui.lines.blocks import Block, Fold
from tui.lines.line import Line
from tui.lines.transcript import blank, block_lines, raw_facts
from tui.widgets.line_view import LineView


class Transcript(LineView):
    """The story of one run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "block(1)", "Next block", show=False),
        Binding("shift+tab", "block(-1)", "Block before", show=False),
        Binding("z", "fold", "Fold", show=True),
        Binding("Z", "fold_all", "Fold all", show=False),
        Binding("r", "raw", "Raw JSON", show=True),
        Binding("e", "error", "Next error", show=True),
        Binding("f", "follow", "Follow", show=False),
    ]

    def __init__(self, glyphs: Glyphs, *, id: str | None = None, empty: str = "Loading ...") -> None:
        super().__init__(id=id, empty=empty)
        self._glyphs = glyphs
        self.fold = Fold()
        self.raw = False
        self.follow = False
        self._lines: list[list[Line]] = []
        self._starts: list[int] = []
        self._total = 0
        self._live: Block | None = None

    # --- content -------------------------------------------------------------------------------

    def clear(self, empty: str = "Loading ...") -> None:
        """Show nothing, until facts come."""
        self.fold, self._live, self.empty = Fold(), None, empty
        self._lines, self._starts, self._total = [], [], 0
        self.cursor = 0
        self.scroll_to(y=0, animate=False, immediate=True)
        self.rows_changed()

    def add(self, facts: Iterable[EventView]) -> int:
        """Take in facts; known ones are left out. Gives how many were new."""
        fresh = [fact for fact in facts if self.fold.add(fact)]
        if fresh:
            if any(fact.kind in {"model_replied", "model_failed", "run_finished", "run_failed"} for fact in fresh):
                self._live = None
            self.lay_out()
            self.rows_changed()
            if self.follow:
                self.action_edge(1)
        return len(fresh)

    def add_delta(self, delta: DeltaView) -> None:
        """A piece of a reply that is being written; it is replaced by the fact when that arrives."""
        if self._live is None:
            at = self.fold.blocks[-1].at if self.fold.blocks else None
            if at is None:
                return
            self._live = Block("live", "writing ...", at, role="reasoning")
        self._live.body += delta.text
        self.lay_out()
        self.rows_changed(self._starts[-1] if self._starts else 0)
        if self.follow:
            self.action_edge(1)

    @property
    def block(self) -> Block | None:
        """The block under the cursor."""
        blocks = self._blocks()
        return blocks[self._block_of(self.cursor)] if blocks and self._starts else None

    def _blocks(self) -> list[Block]:
        return [*self.fold.blocks, self._live] if self._live else self.fold.blocks

    # --- rows ----------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Lines of all blocks for the present width. Blocks are few and wrapping is cheap; see `wrap`."""
        width = self.columns
        self._lines, self._starts, self._total = [], [], 0
        for block in self._blocks():
            raw = raw_facts(block, self.fold.facts) if self.raw else None
            lines = [*block_lines(block, width, self._glyphs, raw=raw or None), *blank(width)]
            self._lines.append(lines)
            self._starts.append(self._total)
            self._total += len(lines)

    def row_count(self) -> int:
        """Lines of all blocks."""
        return self._total

    def row_at(self, index: int) -> Line:
        """One line."""
        at = self._block_of(index)
        return self._lines[at][index - self._starts[at]]

    def _block_of(self, index: int) -> int:
        return max(bisect_right(self._starts, index) - 1, 0)

    def _keeping_block(self) -> None:
        """Lay out again with the cursor on the head of the block it was in."""
        at = self._block_of(self.cursor)
        self.lay_out()
        self.rows_changed()
        if self._starts:
            head = self._starts[min(at, len(self._starts) - 1)]
            self.move_to(head)
            self.scroll_to_top_of(head)

    # --- keys ----------------------------------------------------------------------------------

    def action_fold(self) -> None:
        """Fold the block, or open it."""
        if self.block is not None:
            self.block.folded = not self.block.folded
            self._keeping_block()

    def action_fold_all(self) -> None:
        """Fold every block, or open all when all are folded."""
        fold = any(not block.folded and block.body for block in self.fold.blocks)
        for block in self.fold.blocks:
            block.folded = fold
        self._keeping_block()

    def action_raw(self) -> None:
        """The facts as JSON, or the story again."""
        self.raw = not self.raw
        self._keeping_block()

    def action_error(self) -> None:
        """To the next error."""
        if not self.jump(lambda row: row.mark == "error"):
            self.notify("No error in this run.")

    def action_block(self, step: int) -> None:
        """To the next block's head, or the one before."""
        self.jump(lambda row: row.mark in {"block", "error"}, step)

    def action_follow(self) -> None:
        """Stay at the end while the run goes on, or stop doing so."""
        self.follow = not self.follow
        if self.follow:
            self.action_edge(1)
        self.notify("Following the end." if self.follow else "No longer following.")
