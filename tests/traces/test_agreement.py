"""How far reviewers agree: against figures from the literature, and from the ledger."""

import pytest

from tests.builders import judged, record_run
from traces.agreement import agreement, alpha, kappa, read_agreement
from traces.db import Database
from traces.filters import conditions
from traces.provenance import Provenance
from traces.recorder import Recorder


def test_kappa_of_a_textbook() -> None:
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.4."""
    both = [["y", "y"]] * 20 + [["y", "n"]] * 5 + [["n", "y"]] * 10 + [["n", "n"]] * 15
    assert kappa(both) == pytest.approx(0.4)
    assert kappa([["y", "y"]] * 9) is None


def test_alpha_of_krippendorffs_own_example() -> None:
    """Computing Krippendorff's Alpha-Reliability (2011), section C: four observers, missing data, nominal: 0.743."""
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    units = [[str(word) for word in unit if word is not None] for unit in zip(*observers, strict=True)]
    assert alpha([unit for unit in units if len(unit) > 1]) == pytest.approx(0.743, abs=0.0005)


def test_intervals_hold_the_estimate_and_are_the_same_each_time() -> None:
    """And are wide where few runs are shared; with fewer than five there is none."""
    said = {f"run_{n}": {"a": "right", "b": "right" if n % 3 else "wrong"} for n in range(60)}
    said |= {f"run_w{n}": {"a": "wrong", "b": "wrong"} for n in range(30)}
    found = agreement(said)
    (pair,) = found.pairs
    assert (pair.runs, pair.agreed) == (90, 70)
    assert pair.kappa.low < pair.kappa.value < pair.kappa.high  # type: ignore[operator]
    assert agreement(said) == found
    few = agreement(dict(list(said.items())[:3])).pairs[0].kappa
    assert (few.low, few.high) == (None, None)


def test_the_newest_word_of_each_reviewer_counts(database: Database) -> None:
    """On runs that two of them judged; a program's word is none, nor is one on a single step."""
    recorder = Recorder(database)

    def by(name: str, **said: object) -> None:
        recorder.append(run, judged(provenance=Provenance(by=name), **said))

    run = record_run(recorder)
    by("ann", score=0.0)
    by("ann", score=1.0)
    by("bob", score=None, correction={"team": "x"})
    by("watch", score=0.0, tier="program")
    other = run
    run = record_run(recorder, agent="claims")
    by("ann", score=1.0)
    with database.reading() as session:
        found = read_agreement(session, conditions("", session=session), "score")
        assert read_agreement(session, conditions("agent:claims", session=session), "score").runs == 0
    assert (found.runs, found.agreed) == (1, 0)
    assert found.disputed == ((other, {"ann": "right", "bob": "wrong"}),)
