"""Where the time went: bars that fit, whatever the times are."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agents.service.wire import EventView
from tests.tui.builders import NOW
from tui.glyphs import ASCII, UNICODE
from tui.lines.waterfall import Waterfall, bar, longest, waterfall_lines

KINDS = ("model_requested", "model_replied", "tool_called", "tool_returned", "run_delegated", "run_finished")
FACTS = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("abc"), st.integers(-5, 90)), max_size=20)


def made(*told: tuple[str, str, float], **data: Any) -> Waterfall:
    """A waterfall of (kind, op, seconds)."""
    found = Waterfall()
    for seq, (kind, op, at) in enumerate(told, 1):
        more = {"tool": f"tool_{op}", "agent": "claims", **data}
        found.add(EventView(id=seq, stream="r", seq=seq, kind=kind, op=op, at=NOW + timedelta(seconds=at), data=more))
    return found


@given(FACTS, st.integers(1, 200))
def test_every_bar_fits(told: list[tuple[str, str, int]], width: int) -> None:
    """Facts in any order, clocks that run backwards and panes of any width: a row for each stretch, none too wide."""
    found = made(*told)
    lines = waterfall_lines(found, width, UNICODE)
    assert len(lines) == len(found.stretches)
    assert all(line.width <= width for line in lines)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 200))
def test_a_bar_is_never_nothing(one: float, other: float, room: int) -> None:
    """However short a stretch is, one cell shows it, within the room."""
    before, drawn = bar(min(one, other), max(one, other), room, "=")
    assert len(drawn) >= 1
    assert len(before) + len(drawn) <= room


def test_what_happened_at_once_stands_over_one_another() -> None:
    """Calls that overlap have overlapping bars; what never ended is open; a delegation ends with the next step."""
    found = made(
        ("model_requested", "m1", 0), ("model_replied", "m1", 2), ("tool_called", "a", 2), ("tool_called", "b", 3),
        ("tool_returned", "a", 6), ("tool_returned", "b", 8), ("run_delegated", "d", 8),
        ("model_requested", "m2", 10),
    )  # fmt: skip
    ends = {one.name: one.end and (one.end - NOW).total_seconds() for one in found.stretches}
    assert ends == {"step model": None, "tool_a": 6, "tool_b": 8, "claims": 10}
    rows = [line.text for line in waterfall_lines(found, 80, ASCII)]
    assert rows[1].index("=") < rows[2].index("=") < rows[1].rindex("=")
    assert rows[-1].endswith(">")
    assert [one.name for one in longest(found, 2)] == ["tool_a", "tool_b"]
