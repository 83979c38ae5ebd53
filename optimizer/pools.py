"""Three pools that share no family: reflect (shown to strategies), select (scores only), sealed (the proof).

Prevents the examples that prove a gain from having made it. A family's pool is fixed on its first night and read back
from the ledger on every later one; the sealed examples are only had by `open`, and each opening is counted.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from optimizer.evidence import BettingState
from optimizer.examples import POOLS, Example, Pool
from optimizer.gate.eprocess import new_clusters
from optimizer.night_log import NightLog
from traces.events import SealedOpened

WHOLE: Final = 0.1
"""Weight of the whole beside the stratum: enough where every right answer is a stratum of its own."""

Shares = Mapping[Pool, float]


@dataclass(frozen=True)
class Pools:
    """The open pools, the sealed one, and the pool of every family known so far."""

    reflect: tuple[Example, ...]
    select: tuple[Example, ...]
    sealed: "SealedPool"
    families: Mapping[str, Pool]


def make_pools(examples: Sequence[Example], shares: Shares, kept: Mapping[str, Pool], log: NightLog) -> Pools:
    """Split examples by family. `kept` is the pool of each family that an earlier night placed."""
    families = {**kept, **assign(examples, shares, kept)}
    by_pool: dict[Pool, list[Example]] = {pool: [] for pool in POOLS}
    for example in sorted(examples, key=lambda one: (_draw(one.agent, one.family), one.id)):
        pool = families[example.family]
        if example.scorable or pool == "reflect":
            by_pool[pool].append(example)
    sealed = SealedPool(by_pool["sealed"], log)
    return Pools(tuple(by_pool["reflect"]), tuple(by_pool["select"]), sealed, families)


def assign(examples: Sequence[Example], shares: Shares, kept: Mapping[str, Pool]) -> dict[str, Pool]:
    """The pool of each family that has none yet.

    Each goes where its stratum (changes state or not, and the right answer) and the whole lack most; the order is
    by digest of agent and family, so nobody can steer it.
    """
    members: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        members[example.family].append(example)
    strata = {family: _stratum(group) for family, group in members.items()}
    filled: Counter[tuple[object, Pool]] = Counter()
    for family, pool in kept.items():
        if family in members:
            _fill(filled, strata[family], pool, len(members[family]))
    placed: dict[str, Pool] = {}
    for family in sorted(members.keys() - kept.keys(), key=lambda one: _draw(members[one][0].agent, one)):
        size, stratum = len(members[family]), strata[family]
        pool = max(POOLS, key=lambda one: (_lack(filled, stratum, one, size, shares), shares[one]))
        _fill(filled, stratum, pool, size)
        placed[family] = pool
    return placed


def _stratum(group: Sequence[Example]) -> tuple[bool, str]:
    changes = any(example.changes_state for example in group)
    label = Counter(example.label for example in group).most_common(1)[0][0]
    return changes, label


def _lack(filled: Counter[tuple[object, Pool]], stratum: object, pool: Pool, size: int, shares: Shares) -> float:
    """Examples missing in the pool after `size` more, in the stratum and (weighing less) over all."""

    def missing(key: object) -> float:
        total = sum(filled[key, one] for one in POOLS) + size
        return shares[pool] * total - filled[key, pool]

    return missing(stratum) + WHOLE * missing("all")


def _fill(filled: Counter[tuple[object, Pool]], stratum: object, pool: Pool, size: int) -> None:
    filled[stratum, pool] += size
    filled["all", pool] += size


def _draw(agent: str, family: str) -> str:
    return hashlib.sha256(f"{agent}\0{family}".encode()).hexdigest()


def on_duty(everything: Sequence[Example], worn: Sequence[frozenset[str]]) -> tuple[Example, ...]:
    """The sealed examples that prove tonight. `worn`: the examples that each earlier opening looked at.

    An example that was looked at proves less each time. Once the fresh ones are half of the pool or more, the worn
    ones rest and the opening counts as a first one.
    """
    seen = frozenset[str]().union(*worn)
    fresh = tuple(example for example in everything if example.id not in seen)
    return fresh if 2 * len(fresh) >= len(everything) else tuple(everything)


def earlier_looks(examples: Sequence[Example], worn: Sequence[frozenset[str]]) -> int:
    """How many earlier openings looked at any of these examples."""
    here = {example.id for example in examples}
    return sum(1 for seen in worn if seen & here)


class SealedPool:
    """Examples that nobody may see before the proof. Their number and families' count are no secret."""

    def __init__(self, examples: Iterable[Example], log: NightLog) -> None:
        self._log = log
        self._worn = log.earlier_openings()
        self.__examples = on_duty(tuple(examples), self._worn)

    def __len__(self) -> int:
        return len(self.__examples)

    @property
    def n_families(self) -> int:
        """How many families are in it."""
        return len({example.family for example in self.__examples})

    def new_families(self, state: BettingState) -> int:
        """How many of its families an always-valid test has not bet on."""
        return new_clusters(state, {example.family for example in self.__examples})

    def open(self, bundle: str) -> tuple[tuple[Example, ...], int]:
        """(the examples, which opening of any of them this is) for proving one bundle.

        Written to the ledger before it returns. Opening again for the same bundle in a resumed night is the same
        opening.
        """
        opened = self._log.sealed_openings()
        known = next((one for one in opened if one.bundle == bundle), None)
        if known is None:
            earlier = earlier_looks(self.__examples, self._worn) + len(opened)
            known = SealedOpened(op=f"open/{bundle}", bundle=bundle, opening=earlier + 1, examples=len(self))
            self._log.append(known)
        return self.__examples, known.opening
