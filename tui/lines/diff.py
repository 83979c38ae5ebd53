"""A word diff as lines: wrapped, unchanged stretches shortened, changes told by a sign as well as a colour. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from agents.service.wire import DiffLineView
from tui.lines.cells import clean, width_of, wrap
from tui.lines.line import Line, Span

CONTEXT: Final = 2
"""Unchanged lines kept around a change."""


def diff_lines(diff: Sequence[DiffLineView], width: int) -> list[Line]:
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
        lines += _wrapped(one, width, first=changed[index] and (index == 0 or not changed[index - 1]))
    return lines + _gap(hidden, width)


def _gap(hidden: int, width: int) -> list[Line]:
    if not hidden:
        return []
    return [Line(((f"  ... {hidden} line{'s' if hidden > 1 else ''} the same ...", "muted"),)).clipped(width)]


def _wrapped(one: DiffLineView, width: int, *, first: bool) -> Iterator[Line]:
    sign, role = _sign(one)
    runs = _bracketed(one) if sign == "~" else one.runs
    inner = max(width - 3, 1)
    spans: list[Span] = []
    room = inner
    mark = "hunk" if first else ""
    for text, kind in _words(runs, inner):
        if width_of(text) > room and spans:
            yield Line(((f"{sign} ", role), *spans), mark=mark).clipped(width)
            spans, room, mark = [], inner, ""
            text = text.lstrip(" ") if kind == "same" else text
        spans.append((text, {"same": "text"}.get(kind, kind)))
        room -= width_of(text)
    yield Line(((f"{sign} ", role), *spans), mark=mark).clipped(width)


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
