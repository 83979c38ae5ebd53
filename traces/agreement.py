"""How far reviewers agree: kappa of each two, alpha of all, with intervals, and the runs on which they do not.

Cohen's kappa (1960) for two, Krippendorff's alpha (2004, nominal data, any number of reviewers a run) for all; both
are 1 where all agree and 0 where they agree as often as chance has it. Intervals are the bootstrap's over runs, 95 %.
Prevents: corrections taken for the truth that the next reviewer would have given otherwise.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from traces.events import FeedbackGiven
from traces.store import list_feedback
from traces.tables import RUNS

On = Literal["score", "label"]
RESAMPLES: Final = 1_000
SEED: Final = 20_261_125
FEWEST: Final = 5
"""Runs that two reviewers share from which an interval is given: of fewer it would be from anything to anything."""

MOST: Final = 10_000
"""Runs that are looked at, the newest."""

Words = Mapping[str, str]
"""Reviewer -> what they said of one run."""


@dataclass(frozen=True)
class Estimate:
    """A coefficient; `low` and `high` are None where there is too little to say."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Pair:
    """Two reviewers on the runs that both judged."""

    one: str
    other: str
    runs: int
    agreed: int
    kappa: Estimate


@dataclass(frozen=True)
class Agreement:
    """All reviewers, each two of them, and the runs on which somebody says something else."""

    runs: int
    """Runs with at least two reviewers."""
    agreed: int
    alpha: Estimate
    pairs: tuple[Pair, ...]
    disputed: tuple[tuple[str, Words], ...]


def words_on(feedback: Iterable[FeedbackGiven], on: On) -> dict[str, str]:
    """Each reviewer's newest word on a run: `right`, `partly` or `wrong`, or the label."""
    said: dict[str, str] = {}
    for one in feedback:
        word = one.label if on == "label" else _verdict(one)
        if one.explicit and one.op is None and one.tier in {"reviewer", "imported"} and word:
            said[one.provenance.by] = word
    return said


def _verdict(one: FeedbackGiven) -> str | None:
    if one.score is not None:
        return "right" if one.score >= 1 else "wrong" if one.score <= 0 else "partly"
    return "wrong" if one.correction is not None else None


def agreement(said: Mapping[str, Words]) -> Agreement:
    """The agreement in what was said, run -> reviewer -> word. The same words give the same intervals."""
    shared = {run: words for run, words in said.items() if len(words) > 1}
    disputed = [(run, words) for run, words in shared.items() if len(set(words.values())) > 1]
    people = sorted({by for words in shared.values() for by in words})
    pairs = [_pair(one, other, shared) for one, other in combinations(people, 2)]
    together = _estimated([list(words.values()) for words in shared.values()], alpha)
    both = tuple(pair for pair in pairs if pair.runs)
    return Agreement(len(shared), len(shared) - len(disputed), together, both, tuple(disputed))


def _pair(one: str, other: str, said: Mapping[str, Words]) -> Pair:
    both = [[words[one], words[other]] for words in said.values() if one in words and other in words]
    return Pair(one, other, len(both), sum(a == b for a, b in both), _estimated(both, kappa))


def kappa(both: Sequence[Sequence[str]]) -> float | None:
    """Cohen's kappa over [one's word, the other's] a run; None where chance alone would have them agree always."""
    n = len(both)
    if not n:
        return None
    observed = sum(one == other for one, other in both) / n
    first, second = Counter(one for one, _ in both), Counter(other for _, other in both)
    expected = sum(first[word] * second[word] for word in first) / n**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def alpha(units: Sequence[Sequence[str]]) -> float | None:
    """Krippendorff's alpha for nominal data over the words of each run; None where only one word was ever said."""
    total: Counter[str] = Counter()
    differing = 0.0
    for words in units:
        count = Counter(words)
        total.update(count)
        differing += sum(n * (len(words) - n) for n in count.values()) / (len(words) - 1)
    n = sum(total.values())
    expected = sum(count * (n - count) for count in total.values())
    return None if not expected else 1 - differing * (n - 1) / expected


def _estimated(units: Sequence[Sequence[str]], how: Callable[[Sequence[Sequence[str]]], float | None]) -> Estimate:
    value = how(units)
    if value is None or len(units) < FEWEST:
        return Estimate(value)
    chance = random.Random(SEED)
    drawn = (how(chance.choices(units, k=len(units))) for _ in range(RESAMPLES))
    values = sorted(one for one in drawn if one is not None)
    if len(values) < RESAMPLES / 2:
        return Estimate(value)
    return Estimate(value, values[int(0.025 * len(values))], values[int(0.975 * len(values))])


def read_agreement(session: Session, where: Sequence[sa.ColumnElement[bool]], on: On) -> Agreement:
    """The agreement on the newest judged runs that these conditions mean (`traces.filters.conditions`)."""
    query = sa.select(RUNS.c.id).where(RUNS.c.feedback > 1, *where).order_by(RUNS.c.started_at.desc(), RUNS.c.id)
    runs = list(session.execute(query.limit(MOST)).scalars())
    given = list_feedback(session, runs)
    return agreement({run: words_on(given[run], on) for run in runs})
