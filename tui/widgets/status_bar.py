"""The line on top: environment and rights, where one is, and whether what is shown is still true."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.geometry import Region

from agents.service.wire import AboutView
from tui.client import WAITING_SHOWN, Link
from tui.glyphs import Glyphs
from tui.lines.cells import one_line
from tui.lines.figures import age
from tui.lines.line import Line, Span, spread
from tui.widgets.line_view import LineView

WIDE: Final = 110
"""Columns from which on the line says in words what it else says in figures."""


@dataclass(frozen=True)
class Standing:
    """All that the line says. `last` is the newest fact's time, `waiting` what waits for a person,
    `role` what the service says this person is.
    """

    about: AboutView | None = None
    link: Link | None = None
    last: datetime | None = None
    title: str = ""
    extra: str = ""
    read_only: bool = True
    role: str = ""
    waiting: int = 0
    waiting_since: datetime | None = None


def waiting_count(found: int) -> str:
    """How many wait for a person, where so many were found: `200+` where they are all that is asked for at once."""
    return f"{found}+" if found >= WAITING_SHOWN else str(found)


def status_line(standing: Standing, now: datetime, width: int, glyphs: Glyphs) -> Line:
    """The line in `width` cells. The connection's word and the badge are kept whatever the title takes."""
    rights = standing.role.upper() or "READ WRITE"
    badge: Span = (" READ ONLY ", "badge.read") if standing.read_only else (f" {rights} ", "badge.write")
    where = one_line(standing.about.environment) if standing.about else "..."
    left: list[Span] = [badge, (f" {where} ", "text.bold"), (f"{glyphs.dot} {standing.title} ", "text")]
    if standing.extra:
        left.append((f"{glyphs.dot} {standing.extra} ", "accent"))
    right: list[Span] = []
    if standing.about and standing.about.losses:
        right.append((f"{glyphs.bad} {standing.about.losses} not stored  ", "bad.bold"))
    if standing.waiting:
        since = age(standing.waiting_since, now) if standing.waiting_since else ""
        told = f" to decide, oldest {since}" if since and width >= WIDE else f" to decide {since}".rstrip()
        right.append((f"{glyphs.waiting} {waiting_count(standing.waiting)}{told}  ", "warn.bold"))
    return Line(spread(left, [*right, *_link_spans(standing, now, glyphs, width)], width)).clipped(width)


def _link_spans(standing: Standing, now: datetime, glyphs: Glyphs, width: int) -> list[Span]:
    link, last = standing.link, standing.last
    if link is None:
        return [(f"{glyphs.lost} connecting ", "warn")]
    if link.state == "refused":
        return [(f"{glyphs.bad} refused: {one_line(link.why)} ", "bad.bold")]
    if link.state == "lost":
        return [(f"{glyphs.lost} reconnecting, try {link.attempt} ", "bad.bold")]
    if width < WIDE:
        return [(f"{glyphs.live} live ", "good"), (f"{age(last, now)} " if last else "", "muted")]
    return [(f"{glyphs.live} live ", "good"), (f"last event {age(last, now)} " if last else "no event yet ", "muted")]


class StatusBar(LineView, can_focus=False):
    """One line at the head of a screen. It is told the state; it asks nobody."""

    def __init__(self, clock: Callable[[], datetime], glyphs: Glyphs) -> None:
        super().__init__(show_cursor=False)
        self._clock, self._glyphs = clock, glyphs
        self.standing = Standing()
        self._said = Line()

    def row_count(self) -> int:
        """One."""
        return 1

    def row_at(self, index: int) -> Line:
        """The line."""
        return status_line(self.standing, self._clock(), self.columns, self._glyphs)

    def say(self, standing: Standing) -> None:
        """Show this; the line is drawn again only where it reads differently."""
        self.standing = standing
        line = self.row_at(0)
        if line != self._said:
            region = changed_cells(self._said, line)
            self._said = line
            self.forget(0)
            self.refresh(*([region] if region else []))


def changed_cells(before: Line, after: Line) -> Region | None:
    """Where two lines differ, in cells; None when that cannot be told (another width, wide letters)."""
    old, new = ([(letter, role) for text, role in line.spans for letter in text] for line in (before, after))
    if len(old) != len(new) or len(new) != after.width:
        return None
    differ = [at for at, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    return Region(differ[0], 0, differ[-1] - differ[0] + 1, 1) if differ else None
