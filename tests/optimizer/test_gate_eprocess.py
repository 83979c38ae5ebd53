"""The always-valid test: its arithmetic, its memory, and what it refuses to count twice."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln

from optimizer.evidence import BettingState
from optimizer.gate.eprocess import advance, fresh_state, log_e
from optimizer.gate.pairs import Clustered, clustered


def flips(gained: int, lost: int, *, tied: int = 0, prefix: str = "") -> Clustered:
    """One task per cluster."""
    values = [1.0] * gained + [-1.0] * lost + [0.0] * tied
    return clustered(values, [f"{prefix}{i}" for i in range(len(values))])


@pytest.mark.parametrize(("gained", "lost"), [(12, 3), (40, 22), (5, 5), (102, 56)])
def test_single_tasks_give_the_mixture_on_discordant_pairs(gained: int, lost: int) -> None:
    """With one task per cluster: 2**(n+1) * B(g+1, l+1) * P(Beta(g+1, l+1) > 1/2), within the grid's error."""
    state, _ = advance(fresh_state(0.05), flips(gained, lost, tied=30))
    n = gained + lost
    tail = stats.beta.logsf(0.5, gained + 1, lost + 1)
    closed = (n + 1) * math.log(2) + betaln(gained + 1, lost + 1) + tail
    assert log_e(state.up) == pytest.approx(closed, abs=0.05)


def test_nights_add_up_to_the_same_as_one_batch() -> None:
    """Two nights through JSON equal one night with all clusters, whatever the order."""
    first, second = flips(9, 2, prefix="a"), flips(4, 6, tied=3, prefix="b")
    state, _ = advance(fresh_state(0.05), first)
    state = BettingState.model_validate_json(state.model_dump_json())
    state, _ = advance(state, second)
    other, _ = advance(fresh_state(0.05), second)
    other, _ = advance(other, first)
    assert log_e(state.up) == pytest.approx(log_e(other.up))
    assert (state.clusters, state.nights) == (24, 2)


def test_a_family_is_bet_on_once() -> None:
    """The same families on a second night change nothing and are reported as repeated."""
    state, repeated = advance(fresh_state(0.05), flips(9, 2))
    assert repeated == 0
    again, repeated = advance(state, flips(11, 0))
    assert repeated == 11
    assert (again.up, again.clusters) == (state.up, state.clusters)


def test_ten_copies_of_one_question_are_one_wager() -> None:
    """Four families of ten gains bring no more than four single gains."""
    many = clustered([1.0] * 40, [f"f{i // 10}" for i in range(40)])
    state, _ = advance(fresh_state(0.05), many)
    four, _ = advance(fresh_state(0.05), flips(4, 0))
    assert log_e(state.up) == log_e(four.up)


def test_short_of_worth_grows_when_nothing_is_gained() -> None:
    """Hundreds of unchanged tasks speak against an effect of five points, and for nothing else."""
    state, _ = advance(fresh_state(0.05), flips(0, 0, tied=300))
    assert log_e(state.short) > math.log(40)
    assert log_e(state.up) == pytest.approx(0.0)
    assert log_e(state.down) == pytest.approx(0.0)


def test_expected_wealth_does_not_grow_under_the_null() -> None:
    """The mean e-value over many null nights is at most one: it is an e-value."""
    rng = np.random.default_rng(0)
    names = [str(i) for i in range(30)]
    runs = [clustered(list(rng.choice([-1.0, 0.0, 1.0], size=30)), names) for _ in range(2000)]
    wealth = [math.exp(log_e(advance(fresh_state(0.05), run)[0].up)) for run in runs]
    assert np.mean(wealth) < 1.2


def test_a_state_of_another_gate_is_refused() -> None:
    """A state with other stakes cannot be continued."""
    with pytest.raises(ValueError, match="2 stakes"):
        advance(BettingState(worth=0.05, up=(0.0, 0.0), down=(0.0, 0.0), short=(0.0, 0.0)), flips(1, 0))
