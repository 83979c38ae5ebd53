"""The gate on recorded runs of public agents: the verdicts worked out by hand must come out again."""

from dataclasses import dataclass

import pytest

from optimizer.gate import GateContext, GateRules, gate, noise_floor
from tests.optimizer.recorded import PLACE, airline, needs_recorded, workbench

pytestmark = needs_recorded


@dataclass(frozen=True)
class Expected:
    """One row of the table that comes with the data: points, counts, p-values."""

    a: str
    b: str
    delta: float
    flips: tuple[int, int]
    mcnemar: float
    interval: tuple[float, float]
    clustered: float
    promoted: bool


TABLE = (
    Expected("gpt-4/all", "gpt-4/domains", 6.67, (102, 56), 0.0003, (1.6, 11.4), 0.011, True),
    Expected("gpt-4/domains", "gpt-4/all", -6.67, (56, 102), 0.0003, (-11.4, -1.6), 0.011, False),
    Expected("mistral-8x7B/all", "mistral-8x7B/domains", 3.48, (62, 38), 0.021, (-0.6, 7.8), 0.13, False),
    Expected("gpt-3.5/domains", "gpt-4/domains", 35.80, (277, 30), 0.0, (28.0, 43.5), 0.0, True),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.a} -> {row.b}")
def test_the_expected_table(row: Expected) -> None:
    """Deltas and counts are exact, intervals and p-values agree, and exactly two of four pairs are promoted."""
    found = gate(workbench(row.a, row.b))
    assert 100 * found.delta == pytest.approx(row.delta, abs=0.005)
    assert (found.gained, found.lost) == row.flips
    assert found.mcnemar_p == pytest.approx(row.mcnemar, abs=5e-4)
    assert (100 * found.interval.low, 100 * found.interval.high) == pytest.approx(row.interval, abs=0.35)
    assert found.clustered_p == pytest.approx(row.clustered, abs=0.008)
    assert (found.verdict == "better") is row.promoted


def test_the_task_blind_test_alone_would_have_promoted_mistral() -> None:
    """McNemar passes mistral, the clustered tests do not: the verdict is undecided and says that zero is inside."""
    found = gate(workbench("mistral-8x7B/all", "mistral-8x7B/domains"))
    assert found.mcnemar_p < 0.05 < found.clustered_p
    assert found.verdict == "undecided"
    assert "the interval contains zero" in found.reasons[0]


def test_the_side_effect_guard_finds_the_harm() -> None:
    """With strata and guard, mistral is harmful: side-effect errors rise by 8.3 points."""
    found = gate(workbench("mistral-8x7B/all", "mistral-8x7B/domains", parts=True))
    assert found.verdict == "harmful"
    (guard,) = found.guards
    assert 100 * guard.delta == pytest.approx(8.3, abs=0.1)
    assert (100 * guard.interval.low, 100 * guard.interval.high) == pytest.approx((2.3, 14.3), abs=0.35)
    by_name = {part.name: part for part in found.strata}
    assert 100 * by_name["0"].delta == pytest.approx(-13.7, abs=0.05)
    assert 100 * by_name["1"].delta == pytest.approx(7.2, abs=0.05)


def test_gpt4_passes_with_strata_and_guard() -> None:
    """Non-inferior per stratum is asked, not superior: +6.0 on write tasks (p 0.05) is enough."""
    found = gate(workbench("gpt-4/all", "gpt-4/domains", parts=True))
    assert found.verdict == "better"
    assert {part.standing for part in found.strata} == {"non-inferior"}
    assert {guard.standing for guard in found.guards} == {"held"}


@pytest.mark.parametrize("candidates", [5, 30])
def test_gpt4_does_not_survive_many_candidates(candidates: int) -> None:
    """Its clustered p of 0.011 is not enough for the best of five or more tested on the same pairs."""
    found = gate(workbench("gpt-4/all", "gpt-4/domains"), context=GateContext(candidates=candidates))
    assert found.verdict == "undecided"
    assert found.correction.alpha_spent == pytest.approx(0.05 / candidates)


@pytest.mark.parametrize(("a", "b"), [("0", "1"), ("1", "0")])
def test_the_same_agent_twice_is_refused_both_ways(a: str, b: str) -> None:
    """A real A/A: 19 of 50 tasks differ, and neither trial is promoted over the other."""
    found = gate(airline(a, b))
    assert found.gained + found.lost == 19
    assert abs(found.delta) == pytest.approx(0.02)
    assert found.mcnemar_p == pytest.approx(1.0)
    assert found.verdict == "undecided"


def test_the_noise_floor_of_the_airline_agent() -> None:
    """Two runs of one agent on 50 tasks disagree on 38 % of them and differ by up to about 18 points."""
    noise = noise_floor(airline("0", "1"))
    assert noise.disagreement == pytest.approx(0.38)
    assert 0.14 < noise.floor < 0.22


def test_a_gain_below_the_noise_floor_waits() -> None:
    """A significant gain is still undecided if identical runs of the incumbent differ by as much."""
    noise = noise_floor(airline("0", "1")).model_copy(update={"n_clusters": 69})
    found = gate(workbench("gpt-4/all", "gpt-4/domains"), context=GateContext(noise=noise))
    assert found.verdict == "undecided"
    assert "noise floor" in found.reasons[1]


def test_a_required_noise_figure_that_is_missing_blocks() -> None:
    """No noise figure, no proposal."""
    found = gate(workbench("gpt-4/all", "gpt-4/domains"), GateRules(noise_required=True))
    assert found.verdict == "undecided"


def test_the_data_are_where_the_module_looks() -> None:
    """Both files are read from one place."""
    assert (PLACE / "tau_airline_runs.csv").is_file()
