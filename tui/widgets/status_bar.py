"""The line on top: environment and rights, where one is, and whether what is shown is still true."""

from collections.abc import Callable
from datetime import datetime

from agents.service.wire import AboutView
from tui.client import Link
from tui.glyphs import Glyphs
from tui.lines.cells import one_line
from tui.lines.figures import age
from tui.lines.line import Line, Span, spread
from tui.widgets.line_view import LineView


def status_line(
    about: AboutView | None, link: Link | None, last: datetime | None, now: datetime, title: str, extra: str,
    width: int, glyphs: Glyphs, *, read_only: bool,
) -> Line:  # fmt: skip
    """The line in `width` cells. The connection's word and the badge are kept whatever the title takes."""
    badge: Span = (" READ ONLY ", "badge.read") if read_only else (" READ WRITE ", "badge.write")
    where = one_line(about.environment) if about else "..."
    left: list[Span] = [badge, (f" {where} ", "text.bold"), (f"{glyphs.dot} {title} ", "text")]
    if extra:
        left.append((f"{glyphs.dot} {extra} ", "accent"))
    return Line(spread(left, _link_spans(link, last, now, glyphs, width), width)).clipped(width)


def _link_spans(link: Link | None, last: datetime | None, now: datetime, glyphs: Glyphs, width: int) -> list[Span]:
    if link is None:
        return [(f"{glyphs.lost} connecting ", "warn")]
    if link.state == "refused":
        return [(f"{glyphs.bad} refused: {one_line(link.why)} ", "bad.bold")]
    if link.state == "lost":
        return [(f"{glyphs.lost} reconnecting, try {link.attempt} ", "bad.bold")]
    told = f"last event {age(last, now)}" if last else "no event yet"
    return [(f"{glyphs.live} live ", "good"), (f"{told} " if width >= 60 else "", "muted")]


class StatusBar(LineView, can_focus=False):
    """One line at the head of a screen. It is told the state; it asks nobody."""

    def __init__(self, clock: Callable[[], datetime], glyphs: Glyphs) -> None:
        super().__init__(show_cursor=False)
        self._clock, self._glyphs = clock, glyphs
        self.about: AboutView | None = None
        self.link: Link | None = None
        self.last: datetime | None = None
        self.title_text = ""
        self.extra = ""
        self.read_only = False

    def row_count(self) -> int:
        """One."""
        return 1

    def row_at(self, index: int) -> Line:
        """The line."""
        return status_line(
            self.about, self.link, self.last, self._clock(), self.title_text, self.extra, self.columns, self._glyphs,
            read_only=self.read_only,
        )  # fmt: skip
