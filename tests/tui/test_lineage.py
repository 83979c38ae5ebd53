"""Versions as a tree, their history, a night's budget and front: the pure lines, and the screens that show them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.service import wire
from tests.tui import builders
from tests.tui.driving import at_desk
from tests.tui.fake_service import Service
from tests.tui.test_lines import fits, odd, widths
from tui.glyphs import UNICODE
from tui.lines.lineage import as_tree, history_lines, tree_lines
from tui.lines.nights import budget_lines
from tui.screens.prompts import HistoryScreen

NAMES = "abcdef"


def version(name: str, parent: str | None) -> wire.BundleView:
    """A version of that name, from that parent."""
    return builders.bundles()[0].model_copy(update={"digest": name, "parent": parent})


@given(st.dictionaries(st.sampled_from(NAMES), st.none() | st.sampled_from(NAMES)))
def test_every_version_is_in_the_tree_once(parents: dict[str, str | None]) -> None:
    """Also where parents are missing or go round in a circle; a child is one deeper than its parent."""
    bundles = [version(name, parent) for name, parent in parents.items()]
    found = as_tree(bundles)
    assert sorted(one.digest for _, one in found) == sorted(parents)
    depth = {one.digest: at for at, one in found}
    assert all(depth[one.digest] in {0, depth.get(str(one.parent), -1) + 1} for one in bundles)


@given(widths, odd, odd)
def test_trees_and_histories_fit(width: int, note: str, by: str) -> None:
    """Whatever notes, names and reasons say."""
    bundles = [one.model_copy(update={"note": note}) for one in builders.bundles()[:3]]
    facts = builders.Facts()
    signed = {"by": by, "reason": note}
    facts.add("s", "decision_made", builders.NOW, bundle=builders.LIVE, to_state="live", provenance=signed)
    facts.add("s", "governance_changed", builders.NOW, provenance=signed)
    lines = tree_lines(bundles, builders.LIVE, width, builders.NOW, UNICODE)
    assert fits([*lines, *history_lines(facts.all, width, builders.NOW, UNICODE)], width)


def test_a_budget_says_what_is_used_of_each_cap() -> None:
    """Of a running night from its tries; what has no cap says so; at four fifths the bar changes its colour."""
    facts = builders.Facts()
    builders.write_night(facts, builders.nights()[1])
    text = "\n".join(one.text for one in budget_lines(facts.all, 100, UNICODE))
    for told in ("640 of 800, 80.0%", "2.4M  no cap", "$4.40 of $5.00, 88.0%", "60 of 90"):
        assert told in text
    running = builders.Facts()
    builders.write_night(running, builders.nights()[0])
    assert "4 of 800" in budget_lines(running.all, 100, UNICODE)[0].text


@pytest.mark.anyio
async def test_versions_as_a_tree_with_their_traffic(service: Service) -> None:
    """The share of a day's runs is in the row; `t` puts children below; `h` shows who decided; enter the family."""
    signed = {"by": "m.keller", "reason": "fewer complaints"}
    service.world.fact("decisions_desk", "decision_made", bundle=builders.LIVE, to_state="live", provenance=signed)
    async with at_desk(service, (110, 40)) as desk:
        await desk.press("4")
        await desk.until("4 versions")
        await desk.until("100.0%")
        await desk.press("t")
        await desk.until("└ 11aa11aa11aa LIVE")
        await desk.press("h")
        await desk.until("fewer complaints")
        assert isinstance(desk.app.screen, HistoryScreen)
        await desk.press("escape", "down", "enter")
        await desk.until("where it comes from, and what came of it")
        assert desk.text.index("00cc00cc00cc") < desk.text.index("└ 11aa11aa11aa") < desk.text.index("└ 22bb22bb22bb")


@pytest.mark.anyio
async def test_what_nights_only_tried_is_put_away(service: Service) -> None:
    """One line says how many there are, `d` shows them and puts them away; a person's draft is always there."""
    known = builders.bundles()[0]
    for name, kind in (("aa", "machine"), ("bb", "machine"), ("cc", "person")):
        changes = {"digest": f"sha256:{name * 32}", "state": "draft", "author_kind": kind, "author": kind}
        service.world.bundles[name] = known.model_copy(update=changes)
    async with at_desk(service, (110, 40)) as desk:
        await desk.press("4")
        await desk.until("2 drafts that nights tried: d shows")
        assert "cccccccccccc" in desk.text
        assert "aaaaaaaaaaaa" not in desk.text
        await desk.press("d")
        await desk.until("aaaaaaaaaaaa")
        assert "drafts that nights tried" not in desk.text
        await desk.press("d")
        await desk.until("2 drafts that nights tried")


@pytest.mark.anyio
async def test_a_night_shows_its_budget_and_its_front(service: Service) -> None:
    """What is used of each cap, and which candidates no other one beats."""
    async with at_desk(service, (110, 50)) as desk:
        await desk.press("5")
        await desk.until("1 running")
        await desk.press("down", "enter")
        await desk.until("on the front: no other is better")
        rows = [row for row in desk.text.splitlines() if "corrections 14 rules" in row or "demonstrations" in row]
        assert ["●" in row for row in rows[:2]] == [True, False]
        assert "$4.40 of $5.00" in desk.text
