"""What is right when several people said something: one voice each, and nobody against all others. Pure.

Prevents one reviewer, hostile or careless, from deciding what every later version learns: where two disagree the
majority counts, a tie is nobody's, and who contradicts the others again and again is not listened to.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scipy import stats  # type: ignore[import-untyped]

from optimizer.examples import Tier
from traces.ids import canonical_json

COMPARED: Final = 5
"""Judgements that others have judged too, from which on a reviewer can be told from chance."""

CHANCE: Final = 0.01
"""One-sided: how unlikely so little agreement must be for a reviewer as good as the others."""


@dataclass(frozen=True)
class Vote:
    """The newest word of one person on one run: what is right (empty: only a comment)."""

    by: str
    tier: Tier
    expected: Mapping[str, Any]
    comments: tuple[str, ...] = ()
    score: float | None = None

    @property
    def answer(self) -> str:
        """What is right, to compare by."""
        return canonical_json(self.expected)


@dataclass(frozen=True)
class Standing:
    """How often a reviewer agreed with the others, of how many comparisons; and how often the others agree."""

    agreed: int
    compared: int
    others: float

    @property
    def hostile(self) -> bool:
        """Whether so little agreement is no chance."""
        if self.compared < COMPARED or self.others <= 0.5 or self.agreed >= 0.5 * self.others * self.compared:
            return False
        return bool(stats.binomtest(self.agreed, self.compared, self.others, alternative="less").pvalue < CHANCE)


def standings(families: Mapping[str, Sequence[Vote]]) -> dict[str, Standing]:
    """Each reviewer against the majority of the others in each family. `families`: votes that have an answer."""
    told: dict[str, list[bool]] = defaultdict(list)
    for votes in families.values():
        own: dict[str, Counter[str]] = defaultdict(Counter)
        for vote in votes:
            own[vote.by][vote.answer] += 1
        everybody = sum(own.values(), Counter())
        for by, answers in own.items():
            majority = _majority(everybody - answers)
            if majority is not None:
                told[by] += [answer == majority for answer in answers.elements()]
    found = {}
    for by, agreed in told.items():
        rest = [one for other, many in told.items() if other != by for one in many]
        others = sum(rest) / len(rest) if rest else 0.0
        found[by] = Standing(sum(agreed), len(agreed), others)
    return found


def hostile(families: Mapping[str, Sequence[Vote]]) -> dict[str, Standing]:
    """Those who are not listened to. The one who differs most goes first: what is left is looked at again."""
    left = {family: list(votes) for family, votes in families.items()}
    found: dict[str, Standing] = {}
    while True:
        bad = {by: one for by, one in standings(left).items() if one.hostile}
        if not bad:
            return found
        worst = min(bad, key=lambda by: (bad[by].agreed / bad[by].compared, by))
        found[worst] = bad[worst]
        left = {family: [vote for vote in votes if vote.by != worst] for family, votes in left.items()}


def settle(votes: Iterable[Vote]) -> Vote | None:
    """The vote that stands for all: the newest of the majority's; None where the people disagree evenly."""
    newest: dict[str, Vote] = {}
    for vote in votes:  # in the order they were given
        if vote.expected:
            newest[vote.by] = vote
    majority = _majority(Counter(vote.answer for vote in newest.values()))
    return next((vote for vote in reversed(newest.values()) if vote.answer == majority), None)


def _majority(answers: Counter[str]) -> str | None:
    """The answer given most; None where none is, or two are equally often."""
    counted = answers.most_common(2)
    if not counted or (len(counted) == 2 and counted[0][1] == counted[1][1]):
        return None
    return counted[0][0]
