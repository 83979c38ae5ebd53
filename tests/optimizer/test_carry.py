"""Evidence that adds up over nights: who is gone on with, what it may spend, and that earlier nights really count."""

import pytest

from optimizer.carry import Look, carried, standing
from optimizer.evidence import Evidence
from optimizer.gate import GateContext, GateRules, Pair, gate
from optimizer.gate.eprocess import new_clusters
from optimizer.night_log import NightLog
from tests.optimizer.night_world import SMALL, World, night
from traces.events import CandidateFound, EvidenceWritten

QUICK = GateRules(resamples=500)


def outcome(gained: int, lost: int, *, night: int = 0, **context: object) -> Evidence:
    """A night's word on so many mended and broken tasks of forty."""
    after = [1.0] * gained + [0.0] * (40 - gained)
    before = [0.0] * gained + [1.0] * lost + [0.0] * (40 - gained - lost)
    pairs = [Pair(f"{night}-{i}", f"{night}-{i}", b, a) for i, (b, a) in enumerate(zip(before, after, strict=True))]
    return gate(pairs, QUICK, GateContext(a="live", **context))  # type: ignore[arg-type]


def test_undecided_ones_that_are_ahead_are_gone_on_with() -> None:
    """Not those that lost, nor those proven, nor those against another incumbent, nor without new families."""
    looks = [
        Look("ahead", outcome(5, 1)), Look("behind", outcome(1, 4)), Look("proven", outcome(16, 1)),
        Look("other", outcome(5, 1).model_copy(update={"a": "retired"})), Look("further", outcome(6, 1)),
    ]  # fmt: skip
    assert looks[2].evidence.verdict == "better"
    assert list(carried(looks, "live", lambda state: 3)) == ["further", "ahead"]
    assert not carried(looks, "live", lambda state: 0)
    assert standing(looks, "ahead", "live") == looks[0].evidence.sequential.state
    assert standing(looks, "other", "live") is None


def test_a_later_night_goes_on_where_the_earlier_one_stopped() -> None:
    """Three nights that show nothing alone; together they do, and the gain to expect is that of all nights."""
    state, found = None, None
    for number in range(3):
        found = outcome(9, 2, night=number, state=state, openings=number + 1)
        state = found.sequential.state
    assert found is not None
    assert found.sequential.continued
    assert (found.sequential.n, found.sequential.delta) == (120, pytest.approx(7 / 40))
    assert found.verdict == "better"
    assert found.expected_gain is not None
    assert 0 < found.expected_gain < 7 / 40


def test_a_continued_test_is_paid_for_by_its_first_opening() -> None:
    """Looking again costs nothing more; having been the third candidate of a pool costs more than the first."""
    first = outcome(5, 1, openings=1)
    third = outcome(5, 1, openings=3)
    again = outcome(5, 1, night=1, state=first.sequential.state, openings=2)
    later = outcome(5, 1, night=2, state=again.sequential.state, openings=9)
    behind = outcome(5, 1, night=1, state=third.sequential.state, openings=4)
    assert again.correction.alpha_spent == later.correction.alpha_spent > behind.correction.alpha_spent
    assert later.sequential.state.opening == 1


def test_clusters_of_earlier_nights_are_not_new() -> None:
    """What was bet on once is no news."""
    state = outcome(5, 1).sequential.state
    assert new_clusters(state, ["0-1", "0-2", "1-1"]) == 1


STRICT = SMALL.model_copy(update={"gate": GateRules(alpha=0.0001, resamples=500), "strategies": ("carried", "rules")})


def test_a_night_goes_on_with_the_undecided_candidate_of_the_one_before(world: World) -> None:
    """With a bar too high for one night: the next one brings new families, and the evidence of both counts."""
    first = night(world, STRICT)
    assert first.verdict == "undecided", first.reasons
    world.play(12, 2, start=16)
    second = night(world, STRICT)
    log = NightLog(world.database, second.night, "desk")
    assert "carried" in {one.strategy for one in log.all(CandidateFound)}
    (written,) = log.all(EvidenceWritten)
    evidence = Evidence.model_validate(written.evidence)
    assert first.evidence is not None
    assert evidence.sequential.continued
    assert evidence.sequential.state.nights == 2
    assert evidence.sequential.state.clusters > first.evidence.sequential.state.clusters
    assert "over 2 nights" in second.reasons[0]
