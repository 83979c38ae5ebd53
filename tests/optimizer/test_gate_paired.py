"""The fixed-sample statistics, against SciPy's own and against cases small enough to count by hand."""

import numpy as np
import pytest
from scipy import stats

from optimizer.gate import Pair, detectable_effect, headroom, holm
from optimizer.gate.correction import continued_alpha, spent_alpha
from optimizer.gate.paired import bootstrap_deltas, bounds, mcnemar, sign_flip_p, standard_error
from optimizer.gate.pairs import by_outcome, clustered
from optimizer.gate.power import expected_gain, power_of


def test_mcnemar_is_a_fair_coin_on_the_flips() -> None:
    """Five gained and none lost: 2 / 2**5. Nothing flipped: 1."""
    assert mcnemar(5, 0) == pytest.approx(2 / 32)
    assert mcnemar(0, 5) == mcnemar(5, 0)
    assert mcnemar(0, 0) == 1.0


def test_sign_flips_agree_with_scipy() -> None:
    """Exact enumeration equals scipy.stats.permutation_test over samples, one- and two-sided."""
    sums = np.array([3.0, -1.0, 2.0, 0.0, 4.0, 1.0, -2.0, 5.0])
    sample = clustered(sums / 6, [str(i) for i in range(len(sums))])
    for one_sided, alternative in ((False, "two-sided"), (True, "greater")):
        reference = stats.permutation_test(
            (sums,), np.sum, permutation_type="samples", alternative=alternative, n_resamples=np.inf
        )
        assert sign_flip_p(sample, flips=100, seed=0, one_sided=one_sided) == pytest.approx(reference.pvalue)


def test_sign_flips_by_lot_agree_with_enumeration() -> None:
    """Above the number of clusters that is enumerated, random flips give the same p within their error."""
    rng = np.random.default_rng(0)
    sums = rng.integers(-3, 5, size=20).astype(float)
    sums[sums == 0] = 1.0
    totals = np.array([0.0])
    for value in np.abs(sums):
        totals = np.concatenate([totals + value, totals - value])
    exact = float(np.mean(np.abs(totals) >= abs(sums.sum()) - 1e-9))
    sample = clustered(sums / 5, [str(i) for i in range(20)])
    assert sign_flip_p(sample, flips=40_000, seed=1) == pytest.approx(exact, abs=0.01)


def test_a_random_p_is_never_zero() -> None:
    """Monte Carlo p-values count the observed arrangement itself."""
    sample = clustered([1.0] * 40, [str(i) for i in range(40)])
    assert sign_flip_p(sample, flips=999, seed=0) == pytest.approx(1 / 1000)


def test_bounds_agree_with_scipy_where_clusters_are_many() -> None:
    """With one task per cluster and hundreds of them, it is scipy's percentile bootstrap (a little wider)."""
    rng = np.random.default_rng(2)
    values = rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.7, 0.2], size=400)
    sample = clustered(list(values), [str(i) for i in range(400)])
    reference = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=5000, rng=rng)
    low, high = bounds(sample, bootstrap_deltas(sample, resamples=5000, seed=0), 0.025)
    assert (low, high) == pytest.approx(tuple(reference.confidence_interval), abs=0.006)


def test_a_few_unchanged_tasks_show_nothing() -> None:
    """No loss among ten tasks does not exclude one; thirty-one and more exclude five points (one-sided 5 %)."""
    for n, excluded in ((10, False), (31, True)):
        sample = clustered([0.0] * n, [str(i) for i in range(n)])
        low, _ = bounds(sample, bootstrap_deltas(sample, resamples=500, seed=0), 0.05)
        assert (low > -0.05) is excluded


def test_one_family_alone_shows_nothing() -> None:
    """A hundred gains of one family are one observation: the bounds are the whole range."""
    sample = clustered([1.0] * 100, ["only"] * 100)
    assert bounds(sample, bootstrap_deltas(sample, resamples=200, seed=0), 0.025) == (-1.0, 1.0)
    assert sign_flip_p(sample, flips=200, seed=0) == 1.0


def test_the_standard_error_is_the_plain_one_for_single_task_clusters() -> None:
    """One task per cluster: the standard error of the mean."""
    values = [1.0, 0.0, 0.0, -1.0, 1.0, 1.0, 0.0, 0.0]
    sample = clustered(values, [str(i) for i in range(8)])
    assert standard_error(sample) == pytest.approx(stats.sem(values))


def test_power_before_a_search() -> None:
    """The published figures: 29 % disagreement, 50 tasks, one and four runs each; 400 tasks."""
    assert detectable_effect(50, disagreement=0.29) == pytest.approx(0.21, abs=0.005)
    assert detectable_effect(50, disagreement=0.29, replicas=4) == pytest.approx(0.107, abs=0.003)
    assert detectable_effect(400, disagreement=0.29) == pytest.approx(0.076, abs=0.002)


def test_power_says_what_an_effect_worth_having_takes() -> None:
    """Half the effect takes four times the families."""
    rng = np.random.default_rng(3)
    sample = clustered(list(rng.choice([-1.0, 0.0, 1.0], size=100)), [str(i % 50) for i in range(100)])
    wide, narrow = (power_of(sample, alpha=0.05, worth=worth) for worth in (0.1, 0.05))
    assert wide.clusters_for_worth is not None
    assert narrow.clusters_for_worth == pytest.approx(4 * wide.clusters_for_worth, abs=4)


def test_pairs_that_all_agree_are_not_said_to_show_any_effect_however_small() -> None:
    found = power_of(clustered([0.0] * 100, [str(i % 20) for i in range(100)]), alpha=0.05, worth=0.05)
    assert 0.02 < found.minimum_detectable < 0.04, "as if one of them had differed"
    assert found.pairs_for_worth is None


def test_headroom_counts_repeatable_failures_only() -> None:
    """Tasks that fail now and then leave no room; tasks that always fail do."""
    flaky = headroom([[0.0, 1.0]] * 50 + [[1.0, 1.0]] * 50, detectable=0.1)
    hopeless = headroom([[0.0, 0.0]] * 50 + [[1.0, 1.0]] * 50, detectable=0.1)
    assert (flaky.repeatable, flaky.enough) == (0.0, False)
    assert (hopeless.repeatable, hopeless.enough) == (0.5, True)
    assert "50 of 100 tasks fail in every run" in hopeless.reason


def test_the_gain_to_expect_is_less_than_the_gain_seen() -> None:
    """A gain that barely passed is mostly luck; a huge one is believed."""
    barely = clustered([1.0] * 11 + [-1.0] * 3 + [0.0] * 86, [str(i) for i in range(100)])
    huge = clustered([1.0] * 90 + [0.0] * 10, [str(i) for i in range(100)])
    assert 0 < expected_gain(barely.delta, standard_error(barely), alpha=0.05) < 0.6 * barely.delta
    assert expected_gain(huge.delta, standard_error(huge), alpha=0.05) == pytest.approx(huge.delta, abs=1e-6)


def test_the_error_allowance_of_a_life_adds_up() -> None:
    """First looks and all continued tests of one agent, for ever: the two-sided shares sum to at most 2 alpha."""
    spent = [spent_alpha(0.05, candidates=1, openings=k) for k in range(1, 2000)]
    carried = [continued_alpha(0.05, candidates=1, openings=k) for k in range(1, 2000)]
    assert spent[0] == 0.05
    assert sum(spent) + sum(carried) <= 0.1
    assert spent_alpha(0.05, candidates=10, openings=1) == pytest.approx(0.005)


def test_each_proposal_earns_one_allowance_more() -> None:
    """An agent that was improved can be improved again; no single comparison gets more than alpha."""
    plain = [spent_alpha(0.05, candidates=1, openings=7), continued_alpha(0.05, candidates=1, openings=7)]
    earned = [
        spent_alpha(0.05, candidates=1, openings=7, proposals=2),
        continued_alpha(0.05, candidates=1, openings=7, proposals=2),
    ]
    assert earned == pytest.approx([3 * one for one in plain])
    assert spent_alpha(0.05, candidates=1, openings=2, proposals=90) == 0.05


def test_holm() -> None:
    """The textbook example, in the order given."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_clusters_are_summed() -> None:
    """Sums and sizes follow the sorted cluster names."""
    sample = by_outcome([Pair("1", "b", 0, 1), Pair("2", "a", 1, 0), Pair("3", "b", 0, 1)])
    assert sample.names == ("a", "b")
    assert (list(sample.sums), list(sample.sizes), sample.n, sample.k) == ([-1.0, 2.0], [1.0, 2.0], 3, 2)
