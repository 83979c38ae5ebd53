"""The signs that are not letters, in two sets: one for terminals that speak UTF-8, one in plain ASCII.

Every glyph is one cell wide, is in the common monospace fonts and is never drawn as an emoji (a test measures them).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Glyphs:
    """One set. `status` maps a run's status to its sign; the word is always near."""

    bar: str = "▌"
    cursor: str = "▸"
    rule: str = "─"
    zero: str = "│"
    span: str = "━"
    point: str = "●"
    folded: str = "▸"
    open: str = "▾"
    live: str = "●"
    lost: str = "○"
    child: str = "└"
    dot: str = "·"
    arrow: str = "→"
    good: str = "✓"
    bad: str = "✗"
    running: str = "▸"
    waiting: str = "◆"
    cancelled: str = "■"

    def status(self, status: str) -> str:
        """The sign of a run's status."""
        signs = {"finished": self.good, "failed": self.bad, "running": self.running, "waiting": self.waiting}
        return signs.get(status, self.cancelled)


UNICODE: Final = Glyphs()
ASCII: Final = Glyphs(
    bar="|", cursor=">", rule="-", zero="|", span="=", point="o", folded="+", open="-", live="*", lost="o",
    child="\\", dot=".", arrow=">", good="v", bad="x", running=">", waiting="?", cancelled="#",
)  # fmt: skip


def glyphs_for(encoding: str | None, *, plain: bool = False) -> Glyphs:
    """The set that a terminal of this encoding can show; `plain` asks for ASCII in any case."""
    return UNICODE if not plain and "utf" in (encoding or "").lower() else ASCII
