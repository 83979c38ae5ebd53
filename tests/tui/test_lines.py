"""Lines of every kind fit the width they are made for, and say in words what they say in colour."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from agents.service import wire
from tests.tui import builders
from tui.glyphs import ASCII, UNICODE
from tui.lines.blocks import Fold
from tui.lines.cells import clean
from tui.lines.diff import diff_lines
from tui.lines.evidence import draw_interval, evidence_lines, word_for
from tui.lines.facts import Facts
from tui.lines.line import Line, find_all, line, spread
from tui.lines.nights import night_lines
from tui.lines.pretty import pretty
from tui.lines.review import (
    bundle_lines,
    diff_section,
    evidence_section,
    flips_section,
    proposal_head_lines,
    run_facts_lines,
)
from tui.lines.rows import bundle_row, night_row, proposal_row, run_head, run_row
from tui.lines.transcript import block_height, block_lines, raw_facts

widths = st.integers(min_value=1, max_value=220)
odd = st.text(max_size=80) | st.text(alphabet="我é a\x1b\n🏠", max_size=80)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | odd,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd, inner, max_size=3),
)


def fits(lines: list[Line], width: int) -> bool:
    """No line is wider than `width`, by the terminal's own count, and none has a character that drives a terminal."""
    return all(cell_len(one.text) <= width and clean(one.text) == one.text for one in lines)


@given(widths, odd, odd, st.none() | odd)
def test_run_rows_fit(width: int, agent: str, text: str, error: str | None) -> None:
    """A run's row fits, whatever people and agents are called and wrote."""
    run = builders.run_view(3, agent=agent, input=text, error=error, parent_run_id="run_1")
    assert fits([run_row(run, width, builders.NOW, UNICODE), run_head(width)], width)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@given(width=widths)
def test_pages_fit(width: int, glyphs: Any) -> None:
    """Every page and every row of the other lists fits."""
    proposal, bundle, night = builders.proposal(), builders.bundles()[1], builders.nights()[1]
    facts = builders.Facts()
    builders.write_night(facts, night)
    detail = wire.RunDetail(run=builders.run_view(3, parent_run_id="run_1"), children=[builders.run_view(4)])
    now = builders.NOW
    lines = [
        proposal_row(proposal, width, now), bundle_row(bundle, width, now, glyphs, marked=True),
        night_row(night, width, now),
        *proposal_head_lines(proposal.model_copy(update={"stale": True}), width, now),
        *evidence_section(proposal, width, glyphs), *diff_section(builders.diff(), width, glyphs),
        *flips_section("got better", proposal.got_better, width, glyphs, good=True),
        *bundle_lines(bundle, width, now, glyphs), *night_lines(night, facts.all, width, now, glyphs),
        *run_facts_lines(detail, width, now, glyphs),
    ]  # fmt: skip
    assert fits(lines, width)


@given(
    widths, st.lists(st.lists(st.tuples(st.sampled_from(["same", "removed", "added"]), odd), max_size=4), max_size=6)
)
def test_diffs_fit(width: int, runs: Any) -> None:
    """A diff of any texts fits."""
    assert fits(diff_lines([wire.DiffLineView(runs=one) for one in runs], width), width)


def test_a_diff_tells_changes_by_signs() -> None:
    """Added, removed and changed lines carry `+`, `-`, `~`, changed words brackets: the colour is not needed."""
    texts = [one.text for one in diff_lines(builders.diff(), 200)]
    assert any(
        text.startswith("~ Route each message to [-the best team-]{+one of: harbour, lantern, anvil+}, and")
        for text in texts
    )
    assert any(text.startswith("+ - Water that comes") for text in texts)
    assert any(text.startswith("- Answer in a friendly") for text in texts)
    assert "  ... 4 lines the same ..." in texts


@given(widths, odd, json_values, st.booleans())
def test_blocks_fit(width: int, text: str, value: Any, folded: bool) -> None:
    """Every block of a run fits, folded, open and raw, whatever the tools returned."""
    facts, fold = builders.Facts(), Fold()
    builders.write_run(facts, builders.run_view(2, input=text))
    facts.add("run", "tool_returned", builders.NOW, tool=text, result=value, outcome="failed")
    facts.add("run", "something_new", builders.NOW, value=value)
    for at, fact in enumerate(facts.all):
        fold.add(fact.model_copy(update={"seq": at + 1}))
    for block in fold.blocks:
        block.folded = folded
        assert fits(block_lines(block, width, UNICODE), width)
        assert block_height(block, width) == len(block_lines(block, width, UNICODE))
        assert fits(block_lines(block, width, ASCII, raw=raw_facts(block, fold.facts)), width)


def test_a_fact_is_taken_in_once() -> None:
    """The same fact by two ways (page and stream) is one block."""
    facts, fold = builders.Facts(), Fold()
    builders.write_run(facts, builders.run_view(1))
    assert [fold.add(fact) for fact in facts.all] == [True] * len(facts.all)
    shown = len(fold.blocks)
    assert not any(fold.add(fact) for fact in facts.all)
    assert len(fold.blocks) == shown


def test_every_fact_of_the_ledger_is_drawn() -> None:
    """No kind of fact is without a block of its own, but those that no run has: of nights, decisions and rollouts."""
    from traces.events import KINDS  # the ledger's vocabulary; the app itself only knows the wire

    kinds = set(KINDS)
    drawn = {name.removeprefix("_on_") for name in dir(Fold) if name.startswith("_on_")}
    decided = {"decision_made", "proposal_signed", "governance_changed"}
    nightly = {"night_started", "night_resumed", "stage_reached", "candidate_found",
               "rollout_scored", "sealed_opened", "evidence_written", "night_ended"}  # fmt: skip
    audited = {"decision_refused", "request_refused", "token_created", "token_revoked"}
    rollouts = {"rollout_started", "rollout_changed", "conversation_counted", "shadow_compared", "rollout_ended"}
    tools = {"tools_pinned", "drift_found", "drift_checked", "drift_accepted"}
    learning = {"example_pinned", "text_held", "held_text_decided",
                "judge_versioned", "judge_measured", "judge_scored"}  # fmt: skip
    # Spans of other frameworks are told as the usual facts; where they were sent on to is a stream of its own, and
    # so is the list of erasures.
    others = {"spans_received", "spans_sent", "erasure_done", "runs_imported",
              "queue_opened", "queue_closed"}  # fmt: skip
    assert kinds - decided - nightly - audited - rollouts - tools - learning - others == drawn


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1), st.integers(1, 81))
def test_intervals_are_drawn_in_their_width(delta: float, below: float, above: float, width: int) -> None:
    """An interval takes the cells it is given, shows its estimate, and its word agrees with its ends."""
    low, high = max(delta - below, -1), min(delta + above, 1)
    drawn = draw_interval(low, delta, high, 1.0, width, UNICODE)
    assert len(drawn) == max(width, 3)
    assert drawn.count("●") == 1
    assert word_for(low, high) == ("better" if low > 0 else "worse" if high < 0 else "unsure")


def test_evidence_says_in_words_what_it_draws() -> None:
    """Each row of the table ends in its word, at every width that has room for one."""
    for width in (80, 120, 200):
        text = "\n".join(one.text for one in evidence_lines(builders.evidence(), width, UNICODE))
        for word in ("better", "not worse", "unsure", "held", "28 examples gained, 3 lost"):
            assert word in text
    assert "No evidence" in evidence_lines({}, 80, UNICODE)[0].text


@given(odd, odd)
def test_search_marks_what_it_finds(text: str, term: str) -> None:
    """Marking a term changes no letter of the line."""
    one = line(text, ("more", "muted"))
    assert one.highlighted(term, "hit").text == one.text
    for start, end in find_all(text, term):
        assert text[start:end].lower() == term.lower()


@given(odd, odd, widths)
def test_spread_fits(left: str, right: str, width: int) -> None:
    """Two ends of a line never take more than the line."""
    assert Line(spread([(left, "text")], [(right, "text")], width)).width <= width


@given(json_values)
def test_pretty_json_is_json(value: Any) -> None:
    """Laying a value out loses nothing."""
    import json

    if not isinstance(value, str):
        assert json.loads(pretty(value)) == value


def test_facts_are_held_by_seq_in_whatever_order_they_come() -> None:
    """One that comes late stands in its place; one that is not there is told as such; the text is one piece."""
    told = builders.Facts()
    made = [told.add("run_1", "note", builders.NOW, text="x" * number) for number in range(6)]
    facts = Facts()
    for at in (0, 1, 4, 2, 5):
        facts.put(made[at])
    assert list(facts) == [made[at].seq for at in (0, 1, 2, 4, 5)]
    assert [facts[seq] for seq in facts] == [made[at] for at in (0, 1, 2, 4, 5)]
    assert (made[3].seq in facts, "2" in facts, len(facts)) == (False, False, 5)
    with pytest.raises(KeyError):
        facts[made[3].seq]
    assert (facts.last_seq, facts.last_id) == (made[5].seq, made[5].id)
