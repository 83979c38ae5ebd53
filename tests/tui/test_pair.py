"""Two runs beside each other: what stands beside what, what tells them apart, and the screen that shows it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.service import wire
from tests.tui import builders
from tests.tui.driving import Desk, at_desk
from tests.tui.fake_service import Service
from tests.tui.test_lines import fits, json_values, odd, widths
from tui.glyphs import UNICODE
from tui.lines.blocks import Block, Fold
from tui.lines.diff import Look, diff_lines
from tui.lines.pair import beside_of, counterparts, finding_row, findings, pair_head, side_head
from tui.screens.pair import SIDES, PairScreen

BLOCKS = st.lists(
    st.builds(
        Block, kind=st.sampled_from(["call", "result", "reasoning"]), title=st.just("t"),
        at=st.just(builders.NOW), tool=st.sampled_from(["", "find", "pay"]),
    ), max_size=12,
)  # fmt: skip


def told(*outputs: Any, calls: list[list[dict[str, Any]]] | None = None) -> tuple[Fold, Fold]:
    """Two runs of some calls that end with these answers; None: it fails."""
    folds = Fold(), Fold()
    for at, (fold, output) in enumerate(zip(folds, outputs, strict=True)):
        facts = builders.Facts()
        facts.add("run", "run_started", builders.NOW, agent="desk", input="hail", bundle=builders.LIVE)
        for number, arguments in enumerate((calls or [[], []])[at]):
            facts.add(
                "run", "tool_called", builders.NOW, op=f"c{number}", **builders.sent("find", "read", **arguments)
            )
        if output is None:
            facts.add("run", "run_failed", builders.NOW, error="LimitReached", message="8 steps", seconds=1.0)
        else:
            facts.add("run", "run_finished", builders.NOW, output=output, seconds=1.0)
        for fact in facts.all:
            fold.add(fact)
    return folds


@given(BLOCKS, BLOCKS)
def test_counterparts_never_go_back(left: list[Block], right: list[Block]) -> None:
    """Every block has one on the other side, where there is any, and they come in the same order."""
    for found, other in zip(counterparts(left, right), (right, left), strict=True):
        assert found == sorted(found)
        assert all(0 <= at < max(len(other), 1) for at in found)
    there, _ = counterparts(left, left)
    assert there == list(range(len(left)))


def test_findings_say_which_answer_is_right() -> None:
    """A field that became right is good, one that no longer is bad, one nobody judged only differs."""
    folds = told({"team": "lantern", "note": "a"}, {"team": "harbour", "note": "b"})
    better = findings(*folds, {"team": "harbour"})
    assert [(one.told, one.role) for one in better] == [
        ("answer/team: lantern | harbour  (right: harbour)", "good"), ("answer/note: a | b", "warn"),
    ]  # fmt: skip
    assert better[0].left is not None
    assert (better[0].left.seq, better[0].left.term) == (2, "lantern")
    worse = findings(*folds, {"team": "lantern"})
    assert worse[0].role == "bad"


def test_findings_say_where_they_part() -> None:
    """The first call that differs is named with both sides' words; a missing answer and an error name a side."""
    found = findings(*told("ok", None, calls=[[{"id": 1}, {"id": 2}], [{"id": 1}, {"id": 3}, {"id": 4}]]))
    assert [one.told for one in found] == [
        "right: no answer", 'call 2: find {"id": 2} | find {"id": 3}', "right: the run failed: LimitReached: 8 steps",
    ]  # fmt: skip
    same = findings(*told("ok", "ok", calls=[[{"id": 1}], [{"id": 1}]]))
    assert [one.role for one in same] == ["muted", "muted"]


@given(json_values, json_values, json_values, widths)
def test_findings_fit(left: Any, right: Any, expected: Any, width: int) -> None:
    """Whatever the answers are, findings and heads fit, and each names a fact that is there."""
    folds = told(left, right)
    for one in findings(*folds, expected):
        assert fits([finding_row(one, width, UNICODE)], width)
        for cited, fold in ((one.left, folds[0]), (one.right, folds[1])):
            assert cited is None or cited.seq in fold.facts
    flip = wire.FlipView(example="ex", input="in", expected=expected, before=left, after=right)
    pair = beside_of(flip, builders.LIVE, builders.BETTER, good=False)
    heads = [side_head(pair.names[at], pair.answers[at], expected, True, width, UNICODE) for at in (0, 1)]
    assert fits([pair_head(pair, "1 of 2", width), *heads], width)


@given(
    widths, st.lists(st.lists(st.tuples(st.sampled_from(["same", "removed", "added"]), odd), max_size=4), max_size=6),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_every_look_of_a_diff_fits(width: int, runs: Any, split: bool, wrap: bool) -> None:
    """Side by side or as one, wrapped or cut, a diff of any texts fits."""
    assert fits(diff_lines([wire.DiffLineView(runs=one) for one in runs], width, Look(split, wrap)), width)


def test_side_by_side_each_text_is_on_its_side() -> None:
    """Left is what was, right is what will be; a new line has nothing beside it; cut lines stay on one row."""
    rows = [one.text for one in diff_lines(builders.diff(), 120, Look(split=True, wrap=False))]
    swapped = next(row for row in rows if row.startswith("~"))
    left, _, right = swapped.partition(" | ")
    assert "the best team" in left
    assert "one of: harbour" in right
    assert next(row for row in rows if "| + " in row).partition(" | ")[0].strip() == ""
    assert len(rows) < len(diff_lines(builders.diff(), 120, Look(split=True)))


# --- the screen --------------------------------------------------------------------------------------------------


async def to_the_pair(desk: Desk) -> PairScreen:
    """From the list of proposals to the transcripts of what got worse."""
    await desk.press("3")
    await desk.until("1 waiting")
    await desk.press("enter")
    await desk.until("28 examples gained")
    await desk.press("w", "enter")
    await desk.until("1 of 5")
    assert isinstance(desk.app.screen, PairScreen)
    return desk.app.screen


@pytest.mark.anyio
async def test_what_got_worse_is_read_side_by_side(service: Service) -> None:
    """Both transcripts, the findings on top; a finding shows its words on both sides; `]` goes on to the next one."""
    service.world.fact(builders.run_view(2).id, "run_finished", output={"team": "anvil"}, seconds=1.0)
    async with at_desk(service, (130, 40)) as desk:
        screen = await to_the_pair(desk)
        assert "answer/team: harbour | anvil  (right: harbour)" in desk.text
        assert "before 11aa11aa11aa" in desk.text
        assert "after 22bb22bb22bb" in desk.text
        left, right = (screen.transcript(side) for side in SIDES)
        assert left.region.y == right.region.y
        await desk.press("v")
        await desk.until("finding 1/")
        assert "harbour" in left.row_at(left.cursor).text
        assert "anvil" in right.row_at(right.cursor).text
        assert (left.term, right.term) == ("harbour", "anvil")
        await desk.press("escape")
        assert left.term == ""
        await desk.press("right_square_bracket")
        await desk.until("2 of 5")
        await desk.press("escape")
        await desk.until("  read")
        await desk.press("A")
        await desk.until("1 example, you read 1")
    assert service.world.told == []


@pytest.mark.anyio
async def test_the_two_scroll_together(service: Service) -> None:
    """The block beside stands on the same height; `s` lets each scroll for itself; `o` opens the run."""
    async with at_desk(service, (130, 24)) as desk:
        screen = await to_the_pair(desk)
        left, right = (screen.transcript(side) for side in SIDES)
        await desk.press("tab", "tab", "tab")
        await desk.pilot.pause()
        assert left.block is not None
        assert right.block is not None
        assert (left.block.kind, left.block.tool) == (right.block.kind, right.block.tool)
        assert left.looked_at() == right.looked_at()
        await desk.press("s", "end")
        await desk.pilot.pause()
        assert right.looked_at()[0] < left.looked_at()[0]
        await desk.press("right", "o")
        await desk.until("run 000000099997")


@pytest.mark.anyio
async def test_in_a_narrow_window_they_stand_below_each_other(service: Service) -> None:
    """At 80 columns the first is above the second, both with their heads."""
    async with at_desk(service, (80, 24)) as desk:
        screen = await to_the_pair(desk)
        left, right = (screen.transcript(side) for side in SIDES)
        assert left.region.x == right.region.x
        assert left.region.bottom < right.region.bottom
        assert min(left.region.height, right.region.height) >= 5


@pytest.mark.anyio
async def test_two_runs_of_the_list_are_compared(service: Service) -> None:
    """`space` marks, `=` compares with what the cursor is on; `:compare` takes two ids."""
    async with at_desk(service) as desk:
        await desk.press("equals_sign")
        await desk.until("Mark a run with space")
        await desk.press("down", "space", "down", "down", "equals_sign")
        await desk.until("right 000000099996")
        await desk.press("escape", "colon")
        await desk.type("compare 99990 99991")
        await desk.press("enter")
        await desk.until("right 99991")
        await desk.until(lambda: "Loading" not in desk.text)


@pytest.mark.anyio
async def test_a_diff_is_split_and_cut(service: Service) -> None:
    """`d` puts both texts beside each other, `l` cuts long lines; the next diff is shown the same way."""
    async with at_desk(service, (100, 40)) as desk:
        await desk.press("4")
        await desk.until("4 versions")
        await desk.press("down", "equals_sign")
        await desk.until("[-the best team-]")
        await desk.press("d")
        await desk.until(lambda: "[-the best team-]" not in desk.text and " | " in desk.text)
        await desk.press("l")
        await desk.until("Long lines are cut")
        await desk.press("escape", "equals_sign")
        await desk.until(" | ")
