"""A block of a run as lines: a bar in the colour of its kind, a title with figures, a wrapped body. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, overload

from agents.service.wire import EventView
from tui.glyphs import Glyphs
from tui.lines.blocks import Block
from tui.lines.cells import wrap, wrapped_height
from tui.lines.figures import of
from tui.lines.line import Line, Span, spread

TEXT_WIDTH: Final = 96
"""Longer lines are hard to read; the pane may be wider."""
BARS: Final = {
    "user": "accent", "reasoning": "think", "text": "text", "call": "tool", "result": "tool", "retry": "warn",
    "error": "bad", "child": "accent", "waiting": "warn", "decision": "good", "feedback": "good", "answer": "good",
    "live": "think",
}  # fmt: skip
ERRORS: Final = frozenset({"error", "waiting"})
"""Kinds of blocks that `e` goes to."""
TITLES: Final = {**{kind: f"{role}.bold" for kind, role in BARS.items()}, "text": "text.bold", "result": "tool"}


class BlockRows(Sequence[Line]):
    """A block's rows, made when they are looked at: its text is wrapped, and nothing else is done for unseen ones."""

    def __init__(self, block: Block, width: int, glyphs: Glyphs, *, raw: str | None = None) -> None:
        """Rows in `width` cells; with `raw` that text stands for the body, and nothing is folded."""
        self._block, self._width, self._glyphs, self._raw = block, width, glyphs, raw
        body = _shown(block, raw)
        self._texts = wrap(body, _inner(width)) if body else []

    def __len__(self) -> int:
        return 1 + len(self._texts)

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            return [self._row(at) for at in range(*index.indices(len(self)))]
        return self._row(range(len(self))[index])

    def _row(self, index: int) -> Line:
        block = self._block
        bar: Span = (self._glyphs.bar + " ", BARS.get(block.kind, "muted"))
        if index:
            role = block.role if self._raw is None else "muted"
            return Line((bar, ("  ", "text"), (self._texts[index - 1], role)), block.target).clipped(self._width)
        return _head(block, bar, self._width, self._glyphs, self._raw)


def _head(block: Block, bar: Span, width: int, glyphs: Glyphs, raw: str | None) -> Line:
    body = block.body if raw is None else raw
    folded = block.folded and raw is None
    sign = f"{glyphs.folded if folded else glyphs.open} " if body else ("" if width < 30 else "  ")
    rows = body.count("\n") + 1
    hidden = f"  {of(rows, 'line')}, z opens" if folded and body else ""
    mark = "error" if block.kind in ERRORS else "block"
    spans = spread(
        [bar, (sign, "muted"), (block.title, TITLES.get(block.kind, "muted")), (hidden, "muted")],
        [(block.figures + " ", "muted")] if block.figures and width >= 50 else [],
        width,
    )
    return Line(spans, block.target, mark).clipped(width)


def block_lines(block: Block, width: int, glyphs: Glyphs, *, raw: str | None = None) -> list[Line]:
    """All rows of a block."""
    return list(BlockRows(block, width, glyphs, raw=raw))


def block_height(block: Block, width: int, *, raw: str | None = None) -> int:
    """How many rows the block has, without making them."""
    body = _shown(block, raw)
    return 1 + (wrapped_height(body, _inner(width)) if body else 0)


def _shown(block: Block, raw: str | None) -> str:
    if raw is not None:
        return raw
    return "" if block.folded else block.body


def _inner(width: int) -> int:
    return max(min(width - 4, TEXT_WIDTH), 1)


def raw_facts(block: Block, facts: Mapping[int, EventView]) -> str:
    """The facts behind a block as JSON, whole."""
    return "\n".join(
        json.dumps(facts[seq].model_dump(mode="json"), indent=2, ensure_ascii=False)
        for seq in block.seqs
        if seq in facts
    )


def blank(width: int) -> Iterator[Line]:
    """The space between two blocks, where there is room for it."""
    if width >= 30:
        yield Line()
