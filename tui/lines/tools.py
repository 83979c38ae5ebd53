"""What tool servers offer, as lines: a row for each, a drift with its word diff. Pure."""

from datetime import datetime
from typing import Final

from agents.service.wire import ToolListView, TriedView
from tui.glyphs import Glyphs
from tui.lines.cells import fit
from tui.lines.diff import diff_lines
from tui.lines.figures import age, of, short
from tui.lines.line import Line, line

STANDING_ROLES: Final = {"pinned": "good", "accepted": "good", "drifted": "bad", "unpinned": "muted"}
WORDS: Final = {
    "added": "is new", "removed": "is gone", "description": "has another description",
    "parameters": "takes other parameters", "annotations": "claims other effects",
}  # fmt: skip


def tools_head(width: int) -> Line:
    """The names of the columns of `tools_row`."""
    return line((f"  {'seen':>4} {'agent':14} {'server':14} {'stands':9} {'policy':8} tools", "muted")).clipped(width)


def tools_row(one: ToolListView, width: int, now: datetime) -> Line:
    """One server of one agent."""
    seen = "-" if one.found_at is None else age(one.found_at, now)
    number = len(one.changes)
    changed = f"{of(number, 'change')}, " if number else ""
    return line(
        (f"  {seen:>4} ", "muted"), f"{fit(one.agent, 14)} {fit(one.server, 14)} ",
        (f"{one.standing:9} ", STANDING_ROLES[one.standing]), f"{one.policy:8} ",
        (changed, "bad"), (f"{tried_words(one.tried)}; " if one.tried else "", "text"), ", ".join(one.tools),
    ).clipped(width)  # fmt: skip


def tried_words(one: TriedView) -> str:
    """What trying a version with drifted tools came to, in one line."""
    if one.mean is None:
        return f"it could not be tried: {one.why}"
    was = "not known from before" if one.before is None else f"{one.before:.2f} before on {one.known} of them"
    less = f", {one.left_out} left out" if one.left_out else ""
    return f"tried on {one.tasks} tasks{less}: mean {one.mean:.2f}, {was}"


def drift_lines(one: ToolListView, width: int, glyphs: Glyphs) -> list[Line]:
    """What changed at one server, tool by tool."""
    version = f"version {short(one.bundle)} of {one.agent}"
    if not one.changes:
        return [line((f"{one.server} is as {version} was proven with", "good")).clipped(width)]
    head = f"{one.server} is not what {version} was proven with: {short(one.pinned or '')} {glyphs.arrow} "
    lines = [line((head + short(one.found or ""), "text.bold")).clipped(width)]
    if one.tried:
        lines.append(line((tried_words(one.tried), "text")).clipped(width))
    for change in one.changes:
        lines += [line(), line((f"{change.tool} {WORDS[change.change]}", "accent"), mark="section").clipped(width)]
        lines += diff_lines(change.diff, width)
    return lines
