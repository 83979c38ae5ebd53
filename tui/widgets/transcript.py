"""A run's blocks in order: fold, raw view, search, next error, follow. Lines are made block by block, when needed."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from agents.service.wire import DeltaView, EventView
from tui.glyphs import Glyphs
from tui.lines.blocks import Block, Fold
from tui.lines.line import Line, find_all
from tui.lines.transcript import ERRORS, BlockRows, blank, block_height, raw_facts
from tui.widgets.line_view import LineView

PAINT: Final = 0.1
"""Seconds over which pieces of a reply are gathered before they are drawn."""
MADE: Final = 400
"""Blocks whose rows are held; more than a screen shows, less than memory would notice."""
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
        self._made: dict[int, BlockRows] = {}
        self._starts = array("q")
        self._total = 0
        self._live: Block | None = None
        self._painting = False

    def on_unmount(self) -> None:
        """Let the run go at once: a finished request's timer may hold the screen for a minute more."""
        self.fold, self._made, self._starts, self._total = Fold(), {}, array("q"), 0

    # --- content -------------------------------------------------------------------------------

    def clear(self, empty: str = "Loading ...") -> None:
        """Show nothing, until facts come."""
        self.fold, self._live, self.empty = Fold(), None, empty
        self._made, self._starts, self._total = {}, array("q"), 0
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
        return self._block_at(self._place_of(self.cursor)) if self._starts else None

    def _block_at(self, at: int) -> Block:
        blocks = self.fold.blocks
        return blocks[at] if at < len(blocks) or self._live is None else self._live

    def _count(self) -> int:
        return len(self.fold.blocks) + (self._live is not None)

    # --- rows ----------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Heights of all blocks for the present width; rows are made when they are seen."""
        self._lay_out_from(0)

    def _lay_out_from(self, first: int) -> None:
        """Heights of the blocks from `first` on: a fact at the end of a long run costs its own lines alone."""
        self._total = self._starts[first] if first < len(self._starts) else self._total
        del self._starts[first:]
        for at in [at for at in self._made if at >= first]:
            del self._made[at]
        width, space = self.columns, len(list(blank(self.columns)))
        for at in range(first, self._count()):
            block = self._block_at(at)
            self._starts.append(self._total)
            self._total += block_height(block, width, raw=self._raw_of(block)) + space
        self.fold.changed_from = len(self.fold.blocks)

    def _raw_of(self, block: Block) -> str | None:
        return (raw_facts(block, self.fold.facts) or None) if self.raw else None

    def _rows_of(self, at: int) -> BlockRows:
        rows = self._made.get(at)
        if rows is None:
            if len(self._made) >= MADE:
                self._made.clear()
            block = self._block_at(at)
            rows = self._made[at] = BlockRows(block, self.columns, self._glyphs, raw=self._raw_of(block))
        return rows

    def _lay_out_one(self, at: int) -> None:
        """Height of one block that was folded or opened; those after it only move."""
        self._made.pop(at, None)
        end = self._starts[at + 1] if at + 1 < len(self._starts) else self._total
        moved = len(self._rows_of(at)) + len(list(blank(self.columns))) - (end - self._starts[at])
        self._starts[at + 1 :] = array("q", (start + moved for start in self._starts[at + 1 :]))
        self._total += moved

    def row_count(self) -> int:
        """Lines of all blocks."""
        return self._total

    def row_at(self, index: int) -> Line:
        """One line."""
        at = self._place_of(index)
        rows, row = self._rows_of(at), index - self._starts[at]
        return rows[row] if row < len(rows) else Line()

    def _place_of(self, index: int) -> int:
        return max(bisect_right(self._starts, index) - 1, 0)

    def _keeping_block(self) -> None:
        """Lay out again with the cursor on the head of the block it was in."""
        at = self._place_of(self.cursor)
        self.lay_out()
        self.rows_changed()
        if self._starts:
            self._go_to_block(min(at, len(self._starts) - 1))

    def _go_to_block(self, at: int) -> None:
        self.move_to(self._starts[at])
        self.scroll_to_top_of(self._starts[at])

    def show_fact(self, seq: int) -> None:
        """Put the cursor on the block that tells of this fact, or else on the first one after it."""
        blocks = self.fold.blocks
        found = [at for at, block in enumerate(blocks) if block.seqs and (seq in block.seqs or block.seqs[0] > seq)]
        if found:
            self._go_to_block(found[0])

    def cite(self, term: str, seq: int) -> None:
        """Mark these words wherever they are said, and go to where the fact says them, else to the fact."""
        self.mark(term)
        first = next(
            (start for start, one in zip(self._starts, self.fold.blocks, strict=False) if seq in one.seqs), 0
        )
        if self.hits:
            hit = next((hit for hit in self.hits if hit >= first), self.hits[-1])
            self.move_to(hit)
            self.scroll_to_top_of(hit)
        else:
            self.show_fact(seq)

    # --- beside another ------------------------------------------------------------------------

    def looked_at(self) -> tuple[int, int]:
        """(the block under the cursor, or the first in sight where that is not; the screen's row of its head)."""
        top = round(self.scroll_y)
        in_sight = top <= self.cursor < top + self.scrollable_content_region.height
        at = self._place_of(self.cursor if in_sight else top)
        return at, (self._starts[at] if self._starts else 0) - top

    def bring(self, at: int, row: int) -> None:
        """Show a block with its head on that row of the screen, as far as there is room, and put the cursor on it."""
        if at < len(self._starts):
            start = self._starts[at]
            end = self._starts[at + 1] if at + 1 < len(self._starts) else self._total
            self.move_to(start)
            self.scroll_to(y=max(start - max(row, start - end + 1), 0), animate=False, immediate=True)

    def find_rows(self, term: str) -> list[int]:
        """Rows with the term; only blocks that have it at all are laid out."""
        found: list[int] = []
        for at, start in enumerate(self._starts):
            block = self._block_at(at)
            text = f"{block.title} {block.figures} {self._raw_of(block) or block.body}"
            if find_all(text, term):
                rows = self._rows_of(at)
                found += [start + row for row in range(len(rows)) if find_all(rows[row].text, term)]
        return found

    def _next_block(self, wanted: Callable[[Block], bool], step: int) -> bool:
        """To the next (or, with -1, the one before) block that is wanted, round the end; False when there is none."""
        total, here = len(self._starts), self._place_of(self.cursor)
        for away in range(1, total + 1):
            at = (here + step * away) % total
            if wanted(self._block_at(at)):
                self._go_to_block(at)
                return True
        return False

    # --- keys ----------------------------------------------------------------------------------

    def action_fold(self) -> None:
        """Fold the block, or open it."""
        if self.block is not None:
            at = self._place_of(self.cursor)
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
        if not self._next_block(lambda block: block.kind in ERRORS, 1):
            self.notify("No error in this run.")

    def action_block(self, step: int) -> None:
        """To the next block's head, or the one before."""
        self._next_block(lambda block: True, step)

    def action_follow(self) -> None:
        """Stay at the end while the run goes on, or stop doing so."""
        self.follow = not self.follow
        if self.follow:
            self.action_edge(1)
        self.notify("Following the end." if self.follow else "No longer following.")
