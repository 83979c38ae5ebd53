"""Rollouts and drifted tools as lines: they fit, and say in words what they say in colour."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from agents.service.wire import (
    AlarmView,
    ArmView,
    DiffLineView,
    RolloutView,
    ShadowView,
    ToolChangeView,
    ToolListView,
)
from tests.tui.builders import NOW
from tui.glyphs import ASCII, UNICODE
from tui.lines.rollout import rollout_head, rollout_lines, rollout_row
from tui.lines.tools import drift_lines, tools_head, tools_row

widths = st.integers(min_value=1, max_value=220)
odd = st.text(max_size=60) | st.text(alphabet="我é a\x1b\n🏠", max_size=60)
DIGEST = "sha256:" + "a1" * 32


def rollout(**changes: Any) -> RolloutView:
    """A canary in the middle of its exposure."""
    arms = {
        "candidate": ArmView(bundle=DIGEST, conversations=40, counted=31, means={"quality": 0.71, "cost": 0.012}),
        "control": ArmView(bundle=DIGEST, conversations=360, counted=300, means={"quality": 0.9, "seconds": 4.2}),
    }
    alarm = AlarmView(name="quality", metric="quality", alpha=0.036, z=2.51, needed=2.4, alarm=True)
    given = {
        "id": "rollout_01", "agent": "desk", "mode": "canary", "state": "running", "share": 0.1, "exposure": 150,
        "exposed": 40, "difference": -0.19, "interval": (-0.36, -0.05), "tests": [alarm], "verdict": "worse",
        "reasons": ["quality is worse: 71.0% in 31, against 90.0% in 300 conversations"], "started_at": NOW,
        "started_by": "m.keller", **arms,
    }  # fmt: skip
    return RolloutView(**{**given, **changes})


def fits(lines: list[Any], width: int) -> bool:
    """No line is wider than it may be."""
    return all(cell_len(one.text) <= width for one in lines)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@given(width=widths, agent=odd, reason=odd)
def test_rollouts_fit(glyphs: Any, width: int, agent: str, reason: str) -> None:
    """Whatever agents are called and people gave as a reason."""
    for one in (
        rollout(agent=agent, reasons=[reason]),
        rollout(mode="shadow", shadow=ShadowView(runs=3), state="ended", outcome="stopped", ended_at=NOW),
    ):
        assert fits([rollout_head(width), rollout_row(one, width, NOW)], width)
        assert fits(rollout_lines(one, width, NOW, glyphs), width)


def test_a_rollout_says_share_state_and_alarms() -> None:
    """What an operator looks for is in plain words."""
    text = "\n".join(one.text for one in rollout_lines(rollout(), 120, NOW, UNICODE))
    for word in (
        "canary of desk",
        "10.0% of new conversations",
        "40 of at most 150",
        "raised",
        "-19.0 points",
        "-36.0",
    ):
        assert word in text
    ended = rollout(state="ended", outcome="rolled_back", ended_at=NOW, ended_by="rollout watch")
    assert "rolled back" in rollout_row(ended, 160, NOW).text


@given(width=widths, name=odd)
def test_drift_fits_and_says_what_changed(width: int, name: str) -> None:
    """A tool may be called anything."""
    diff = [DiffLineView(runs=[("same", "Find "), ("removed", "it"), ("added", "all")])]
    one = ToolListView(
        agent="desk", bundle=DIGEST, server=name, standing="drifted", pinned=DIGEST, found=DIGEST, found_at=NOW,
        tools=[name], changes=[ToolChangeView(tool=name, change="description", before="a", after="b", diff=diff)],
    )  # fmt: skip
    assert fits([tools_head(width), tools_row(one, width, NOW), *drift_lines(one, width, UNICODE)], width)
    assert "has another description" in "\n".join(line.text for line in drift_lines(one, 220, UNICODE))
