"""Figures over a window: what changed against the window before it, by agent and version, and how it went. Pure.

A change is told by a word and a sign as well as a colour, and only where there are enough runs to say anything.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from agents.service.wire import FiguresView
from tui.glyphs import Glyphs
from tui.lines.cells import fit, one_line
from tui.lines.figures import count, duration, money, percent, short
from tui.lines.line import Line, Span
from tui.lines.review import paragraph, section

WINDOWS: Final = (("1h", "2h", "hour"), ("24h", "48h", "hour"), ("7d", "14d", "day"), ("30d", "60d", "day"))
"""(window, twice the window, what a step of the chart is)."""
FEW: Final = 20
"""Runs in each window below which no change is told: one run more or less would be one."""
WORSE: Final = 0.05
"""A change of a share by this much is told."""
BARS: Final = " ▁▂▃▄▅▆▇█"
PLAIN_BARS: Final = " .:-=+*#@"


def sparkline(values: Sequence[float | None], glyphs: Glyphs) -> str:
    """One cell a value, the highest as high as there is; a gap where there is no value."""
    known = [value for value in values if value is not None]
    top = max(known, default=0.0)
    signs = PLAIN_BARS if glyphs.bar.isascii() else BARS
    return "".join(
        " " if value is None else signs[1 + round((len(signs) - 2) * value / top) if top > 0 else 1]
        for value in values
    )


def error_rate(one: FiguresView) -> float:
    """Failed runs as a share."""
    return one.errors / one.runs if one.runs else 0.0


def drift(now: FiguresView, before: FiguresView | None) -> tuple[str, str]:
    """(words, role): what changed against the window before."""
    if before is None:
        return "new", "accent"
    if min(now.runs, before.runs) < FEW:
        return "", "muted"
    told = []
    if error_rate(now) - error_rate(before) >= WORSE:
        told.append(f"errors up from {percent(error_rate(before))}")
    if now.score is not None and before.score is not None and min(now.judged, before.judged) >= FEW:
        if before.score - now.score >= WORSE:
            told.append(f"score down from {before.score:.2f}")
        elif now.score - before.score >= WORSE:
            return f"score up from {before.score:.2f}", "good"
    if now.p90 and before.p90 and now.p90 > 1.5 * before.p90:
        told.append(f"slower, p90 was {duration(before.p90)}")
    cost, was = now.cost_per_conversation, before.cost_per_conversation
    if cost and was and cost > 1.5 * was:
        told.append(f"dearer, was {money(was)}")
    return (", ".join(told), "bad") if told else ("as before", "muted")


def metrics_lines(
    window: str, steps: Sequence[FiguresView], groups: Mapping[str, Sequence[tuple[FiguresView, FiguresView | None]]],
    query: str, width: int, glyphs: Glyphs,
) -> list[Line]:  # fmt: skip
    """The page: how it went, then each way of grouping.

    Args:
        window: such as `24h`.
        steps: figures by hour or day, oldest first.
        groups: by name of the grouping, (this window, the one before) of each group.
        query: what is asked for beside the window.
        width: cells.
        glyphs: signs.
    """
    lines = section(f"the last {window}", width, glyphs)
    lines += _chart(steps, width, glyphs)
    for by, found in groups.items():
        lines += section(f"by {by}", width, glyphs)
        if not found:
            lines += paragraph("No runs in this window. < and > choose another.", width, "muted")
            continue
        lines.append(_head(width))
        lines += [_row(by, now, before, window, query, width) for now, before in found]
    return lines


def _chart(steps: Sequence[FiguresView], width: int, glyphs: Glyphs) -> list[Line]:
    room = max(width - 34, 8)
    shown = steps[-room:]
    slowest = [one.p90 for one in shown if one.p90 is not None]
    costs = [one.cost for one in shown if one.cost is not None]
    rows: list[tuple[str, list[float | None], str, str]] = [
        ("runs", [float(one.runs) for one in shown], count(sum(one.runs for one in shown)), "accent"),
        ("failed", [error_rate(one) for one in shown], _rate(shown), "bad"),
        ("score", [one.score for one in shown], _mean(shown), "good"),
        ("p90", [one.p90 for one in shown], duration(max(slowest, default=None)), "text"),
        ("cost", [one.cost for one in shown], money(sum(costs) if costs else None), "warn"),
    ]
    return [
        Line(((f"  {name:8}", "muted"), (f"{told:>10}  ", "text"), (sparkline(values, glyphs), role))).clipped(width)
        for name, values, told, role in rows
    ]


def _rate(steps: Sequence[FiguresView]) -> str:
    runs = sum(one.runs for one in steps)
    return percent(sum(one.errors for one in steps) / runs) if runs else "-"


def _mean(steps: Sequence[FiguresView]) -> str:
    judged = [(one.score, one.judged) for one in steps if one.score is not None and one.judged]
    total = sum(number for _, number in judged)
    return f"{sum(score * number for score, number in judged) / total:.2f}" if total else "-"


def _head(width: int) -> Line:
    cells = f"  {'':16} {'runs':>7} {'failed':>7} {'score':>6} "
    if width >= 100:
        cells += f"{'$/conv':>8} {'p50':>6} "
    return Line(((cells + f"{'p90':>6}  against the window before", "muted"),)).clipped(width)


def _row(by: str, now: FiguresView, before: FiguresView | None, window: str, query: str, width: int) -> Line:
    told, role = drift(now, before)
    name = short(now.key) if by == "version" else one_line(now.key)
    failed = error_rate(now)
    spans: list[Span] = [
        (f"  {fit(name, 16)} ", "text"), (f"{count(now.runs):>7} ", "text"),
        (f"{percent(failed):>7} ", "bad" if failed >= 0.1 else "text"),
        (f"{'-' if now.score is None else f'{now.score:.2f}':>6} ", "text"),
    ]  # fmt: skip
    if width >= 100:
        spans.append((f"{money(now.cost_per_conversation):>8} {duration(now.p50):>6} ", "text"))
    spans += [(f"{duration(now.p90):>6}  ", "text"), (told, role)]
    field = {"agent": "agent", "version": "bundle"}[by]
    key = f'"{now.key}"' if " " in now.key else now.key
    return Line(tuple(spans), ("runs", f"{field}:{key} since:{window} {query}".strip())).clipped(width)
