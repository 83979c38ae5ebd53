"""A run's blocks in order: fold, raw view, search, next error, follow. Lines are made block by block, when needed."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from agents.service.wire import DeltaView, EventView
from tui.glyphs import Glyphs
from tui.lines.blocks import Block, Fold
from tui.lines.line import Line
from tui.lines.transcript import blank, block_lines, raw_facts
from tui.widgets.line_view import LineView

PAINT: Final = 0.1
"""Seconds over which pieces of a reply are gathered before they are drawn."""
WHOLE: Final = frozenset({"model_replied", "model_failed", "run_finished", "run_failed", "run_cancelled"})
"""Facts that stand in the place of what was shown while it was being written."""


class Transcript(LineView):
    """The story of one run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "block(1)", "Next block", show=False),
        Binding("shift+tab", "block(-1)", "Block before", show=False),
        Binding("enter", "open", "Open the run it was handed to", show=False),
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
        self._painting = False

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
        if any(fact.kind in WHOLE for fact in fresh):
            self._live = None
        if fresh:
            self._show_changes()
        return len(fresh)

    def tell_children(self, children: dict[str, tuple[str, str]]) -> None:
        """How the runs ended that work was handed to: by id, (figures, answer)."""
        self.fold.tell_children(children)
        self._show_changes()

    def add_delta(self, delta: DeltaView) -> None:
        """A piece of a reply that is being written; it is replaced by the fact when that arrives."""
        if not self.fold.blocks:
            return
        if self._live is None:
            self._live = Block("live", "writing ...", self.fold.blocks[-1].at, role="reasoning")
        self._live.body += delta.text
        if not self._painting:
            self._painting = True
            self.set_timer(PAINT, self._show_changes)

    def _show_changes(self) -> None:
        self._painting = False
        first = min(self.fold.changed_from, len(self.fold.blocks), len(self._starts))
        row = self._starts[first] if first < len(self._starts) else self._total
        self._lay_out_from(first)
        self.rows_changed(row)
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
        self._lay_out_from(0)

    def _lay_out_from(self, first: int) -> None:
        """Lines of the blocks from `first` on: a fact at the end of a long run costs its own lines alone."""
        self._total = self._starts[first] if first < len(self._starts) else self._total
        del self._lines[first:], self._starts[first:]
        for block in self._blocks()[first:]:
            lines = self._lines_of(block)
            self._lines.append(lines)
            self._starts.append(self._total)
            self._total += len(lines)
        self.fold.changed_from = len(self.fold.blocks)

    def _lines_of(self, block: Block) -> list[Line]:
        raw = raw_facts(block, self.fold.facts) if self.raw else None
        return [*block_lines(block, self.columns, self._glyphs, raw=raw or None), *blank(self.columns)]

    def _lay_out_one(self, at: int) -> None:
        """Lines of one block that was folded or opened; those after it only move."""
        lines = self._lines_of(self._blocks()[at])
        moved = len(lines) - len(self._lines[at])
        self._lines[at] = lines
        self._starts[at + 1 :] = [start + moved for start in self._starts[at + 1 :]]
        self._total += moved

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
            self._go_to_block(min(at, len(self._starts) - 1))

    def _go_to_block(self, at: int) -> None:
        self.move_to(self._starts[at])
        self.scroll_to_top_of(self._starts[at])

    # --- keys ----------------------------------------------------------------------------------

    def action_fold(self) -> None:
        """Fold the block, or open it."""
        if self.block is not None:
            at = self._block_of(self.cursor)
            self.block.folded = not self.block.folded
            self._lay_out_one(at)
            self.rows_changed(self._starts[at])
            self._go_to_block(at)

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
