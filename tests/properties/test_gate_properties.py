"""What must hold of the gate for any outcomes at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.evidence import VERDICTS, BettingState, Evidence
from optimizer.gate import GateContext, GateInputError, GateRules, Pair, gate

QUICK = GateRules(resamples=300)
MIRROR = {"better": "harmful", "harmful": "better"}

outcome = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.sampled_from([0.0, 1.0])


@st.composite
def pair_lists(draw: st.DrawFn, *, parts: bool = False) -> list[Pair]:
    """Up to 60 tasks in up to 8 families, some lists clearly better or worse."""
    tilt = draw(st.sampled_from([(0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]))
    cells = draw(st.lists(st.tuples(outcome, outcome, st.booleans(), st.integers(0, 7)), min_size=1, max_size=60))
    return [
        Pair(
            f"t{i}",
            f"f{family}",
            *(tilt if tilted else (a, b)),
            stratum=("write" if family % 2 else "no-write") if parts else None,
            guards={"harm": (a, b)} if parts else {},
            cost=(a, b) if parts else None,
        )
        for i, (a, b, tilted, family) in enumerate(cells)
    ]


@settings(max_examples=60, deadline=None)
@given(pair_lists())
def test_swapping_the_arms_mirrors_the_verdict(pairs: list[Pair]) -> None:
    """Better becomes harmful and back; what was neither stays neither; intervals and p-values mirror exactly."""
    there, back = gate(pairs, QUICK), gate([pair.swapped() for pair in pairs], QUICK)
    assert MIRROR.get(there.verdict) == (back.verdict if back.verdict in MIRROR else None)
    assert there.delta == -back.delta
    assert (there.interval.low, there.interval.high) == pytest.approx((-back.interval.high, -back.interval.low))
    assert (there.mcnemar_p, there.clustered_p) == (back.mcnemar_p, back.clustered_p)
    assert (there.gained_tasks, there.lost_tasks) == (back.lost_tasks, back.gained_tasks)


@settings(max_examples=40, deadline=None)
@given(pair_lists(parts=True), st.randoms(use_true_random=False))
def test_the_order_of_pairs_changes_nothing(pairs: list[Pair], random: object) -> None:
    """Any order of the same pairs gives the very same evidence."""
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert gate(shuffled, QUICK) == gate(pairs, QUICK)


@settings(max_examples=40, deadline=None)
@given(pair_lists(parts=True))
def test_evidence_survives_json(pairs: list[Pair]) -> None:
    """What is stored reads back equal, with one of the four words and at least one reason."""
    found = gate(pairs, QUICK)
    assert Evidence.model_validate_json(found.model_dump_json()) == found
    assert found.verdict in VERDICTS
    assert found.reasons


@settings(max_examples=40, deadline=None)
@given(pair_lists(), st.integers(0, 59))
def test_a_task_given_twice_is_refused(pairs: list[Pair], which: int) -> None:
    """Copies of a task cannot make evidence."""
    with pytest.raises(GateInputError, match="given twice"):
        gate([*pairs, pairs[which % len(pairs)]], QUICK)


@settings(max_examples=40, deadline=None)
@given(pair_lists())
def test_better_is_never_said_of_a_loss(pairs: list[Pair]) -> None:
    """The word follows the sign; the interval holds the delta."""
    found = gate(pairs, QUICK)
    assert not (found.verdict == "better" and found.delta <= 0)
    assert not (found.verdict == "harmful" and found.delta >= 0)
    assert found.interval.low <= found.delta + 1e-9
    assert found.interval.high >= found.delta - 1e-9


@settings(max_examples=30, deadline=None)
@given(pair_lists(), st.integers(1, 40), st.integers(1, 40))
def test_more_candidates_or_openings_never_promote(pairs: list[Pair], candidates: int, openings: int) -> None:
    """What is better after a correction was better before it."""
    corrected = gate(pairs, QUICK, GateContext(candidates=candidates, openings=openings))
    if corrected.verdict == "better":
        assert gate(pairs, QUICK).verdict == "better"


@settings(max_examples=30, deadline=None)
@given(pair_lists(), st.integers(0, 7))
def test_nights_add_up(pairs: list[Pair], at: int) -> None:
    """Splitting the families over two nights gives the wealth of one night."""
    nights = [[p for p in pairs if (int(p.cluster[1:]) < at) is first] for first in (True, False)]
    state: BettingState | None = None
    for night in filter(None, nights):
        state = gate(night, QUICK, GateContext(state=state)).sequential.state
    assert state is not None
    whole = gate(pairs, QUICK).sequential.state
    assert (state.up, state.down, state.short) == (
        pytest.approx(whole.up),
        pytest.approx(whole.down),
        pytest.approx(whole.short),
    )
    assert state.seen == whole.seen
