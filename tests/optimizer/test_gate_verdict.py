"""The written rules: which word follows from which figures, and that the reasons say so."""

import pytest

from optimizer.evidence import Baseline, Evidence
from optimizer.evidence_text import render_evidence
from optimizer.gate import GateContext, GateInputError, GateRules, Pair, gate

QUICK = GateRules(resamples=1000)


def tasks(gained: int, lost: int, same: int, *, stratum: str | None = None, prefix: str = "t") -> list[Pair]:
    """Independent 0/1 tasks; the unchanged ones are solved by both arms."""
    outcomes = [(0.0, 1.0)] * gained + [(1.0, 0.0)] * lost + [(1.0, 1.0)] * same
    return [Pair(f"{prefix}{i}", f"{prefix}{i}", a, b, stratum) for i, (a, b) in enumerate(outcomes)]


def with_guard(pairs: list[Pair], *, rises: int, falls: int = 0) -> list[Pair]:
    """The first tasks cause harm only after, the last only before."""
    harm = [(0.0, 1.0)] * rises + [(0.0, 0.0)] * (len(pairs) - rises - falls) + [(1.0, 0.0)] * falls
    return [
        Pair(p.task, p.cluster, p.before, p.after, p.stratum, {"harm": h}) for p, h in zip(pairs, harm, strict=True)
    ]


def test_the_four_words() -> None:
    """A clear gain, its mirror image, a proven nothing, and too few tasks."""
    assert gate(tasks(40, 8, 52), QUICK).verdict == "better"
    assert gate(tasks(8, 40, 52), QUICK).verdict == "harmful"
    assert gate(tasks(1, 1, 398), QUICK).verdict == "no improvement"
    assert gate(tasks(6, 3, 11), QUICK).verdict == "undecided"


def test_undecided_and_no_improvement_differ_by_the_effect_worth_having() -> None:
    """The same pairs exclude a gain of ten points, not one of one point."""
    pairs = tasks(5, 5, 190)
    assert gate(pairs, GateRules(worth=0.10)).verdict == "no improvement"
    found = gate(pairs, GateRules(worth=0.01))
    assert found.verdict == "undecided"
    assert "not excluded" in found.reasons[1]
    assert "takes about" in found.reasons[2]


def test_a_gain_that_hides_a_worse_stratum_is_harmful() -> None:
    """Many read tasks gained, the write tasks clearly lost."""
    pairs = tasks(80, 5, 115, stratum="no-write", prefix="r") + tasks(1, 20, 59, stratum="write", prefix="w")
    found = gate(pairs, QUICK)
    assert found.delta > 0.1
    assert found.verdict == "harmful"
    assert any("stratum 'write' is worse" in reason for reason in found.reasons)


def test_a_stratum_with_too_few_tasks_waits() -> None:
    """Twelve write tasks cannot show that writing did not get worse."""
    pairs = tasks(80, 5, 115, stratum="no-write", prefix="r") + tasks(0, 0, 12, stratum="write", prefix="w")
    found = gate(pairs, QUICK)
    assert found.verdict == "undecided"
    assert "12 pairs of 12 families" in found.reasons[1]
    assert gate(pairs, GateRules(stratum_margin=0.2)).verdict == "better"


def test_a_guard_that_rose_is_harmful_one_that_may_have_waits() -> None:
    """Harm in 10 of 200 tasks more is shown; in 3 more is not, but a rise is not excluded either; none is held."""
    pairs = tasks(60, 10, 130)
    verdicts = [gate(with_guard(pairs, rises=rises), QUICK).verdict for rises in (10, 3, 0)]
    assert verdicts == ["harmful", "undecided", "better"]
    assert gate(with_guard(pairs, rises=3, falls=5), QUICK).verdict == "better"


def test_a_price_above_the_limit_is_no_improvement() -> None:
    """More pairs would not make it cheaper; the ratio is per solved task, so a gain in quality counts."""
    pairs = [Pair(p.task, p.cluster, p.before, p.after, tokens=(100.0, 250.0)) for p in tasks(40, 8, 52)]
    found = gate(pairs, GateRules(token_limit=1.5))
    (tokens,) = found.ratios
    assert tokens.ratio == pytest.approx(2.5 * found.before / found.after)
    assert found.verdict == "no improvement"
    assert gate(pairs, QUICK).verdict == "better"


def test_objections_refuse() -> None:
    """A leaked secret outweighs any gain."""
    found = gate(tasks(40, 8, 52), QUICK, GateContext(objections=("a secret of run r1 is in the prompt",)))
    assert found.verdict == "harmful"
    assert found.reasons == ("refused: a secret of run r1 is in the prompt",)


def test_replay_that_diverged_too_often_waits() -> None:
    """Four in ten pairs could not be answered from the recording: try it live."""
    found = gate(tasks(40, 8, 52), QUICK, GateContext(attempted=170, diverged=70))
    assert found.verdict == "undecided"
    assert found.replay is not None
    assert found.replay.rate == pytest.approx(70 / 170)


def test_a_trivial_baseline_that_wins_is_pointed_out() -> None:
    """Doing nothing would score as much: the note says so, whatever the verdict."""
    found = gate(tasks(40, 8, 52), QUICK, GateContext(baselines=(Baseline(name="do-nothing", score=0.95),)))
    assert "do-nothing" in found.notes[0]


def test_few_families_are_called_few() -> None:
    """Four families can never pass a sign-flip test at 5 %; the note says why."""
    pairs = [Pair(str(i), f"f{i % 4}", 0.0, 1.0) for i in range(40)]
    found = gate(pairs, QUICK)
    assert found.verdict == "undecided"
    assert "4 families only" in found.notes[0]


def test_replicas_are_averages() -> None:
    """Graded outcomes need no McNemar: many small gains are enough."""
    pairs = [Pair(str(i), str(i), 0.5, 0.75, replicas=4) for i in range(30)]
    found = gate(pairs, QUICK)
    assert (found.verdict, found.replicas) == ("better", 4)


def test_flips_are_named() -> None:
    """The operator sees which tasks got better and which got worse."""
    found = gate([Pair("c", "c", 0, 1), Pair("a", "a", 1, 0), Pair("b", "b", 0, 1)], QUICK)
    assert (found.gained_tasks, found.lost_tasks) == (("b", "c"), ("a",))


def test_evidence_survives_json_and_is_frozen() -> None:
    """Everything that was found reads back equal, and cannot be changed."""
    found = gate(with_guard(tasks(40, 8, 52, stratum="write"), rises=1), QUICK)
    assert Evidence.model_validate_json(found.model_dump_json()) == found
    with pytest.raises(ValueError, match="frozen"):
        found.verdict = "better"  # type: ignore[misc]


def test_the_text_shows_every_part() -> None:
    """Verdict, reasons, interval, both p-values, strata, guards, flips."""
    text = render_evidence(gate(with_guard(tasks(40, 8, 52, stratum="write"), rises=0), QUICK))
    for part in ("BETTER", "incumbent -> candidate", "gain to expect", "stratum write", "guard harm", "t0, t1"):
        assert part in text


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([], "no pairs"),
        ([Pair("t", "f", 0, 1), Pair("t", "f", 0, 1)], "'t' is given twice"),
        ([Pair("t", "f", 0, 7)], "outside 0..1"),
        ([Pair("t", "f", 0, float("nan"))], "outside 0..1"),
        ([Pair("t", "f", 0, 1, guards={"harm": (0, 1)}), Pair("u", "f", 0, 1)], "has guards"),
    ],
)
def test_pairs_that_cannot_be_compared(pairs: list[Pair], said: str) -> None:
    """One clear error each."""
    with pytest.raises(GateInputError, match=said):
        gate(pairs, QUICK)
