"""Where the time of a run went: a bar for each model request, tool call, delegation and wait, on its time. Pure.

Bars that stand over one another happened at once. Kept up to date fact by fact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from agents.service.wire import EventView
from tui.glyphs import Glyphs
from tui.lines.cells import fit, one_line
from tui.lines.figures import duration, money, tokens
from tui.lines.line import Line, Span

OPENS: Final = {
    "model_requested": "model", "tool_called": "tool", "run_delegated": "child", "approval_requested": "wait",
    "question_asked": "wait",
}  # fmt: skip
CLOSES: Final = {
    "model_replied": "model", "model_failed": "model", "tool_returned": "tool", "tool_failed": "tool",
    "approval_decided": "wait", "question_answered": "wait",
}  # fmt: skip
ROLES: Final = {"model": "think", "tool": "tool", "child": "accent", "wait": "warn"}
ENDS: Final = frozenset({"run_finished", "run_failed", "run_cancelled"})


@dataclass(slots=True)
class Stretch:
    """A stretch of a run's time. `end` is None while it goes on; `seq` is the fact that began it."""

    kind: str
    name: str
    start: datetime
    seq: int
    end: datetime | None = None
    figures: str = ""
    failed: bool = False


@dataclass
class Waterfall:
    """The stretches of one run, in the order they began."""

    stretches: list[Stretch] = field(default_factory=list)
    first: datetime | None = None
    last: datetime | None = None
    _open: dict[tuple[str, str], Stretch] = field(default_factory=dict)

    def add(self, fact: EventView) -> None:
        """Take in the next fact."""
        self.first = min(self.first or fact.at, fact.at)
        self.last = max(self.last or fact.at, fact.at)
        op = str(fact.op)
        if fact.kind in OPENS:
            kind = OPENS[fact.kind]
            if kind == "model":  # what was handed over has come back, or nothing could be asked
                self._end("child", fact.at)
            stretch = Stretch(kind, _name(kind, fact), fact.at, fact.seq)
            self.stretches.append(stretch)
            self._open[kind, op] = stretch
        elif fact.kind in CLOSES:
            self._close(CLOSES[fact.kind], op, fact)
        elif fact.kind in ENDS:
            self._end("", fact.at)

    def _end(self, kind: str, at: datetime) -> None:
        for key in [key for key in self._open if kind in {"", key[0]}]:
            self._open.pop(key).end = at

    def _close(self, kind: str, op: str, fact: EventView) -> None:
        stretch = self._open.pop((kind, op), None)
        if stretch is None:
            return
        # What is on record may be written together with the next fact: a measured time is nearer to the truth.
        seconds = fact.data.get("seconds")
        timed = isinstance(seconds, int | float) and kind in {"model", "tool"}
        stretch.end = stretch.start + timedelta(seconds=float(seconds)) if timed and seconds else fact.at
        stretch.failed = fact.kind.endswith("_failed") or fact.data.get("outcome") in {"failed", "retry"}
        stretch.figures = _figures(kind, fact.data)


def _name(kind: str, fact: EventView) -> str:
    data = fact.data
    match kind:
        case "model":
            return f"step {fact.step or ''} model".replace("  ", " ")
        case "child":
            return f"{data.get('agent')}"
        case "wait":
            return f"waits: {data.get('tool')}"
        case _:
            return str(data.get("tool"))


def _figures(kind: str, data: dict[str, Any]) -> str:
    if kind != "model":
        return ""
    told = tokens(int(data.get("input_tokens") or 0), int(data.get("output_tokens") or 0))
    return told if data.get("cost") is None else f"{told} {money(data['cost'])}"


def bar(start: float, end: float, room: int, sign: str) -> tuple[str, str]:
    """(cells before, the bar) of a stretch between two shares of the whole, in `room` cells; never nothing."""
    first = min(int(start * room), room - 1) if room > 0 else 0
    length = max(round((end - start) * room), 1)
    return " " * first, sign * min(length, max(room - first, 0))


def waterfall_lines(
    found: Waterfall, width: int, glyphs: Glyphs, *, stretches: Sequence[Stretch] | None = None
) -> list[Line]:
    """A row for each stretch: name, how long, and the bar where it lies on the run's time."""
    if found.first is None or found.last is None:
        return []
    ends = [one.end for one in found.stretches if one.end is not None]
    last = max([found.last, *ends])
    whole = max((last - found.first).total_seconds(), 0.001)
    wide = width >= 90
    taken = 26 + (20 if wide else 0)
    lines = []
    for one in found.stretches if stretches is None else stretches:
        start = (one.start - found.first).total_seconds() / whole
        end = ((one.end or last) - found.first).total_seconds() / whole
        before, drawn = bar(start, end, max(width - taken - 1, 1), glyphs.span)
        role = "bad" if one.failed else ROLES[one.kind]
        spans: list[Span] = [
            (f"  {fit(one_line(one.name), 16)} ", "bad" if one.failed else "text"),
            (f"{duration(((one.end or last) - one.start).total_seconds()):>6} ", "muted"),
        ]
        if wide:
            spans.append((fit(one.figures, 19) + " ", "muted"))
        spans += [(before, "muted"), (drawn + ("" if one.end else ">"), role)]
        lines.append(Line(tuple(spans), ("fact", str(one.seq))).clipped(width))
    return lines


def longest(found: Waterfall, number: int) -> list[Stretch]:
    """The stretches that took the most time, in the order they began."""
    now = found.last
    timed = sorted(
        found.stretches, key=lambda one: ((one.end or now or one.start) - one.start).total_seconds(), reverse=True
    )
    return sorted(timed[:number], key=lambda one: (one.start, one.seq))
