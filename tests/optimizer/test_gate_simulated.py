"""The gate's error rates, by simulation with fixed seeds: how often luck is promoted, how often a gain is seen."""

import math

import numpy as np
import pytest

from optimizer.gate import GateContext, GateRules, Pair, gate
from optimizer.gate.eprocess import advance, fresh_state, log_e
from optimizer.gate.pairs import by_outcome
from tests.optimizer.recorded import needs_recorded, workbench

QUICK = GateRules(resamples=1000)


def allowed(rate: float, runs: int) -> int:
    """Hits allowed for a true rate: three standard errors of the simulation above it."""
    return math.floor(rate * runs + 3 * math.sqrt(rate * (1 - rate) * runs))


def swapped_by_family(pairs: list[Pair], rng: np.random.Generator) -> list[Pair]:
    """A null that keeps the families' dependence: exchange the arms of whole families at random."""
    families = sorted({pair.cluster for pair in pairs})
    flip = dict(zip(families, rng.integers(0, 2, size=len(families)), strict=True))
    return [pair.swapped() if flip[pair.cluster] else pair for pair in pairs]


def planted(rng: np.random.Generator, *, n: int, gain: float, family: int = 4) -> list[Pair]:
    """Tasks of unequal difficulty in families; the candidate's true gain is `gain` in the mean."""
    difficulty = np.repeat(rng.beta(2, 3, size=n // family + 1), family)[:n]
    after = np.minimum(difficulty + gain / 0.98, 1.0)
    # The draws share a task's luck in part, as two runs of the same agent on one task do.
    luck = rng.random(n)
    again = np.where(rng.random(n) < 0.6, luck, rng.random(n))
    return [
        Pair(f"t{i}", f"f{i // family}", float(luck[i] < difficulty[i]), float(again[i] < after[i])) for i in range(n)
    ]


@needs_recorded
@pytest.mark.parametrize(("a", "b"), [("gpt-4/all", "gpt-4/domains"), ("mistral-8x7B/all", "mistral-8x7B/domains")])
def test_luck_is_rarely_promoted_on_recorded_families(a: str, b: str) -> None:
    """Arms exchanged at random per template: at most 5 % are called better (a two-sided test spends 2.5 % here)."""
    rng, pairs, runs = np.random.default_rng(1), workbench(a, b), 300
    hits = sum(gate(swapped_by_family(pairs, rng), QUICK).verdict == "better" for _ in range(runs))
    assert hits <= allowed(0.025, runs)


@needs_recorded
def test_the_task_blind_test_is_fooled_by_families() -> None:
    """Why clusters: on the same null McNemar alone would promote far more than its 2.5 %."""
    rng, pairs, runs = np.random.default_rng(2), workbench("gpt-4/all", "gpt-4/domains"), 300
    found = [gate(swapped_by_family(pairs, rng), GateRules(resamples=200)) for _ in range(runs)]
    assert sum(e.mcnemar_p <= 0.05 and e.delta > 0 for e in found) > allowed(0.025, runs)


@needs_recorded
def test_peeking_each_night_does_not_fool_the_e_process() -> None:
    """A look after every five families, for as long as there are any: at most 5 % ever pass an e-value of 20."""
    rng, pairs, runs, hits = np.random.default_rng(3), workbench("gpt-4/all", "gpt-4/domains"), 300, 0
    families = sorted({pair.cluster for pair in pairs})
    for _ in range(runs):
        null = swapped_by_family(pairs, rng)
        order = rng.permutation(families)
        state, best = fresh_state(0.05), 0.0
        for start in range(0, len(order), 5):
            tonight = set(order[start : start + 5])
            state, _ = advance(state, by_outcome([pair for pair in null if pair.cluster in tonight]))
            best = max(best, log_e(state.up))
        hits += best >= math.log(20)
    assert hits <= allowed(0.05, runs)


def test_one_pool_opened_every_night_is_not_worn_out() -> None:
    """Ten nights, ten worthless candidates, one sealed pool: at most 5 % of pools ever propose one."""
    rng, runs, hits = np.random.default_rng(4), 120, 0
    for _ in range(runs):
        verdicts = [
            gate(planted(rng, n=120, gain=0.0), QUICK, GateContext(openings=night)).verdict for night in range(1, 11)
        ]
        hits += "better" in verdicts
    assert hits <= allowed(0.05, runs)


def test_the_best_of_thirty_worthless_candidates_is_not_promoted() -> None:
    """The winner of a race looks many points better on the select pool; the sealed pool is not impressed."""
    rng, runs, hits, looks = np.random.default_rng(5), 200, 0, []
    for _ in range(runs):
        races = [np.mean([pair.delta for pair in planted(rng, n=60, gain=0.0)]) for _ in range(30)]
        looks.append(max(races))
        hits += gate(planted(rng, n=200, gain=0.0), QUICK).verdict == "better"
    assert np.mean(looks) > 0.08
    assert hits <= allowed(0.025, runs)


def test_a_gain_of_six_points_is_found_with_four_hundred_pairs() -> None:
    """A true +6.7 points is called better in some 80 % of nights; the gain to expect is right on average."""
    rng, runs = np.random.default_rng(6), 400
    found = [gate(planted(rng, n=400, gain=0.067), QUICK) for _ in range(runs)]
    expected = [e.expected_gain for e in found if e.expected_gain is not None]
    assert len(expected) >= 0.78 * runs
    assert abs(np.mean(expected) - 0.067) < 0.005


def test_evidence_adds_up_over_nights() -> None:
    """Batches too small to show anything alone are enough together, through the stored state."""
    rng = np.random.default_rng(7)
    state, verdicts = None, []
    for night in range(12):
        batch = [
            Pair(f"{night}-{p.task}", f"{night}-{p.task}", p.before, p.after) for p in planted(rng, n=30, gain=0.12)
        ]
        found = gate(batch, QUICK, GateContext(state=state))
        state = found.sequential.state
        verdicts.append(found.verdict)
    assert verdicts[0] == "undecided"
    assert verdicts[-1] == "better"


def test_the_interval_covers_the_truth() -> None:
    """The 95 % interval holds the true gain in about 95 % of planted populations with twelve families only."""
    rng, runs, held = np.random.default_rng(8), 300, 0
    for _ in range(runs):
        found = gate(planted(rng, n=96, gain=0.05, family=8), QUICK)
        held += found.interval.low <= 0.05 <= found.interval.high
    assert held >= 0.92 * runs
