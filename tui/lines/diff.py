"""A word diff as lines: wrapped or cut, unified or side by side, unchanged stretches shortened. Pure.

Changes are told by a sign as well as a colour.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from agents.service.wire import DiffLineView
from tui.lines.cells import clean, width_of, wrap
from tui.lines.figures import of
from tui.lines.line import Line, Span

CONTEXT: Final = 2
"""Unchanged lines kept around a change."""
NARROW: Final = 60
"""Cells below which two texts do not fit beside each other."""
BETWEEN: Final = " | "


@dataclass(frozen=True)
class Look:
    """How a diff is laid out: both texts beside each other or as one; long lines wrapped or cut."""

    split: bool = False
    wrap: bool = True


AS_ONE: Final = Look()


def diff_lines(diff: Sequence[DiffLineView], width: int, look: Look = AS_ONE) -> list[Line]:
    """The diff in `width` cells. `+`: only in the new version, `-`: only in the old, `~`: words changed within."""
    changed = [any(kind != "same" for kind, _ in line.runs) for line in diff]
    if not any(changed):
        return [Line((("  The two versions read the same.", "muted"),)).clipped(width)]
    lines: list[Line] = []
    hidden = 0
    for index, one in enumerate(diff):
        if not any(changed[max(index - CONTEXT, 0) : index + CONTEXT + 1]):
            hidden += 1
            continue
        lines += _gap(hidden, width)
        hidden = 0
        first = changed[index] and (index == 0 or not changed[index - 1])
        rows = _beside(one, width, look) if look.split and width >= NARROW else _unified(one, width, look)
        lines += [
            Line(spans, mark="hunk" if first and not at else "").clipped(width) for at, spans in enumerate(rows)
        ]
    return lines + _gap(hidden, width)


def _gap(hidden: int, width: int) -> list[Line]:
    if not hidden:
        return []
    return [Line(((f"  ... {of(hidden, 'line')} the same ...", "muted"),)).clipped(width)]


def _unified(one: DiffLineView, width: int, look: Look) -> Iterator[tuple[Span, ...]]:
    sign, role = _sign(one)
    runs = _bracketed(one) if sign == "~" else one.runs
    for spans in _flow(runs, max(width - 3, 1), look):
        yield (f"{sign} ", role), *spans


def _beside(one: DiffLineView, width: int, look: Look) -> Iterator[tuple[Span, ...]]:
    """The old text on the left, the new one on the right; what has no counterpart stands alone."""
    sign, role = _sign(one)
    half = (width - len(BETWEEN)) // 2
    texts = [[(kind, text) for kind, text in one.runs if kind != other] for other in ("added", "removed")]
    signs = [sign if sign != "+" else " ", sign if sign != "-" else " "]
    flows = [_flow(runs, max(half - 3, 1), look) if any(text for _, text in runs) else [] for runs in texts]
    for both in zip_longest(*flows, fillvalue=()):
        yield (
            (f"{signs[0]} ", role), *_padded(both[0], half - 2), (BETWEEN, "muted"), (f"{signs[1]} ", role), *both[1]
        )  # fmt: skip


def _padded(spans: Sequence[Span], width: int) -> list[Span]:
    return [*spans, (" " * max(width - sum(width_of(text) for text, _ in spans), 0), "text")]


def _flow(runs: Sequence[tuple[str, str]], width: int, look: Look) -> list[tuple[Span, ...]]:
    """The words of a line in rows of at most `width` cells; without wrapping one row, cut."""
    if not look.wrap:
        whole = tuple((text, {"same": "text"}.get(kind, kind)) for kind, text in runs)
        return [Line(whole).clipped(width).spans]
    rows: list[tuple[Span, ...]] = []
    spans: list[Span] = []
    room = width
    for text, kind in _words(runs, width):
        if width_of(text) > room and spans:
            rows.append(tuple(spans))
            spans, room = [], width
            text = text.lstrip(" ") if kind == "same" else text
        spans.append((text, {"same": "text"}.get(kind, kind)))
        room -= width_of(text)
    return [*rows, tuple(spans)]


def _sign(one: DiffLineView) -> Span:
    kinds = {kind for kind, text in one.runs if text}
    if kinds <= {"same"}:
        return " ", "muted"
    whole = {"added": ("+", "good.bold"), "removed": ("-", "bad.bold")}
    return whole[kinds.pop()] if len(kinds) == 1 else ("~", "warn.bold")


def _bracketed(one: DiffLineView) -> list[tuple[str, str]]:
    """Changed words in the brackets of wdiff, so that they are told apart without colours."""
    signs = {"removed": "[-{}-]", "added": "{{+{}+}}"}
    return [(kind, signs[kind].format(text) if kind in signs and text else text) for kind, text in one.runs]


def _words(runs: Sequence[tuple[str, str]], width: int) -> Iterator[tuple[str, str]]:
    """(word with its leading space, kind); a word longer than the pane comes in pieces."""
    for kind, text in runs:
        start = 0
        while start < len(text):
            at = start
            while at < len(text) and text[at] == " ":
                at += 1
            while at < len(text) and text[at] != " ":
                at += 1
            word = clean(text[start:at])
            for piece in [word] if width_of(word) <= width else wrap(word, width):
                yield piece, kind
            start = at
