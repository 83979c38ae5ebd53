"""A block of a run as lines: a bar in the colour of its kind, a title with figures, a wrapped body. Pure."""

import json
from collections.abc import Iterator
from typing import Final

from agents.service.wire import EventView
from tui.glyphs import Glyphs
from tui.lines.blocks import Block
from tui.lines.cells import wrap
from tui.lines.line import Line, Span, spread

TEXT_WIDTH: Final = 96
"""Longer lines are hard to read; the pane may be wider."""
BARS: Final = {
    "user": "accent", "reasoning": "think", "text": "text", "call": "tool", "result": "tool", "retry": "warn",
    "error": "bad", "child": "accent", "waiting": "warn", "decision": "good", "feedback": "good", "answer": "good",
    "live": "think",
}  # fmt: skip
TITLES: Final = {**{kind: f"{role}.bold" for kind, role in BARS.items()}, "text": "text.bold", "result": "tool"}


def block_lines(block: Block, width: int, glyphs: Glyphs, *, raw: str | None = None) -> list[Line]:
    """The block in `width` cells; with `raw` that text stands for the body, and nothing is folded."""
    bar: Span = (glyphs.bar + " ", BARS.get(block.kind, "muted"))
    body = block.body if raw is None else raw
    folded = block.folded and raw is None
    sign = f"{glyphs.folded if folded else glyphs.open} " if body else ("" if width < 30 else "  ")
    rows = body.count("\n") + 1
    hidden = f"  {rows} line{'s' if rows > 1 else ''}, z opens" if folded and body else ""
    mark = "error" if block.kind in {"error", "waiting"} else "block"
    head = spread(
        [bar, (sign, "muted"), (block.title, TITLES.get(block.kind, "muted")), (hidden, "muted")],
        [(block.figures + " ", "muted")] if block.figures and width >= 50 else [],
        width,
    )
    lines = [Line(head, block.target, mark).clipped(width)]
    if body and not folded:
        role = block.role if raw is None else "muted"
        inner = max(min(width - 4, TEXT_WIDTH), 1)
        lines += [
            Line((bar, ("  ", "text"), (text, role)), block.target).clipped(width) for text in wrap(body, inner)
        ]
    return lines


def raw_facts(block: Block, facts: dict[int, EventView]) -> str:
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
