"""Evidence as a table: each comparison with its interval drawn against zero, and a word for what it says. Pure.

`│ ━●━` reads: the bar is the interval, the dot the estimate, the stroke is zero. Words (better / worse / unsure) and
signs say it too, never the colour alone. It reads the JSON of the evidence and leaves out what is not there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tui.glyphs import Glyphs
from tui.lines.cells import fit, one_line, wrap
from tui.lines.figures import percent, points
from tui.lines.line import Line, Span

ROLES = {"better": "good", "worse": "bad", "unsure": "warn", "not worse": "good", "held": "good", "risen": "bad"}


@dataclass(frozen=True)
class Comparison:
    """One row: shares before and after, the difference and its interval, and the word for it."""

    name: str
    n: int
    before: float
    after: float
    delta: float
    low: float
    high: float
    word: str


def word_for(low: float, high: float) -> str:
    """What an interval for (after - before) says, more being better."""
    return "better" if low > 0 else "worse" if high < 0 else "unsure"


def draw_interval(low: float, delta: float, high: float, scale: float, width: int, glyphs: Glyphs) -> str:
    """The interval on an axis from -scale to +scale in `width` cells, zero in the middle."""
    width = max(width, 3)
    middle = width // 2

    def cell(value: float) -> int:
        return min(max(round(middle + value / scale * middle), 0), width - 1) if scale else middle

    cells = [" "] * width
    for at in range(cell(low), cell(high) + 1):
        cells[at] = glyphs.span
    cells[middle] = glyphs.zero
    cells[cell(delta)] = glyphs.point
    return "".join(cells)


def comparisons(evidence: Mapping[str, Any]) -> list[Comparison]:
    """The rows of an evidence: the whole, then each stratum, then each guard."""
    if "delta" not in evidence or "interval" not in evidence:
        return []
    rows = [_comparison(str(evidence.get("metric", "outcome")), evidence)]
    standing = {"non-inferior": "not worse", "worse": "worse", "not shown": "unsure"}
    rows += [_comparison(one["name"], one, standing.get(one["standing"])) for one in evidence.get("strata") or ()]
    guards = {"held": "held", "risen": "risen", "not shown": "unsure"}
    rows += [_comparison(f"harm: {g['name']}", g, guards.get(g["standing"])) for g in evidence.get("guards") or ()]
    return rows


def _comparison(name: str, row: Mapping[str, Any], word: str | None = None) -> Comparison:
    low, high = row["interval"]["low"], row["interval"]["high"]
    return Comparison(
        name, row["n"], row["before"], row["after"], row["delta"], low, high, word or word_for(low, high)
    )


def evidence_lines(evidence: Mapping[str, Any], width: int, glyphs: Glyphs) -> list[Line]:
    """The whole table in `width` cells; an empty evidence says so."""
    rows = comparisons(evidence)
    if not rows:
        return [Line((("  No evidence was kept with this version.", "muted"),)).clipped(width)]
    scale = max(0.01, *(abs(value) for row in rows for value in (row.low, row.high)))
    lines = [_head(width), *(_row(row, scale, width, glyphs) for row in rows), _axis(scale, width)]
    lines += [Line(((f"  {text}", "muted"),)).clipped(width) for text in _figures(evidence, max(width - 2, 8))]
    reasons = [*(evidence.get("reasons") or ()), *(f"note: {note}" for note in evidence.get("notes") or ())]
    for reason in reasons:
        wrapped = wrap(one_line(str(reason)), max(width - 4, 1))
        signs = [glyphs.dot, *[" "] * (len(wrapped) - 1)]
        lines += [
            Line(((f"  {sign} ", "muted"), (text, "text"))).clipped(width)
            for sign, text in zip(signs, wrapped, strict=True)
        ]
    return lines


def _plot(width: int) -> int:
    return max(min(width - 62, 41), 0) // 2 * 2 + 1 if width >= 70 else 0


def _name(width: int) -> int:
    return 16 if width >= 60 else 10


def _head(width: int) -> Line:
    text = f"  {'':{_name(width)}} {'n':>4} {'before':>7} {'after':>7} {'points':>7}"
    if _plot(width):
        text += f"  {'worse  0  better':^{_plot(width)}}"
    return Line(((text, "muted"),)).clipped(width)


def _row(row: Comparison, scale: float, width: int, glyphs: Glyphs) -> Line:
    role = ROLES[row.word]
    spans: list[Span] = [
        (f"  {fit(one_line(row.name), _name(width))} {row.n:>4} ", "text"),
        (f"{percent(row.before):>7} {percent(row.after):>7} ", "text"),
        (f"{points(row.delta):>7}", f"{role}.bold"),
    ]
    if _plot(width):
        spans.append(("  " + draw_interval(row.low, row.delta, row.high, scale, _plot(width), glyphs), role))
    spans.append((f"  {row.word}", f"{role}.bold"))
    return Line(tuple(spans)).clipped(width)


def _axis(scale: float, width: int) -> Line:
    plot = _plot(width)
    if not plot:
        return Line()
    left, right = points(-scale), points(scale)
    scale_text = left + right.rjust(max(plot - len(left), 1))
    return Line(((" " * (_name(width) + 33) + scale_text, "muted"),)).clipped(width)


def _figures(evidence: Mapping[str, Any], width: int) -> Iterator[str]:
    told = [
        f"{evidence.get('gained', '?')} examples gained, {evidence.get('lost', '?')} lost",
        f"{evidence.get('n_clusters', '?')} families",
        f"McNemar p {evidence['mcnemar_p']:.3g}" if "mcnemar_p" in evidence else "",
        f"clustered p {evidence['clustered_p']:.3g}" if "clustered_p" in evidence else "",
        _sequential(evidence.get("sequential")),
        _power(evidence.get("power")),
        _noise(evidence.get("noise")),
        _replay(evidence.get("replay")),
        *(_ratio(one) for one in evidence.get("ratios") or ()),
        *(f"baseline {one['name']} {percent(one['score'])}" for one in evidence.get("baselines") or ()),
    ]
    line = ""
    for part in filter(None, told):
        if line and len(line) + len(part) + 3 > width:
            yield line
            line = ""
        line += f" · {part}" if line else part
    if line:
        yield line


def _sequential(found: Mapping[str, Any] | None) -> str:
    return f"e-value {found['e_value']:.3g}" if found else ""


def _power(found: Mapping[str, Any] | None) -> str:
    return f"smallest change these could show {points(found['minimum_detectable'])}" if found else ""


def _noise(found: Mapping[str, Any] | None) -> str:
    return f"same version against itself differs on {percent(found['disagreement'])}" if found else ""


def _replay(found: Mapping[str, Any] | None) -> str:
    return f"{found['diverged']} of {found['attempted']} replays left the recording" if found else ""


def _ratio(found: Mapping[str, Any]) -> str:
    if found.get("ratio") is None:
        return ""
    return f"{found['name']} per solved task x{found['ratio']:.2f}{'' if found['within'] else ' OVER THE LIMIT'}"
