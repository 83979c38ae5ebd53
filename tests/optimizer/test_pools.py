"""The pools: disjoint by family, balanced, never moving; sealed examples only by a counted opening."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.examples import POOLS, Example, Pool
from optimizer.night_log import NightLog
from optimizer.pools import assign, make_pools
from traces.db import open_database
from traces.events import NightEnded, NightStarted, RolloutScored, SealedOpened

SHARES: dict[Pool, float] = {"reflect": 0.35, "select": 0.2, "sealed": 0.45}


def example(name: str, family: str, team: str = "Heron", changes: bool = False) -> Example:
    """One scorable example."""
    return Example(
        id=f"ex_{name}", agent="desk", input=name, run=f"run_{name}", bundle="sha256:0", family=family,
        expected={"output": {"team": team}}, score=0.0, changes_state=changes,
    )  # fmt: skip


def looked_at(log: NightLog, examples: Iterable[Example]) -> None:
    """The candidate was tried on these sealed examples."""
    for one in examples:
        log.append(RolloutScored(op=one.id, bundle="sha256:1", example=one.id, replica=0, pool="sealed", score=1.0))


def population(families: int, size: int = 3) -> list[Example]:
    """Families of one team each, four teams in turn."""
    return [
        example(f"{family}-{one}", f"family-{family}", team=f"team-{family % 4}")
        for family in range(families)
        for one in range(size)
    ]


@pytest.fixture
def log(tmp_path: Path) -> NightLog:
    """A night that has begun."""
    return begun(NightLog(open_database(f"sqlite:///{tmp_path / 'strop.db'}"), "night_1", "desk"))


def begun(log: NightLog, incumbent: str = "sha256:0") -> NightLog:
    """Its first fact."""
    log.append(NightStarted(agent="desk", incumbent=incumbent, settings={}))
    return log


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=60))
def test_a_family_is_in_one_pool_and_stays_there(members: list[tuple[int, bool]]) -> None:
    """Whatever examples come later, a family that has a pool keeps it."""
    examples = [example(str(at), f"f{family}", changes=changes) for at, (family, changes) in enumerate(members)]
    half = examples[: len(examples) // 2]
    first = assign(half, SHARES, {})
    second = {**first, **assign(examples, SHARES, first)}
    assert all(second[family] == pool for family, pool in first.items())
    assert second.keys() == {one.family for one in examples}


def test_every_right_answer_is_in_every_pool(log: NightLog) -> None:
    """Twelve families of four answers: each answer can be learned, selected on and proven."""
    pools = make_pools(population(12), SHARES, {}, log)
    sealed, _ = pools.sealed.open("sha256:1", "sha256:0")
    for pool in (pools.reflect, pools.select, sealed):
        assert {one.label for one in pool} == {f'{{"team":"team-{number}"}}' for number in range(4)}
    assert len(pools.reflect) + len(pools.select) + len(sealed) == 36


def test_large_pools_keep_their_shares(log: NightLog) -> None:
    """Within three points of what was asked for, on 200 families."""
    pools = make_pools(population(200), SHARES, {}, log)
    sizes = {"reflect": len(pools.reflect), "select": len(pools.select), "sealed": len(pools.sealed)}
    for pool in POOLS:
        assert sizes[pool] / 600 == pytest.approx(SHARES[pool], abs=0.03)


def test_no_attribute_of_the_sealed_pool_gives_its_examples(log: NightLog) -> None:
    """They are had by `open` alone."""
    sealed = make_pools(population(12), SHARES, {}, log).sealed
    public = [getattr(sealed, name) for name in dir(sealed) if not name.startswith("_")]
    assert not any(isinstance(value, tuple | list) for value in public)


def test_each_opening_is_counted_over_nights_and_only_once_in_a_resumed_one(log: NightLog) -> None:
    """Opening again for the same bundle after a crash is the same opening; the next night's is the next.

    A candidate that is gone on with keeps its number; another one, or one against another incumbent, has its own.
    """
    sealed = make_pools(population(12), SHARES, {}, log).sealed
    examples, number = sealed.open("sha256:1", "sha256:0")
    assert number == sealed.open("sha256:1", "sha256:0")[1] == 1
    looked_at(log, examples)
    log.append(NightEnded(verdict="no improvement", reasons=[]))
    later = begun(NightLog(log.database, "night_2", "desk"))
    again = make_pools(population(12), SHARES, {}, later).sealed
    assert [again.open(*test)[1] for test in (("sha256:1", "sha256:0"), ("sha256:2", "sha256:0"))] == [1, 2]
    assert [one.opening for one in log.all(SealedOpened)] == [1]
    assert [one.opening for one in later.all(SealedOpened)] == [2, 3]
    last = begun(NightLog(log.database, "night_3", "desk"), incumbent="sha256:2")
    assert make_pools(population(12), SHARES, {}, last).sealed.open("sha256:1", "sha256:2")[1] == 3


def test_what_cannot_be_scored_teaches_but_proves_nothing(log: NightLog) -> None:
    """An example with a comment only is in the reflect pool or nowhere."""
    mute = [Example(f"ex_{n}", "desk", "x", f"run_{n}", "sha256:0", f"f{n}", comments=("c",)) for n in range(40)]
    pools = make_pools(mute, SHARES, {}, log)
    assert pools.reflect
    assert not pools.select
    assert len(pools.sealed) == 0


def test_worn_examples_rest_when_half_of_the_pool_is_fresh(log: NightLog) -> None:
    """Enough new examples are a pool of their own; the account of the error goes on."""
    old = population(12)
    worn, _ = make_pools(old, SHARES, {}, log).sealed.open("sha256:1", "sha256:0")
    looked_at(log, worn)
    log.append(NightEnded(verdict="no improvement", reasons=[]))
    later = begun(NightLog(log.database, "night_2", "desk"))
    again = make_pools(old, SHARES, {}, later).sealed
    assert len(again) == len(worn)
    new = [example(f"new-{n}", f"new-{n}", team=f"team-{n % 4}") for n in range(40)]
    examples, number = make_pools([*old, *new], SHARES, {}, later).sealed.open("sha256:2", "sha256:0")
    assert number == 2
    assert not {one.id for one in examples} & {one.id for one in worn}
