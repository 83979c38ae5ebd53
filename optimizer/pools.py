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
from optimizer.pins import pinned_families
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


def make_pools(
    examples: Sequence[Example], shares: Shares, kept: Mapping[str, Pool], log: NightLog, *,
    pins: Mapping[str, Pool] | None = None, by_time: bool = False,
) -> Pools:  # fmt: skip
    """Split examples by family.

    Args:
        examples: all there are.
        shares: how large each pool is to be.
        kept: the pool of each family that an earlier night placed.
        log: the night's stream, which counts openings.
        pins: run -> pool, as people pinned them: the whole family goes there, if that spoils no proof.
        by_time: of the new families, the oldest are learned from and the newest prove.
    """
    known = {**kept, **pinned_families(examples, pins or {}, kept)}
    place = assign_by_time if by_time else assign
    families = {**known, **place(examples, shares, known)}
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


def assign_by_time(examples: Sequence[Example], shares: Shares, kept: Mapping[str, Pool]) -> dict[str, Pool]:
    """The pool of each family that has none yet, by when it was first seen: no two pools share a stretch of time.

    What is learned from the past is proven on what came later, as it will be used. Runs of one moment (an incident, a
    campaign) are alike though their words differ; cut by time, they stand on one side. Strata come as they come.
    """
    members: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        if example.family not in kept:
            members[example.family].append(example)
    order = sorted(members, key=lambda family: (min(_moment(one) for one in members[family]), family))
    total, seen = sum(map(len, members.values())), 0
    placed: dict[str, Pool] = {}
    for family in order:
        middle = (seen + len(members[family]) / 2) / total
        seen += len(members[family])
        until_select = shares["reflect"] + shares["select"]
        placed[family] = "reflect" if middle < shares["reflect"] else "select" if middle < until_select else "sealed"
    return placed


def _moment(example: Example) -> float:
    return example.started.timestamp() if example.started else 0.0


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

    What was chosen because it did well on an example does so again by luck. Once the fresh ones are half of the pool
    or more, the worn ones rest. A fresh pool opens no new account of the error: `optimizer.gate.correction`.
    """
    seen = frozenset[str]().union(*worn)
    fresh = tuple(example for example in everything if example.id not in seen)
    return fresh if 2 * len(fresh) >= len(everything) else tuple(everything)


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

    def open(self, bundle: str, incumbent: str) -> tuple[tuple[Example, ...], int]:
        """(the examples, the number of this candidate in the agent's life) for proving one bundle.

        Written to the ledger before it returns. Opening again for the same bundle in a resumed night is the same
        opening; a candidate of an earlier night that is gone on with keeps its number.
        """
        opened = self._log.sealed_openings()
        known = next((one for one in opened if one.bundle == bundle), None)
        if known is None:
            numbers = self._log.numbers()
            last = max([*numbers.values(), *(one.number or 0 for one in opened)], default=0)
            number = numbers.get((bundle, incumbent), last + 1)
            opening = len(self._worn) + len(opened) + 1
            known = SealedOpened(
                op=f"open/{bundle}", bundle=bundle, opening=opening, number=number, examples=len(self)
            )
            self._log.append(known)
        return self.__examples, known.number or known.opening
