"""A line: spans of (text, role), and what opens when one presses enter on it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tui.lines.cells import clean, clip, width_of

Span = tuple[str, str]
"""A piece of text and its role: a name that the theme knows, such as `error` or `muted`."""
Target = tuple[str, str]
"""What a line stands for: (`run` | `proposal` | `bundle` …, its id); `runs` with a filter."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row on the screen."""

    spans: tuple[Span, ...] = ()
    target: Target | None = None
    mark: str = ""
    """Names what a jump key looks for: `error`, `section`."""

    @property
    def text(self) -> str:
        """The plain text."""
        return "".join(text for text, _ in self.spans)

    @property
    def width(self) -> int:
        """Cells it takes."""
        return sum(width_of(text) for text, _ in self.spans)

    def clipped(self, width: int) -> "Line":
        """The line in at most `width` cells, and safe for a terminal: every line that is shown went through here."""
        spans = tuple((clean(text), role) for text, role in self.spans)
        if sum(width_of(text) for text, _ in spans) <= width:
            return self if spans == self.spans else replace(self, spans=spans)
        kept: list[Span] = []
        room = width
        for text, role in spans:
            if width_of(text) >= room:
                kept.append((clip(text, room), role))
                break
            kept.append((text, role))
            room -= width_of(text)
        return replace(self, spans=tuple(kept))

    def highlighted(self, term: str, role: str) -> "Line":
        """The line with each occurrence of `term` (case does not matter) in `role`."""
        hits = find_all(self.text, term)
        return replace(self, spans=tuple(_recoloured(self.spans, hits, role))) if hits else self


def line(*spans: Span | str, target: Target | None = None, mark: str = "") -> Line:
    """A line of spans; a bare text has the role `text`."""
    return Line(tuple((one, "text") if isinstance(one, str) else one for one in spans), target, mark)


def spread(left: Iterable[Span], right: Iterable[Span], width: int) -> tuple[Span, ...]:
    """Spans at both ends of `width` cells; the left ones are clipped when there is no room for both."""
    right = tuple(right)
    taken = sum(width_of(text) for text, _ in right)
    if taken + 8 > width:
        return Line(tuple(left)).clipped(width).spans
    kept = Line(tuple(left)).clipped(width - taken - 1)
    return (*kept.spans, (" " * (width - taken - kept.width), "text"), *right)


def find_all(text: str, term: str) -> list[tuple[int, int]]:
    """(start, end) of each occurrence of `term` in `text`, case folded; never overlapping."""
    if not term:
        return []
    low, wanted = text.lower(), term.lower()
    if len(low) != len(text):  # a few letters grow when lowered; then search as it is
        low, wanted = text, term
    found, at = [], low.find(wanted)
    while at >= 0:
        found.append((at, at + len(wanted)))
        at = low.find(wanted, at + len(wanted))
    return found


def _recoloured(spans: Iterable[Span], hits: list[tuple[int, int]], role: str) -> Iterable[Span]:
    offset = 0
    for text, old in spans:
        at = 0
        for start, end in hits:
            a, b = max(start - offset, at), min(end - offset, len(text))
            if a >= b:
                continue
            if a > at:
                yield text[at:a], old
            yield text[a:b], role
            at = b
        if at < len(text):
            yield text[at:], old
        offset += len(text)
