"""Where a candidate's words come from; prevents what a customer or a tool said from becoming an instruction.

What is new in a candidate's instructions and rules is held against all that came from outside: customers' messages,
tools' results, feedback of untrusted tiers. A sentence that shares a run of words with one of them, or most of its
character n-grams with one of their sentences, or nearly its meaning (`optimizer.meaning`), descends from it. An order
in quite other words is stopped by `optimizer.privileges`, or by the person who approves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from optimizer.families import grams
from optimizer.meaning import SAID_AGAIN, Floats, vectors
from optimizer.normal import sentences, words

RUN: Final = 7
"""Words in a row that two people do not write by chance."""

SHARE: Final = 0.75
"""Share of a sentence's character n-grams found in one outside sentence from which on it counts as taken from it."""

SHORT: Final = 24
"""Characters below which a sentence is not judged by its n-grams: short ones of one trade are alike."""


@dataclass(frozen=True)
class Descent:
    """One new sentence and the outside text it descends from."""

    sentence: str
    source: str


class Taint:
    """An index of outside texts.

    Args:
        outside: (name of the source, text).
    """

    def __init__(self, outside: Iterable[tuple[str, str]]) -> None:
        self._runs: dict[tuple[str, ...], str] = {}
        self._names: list[str] = []
        self._index: defaultdict[str, list[int]] = defaultdict(list)
        self._sentences: list[str] = []
        for name, text in outside:
            told = words(text)
            for at in range(len(told) - RUN + 1):
                self._runs.setdefault(tuple(told[at : at + RUN]), name)
            for sentence in sentences(text):
                if len(sentence) >= SHORT:
                    at = len(self._names)
                    self._names.append(name)
                    self._sentences.append(sentence)
                    for gram in grams(sentence):
                        self._index[gram].append(at)

    def find(self, text: str) -> list[Descent]:
        """The sentences of `text` that descend from an outside text."""
        found = []
        for sentence in sentences(text):
            source = self._by_run(sentence) or self._by_grams(sentence) or self._by_meaning(sentence)
            if source is not None:
                found.append(Descent(sentence, source))
        return found

    def _by_meaning(self, sentence: str) -> str | None:
        if len(sentence) < SHORT or not self._sentences:
            return None
        likeness = self._vectors @ vectors([sentence])[0]
        best = int(np.argmax(likeness))
        return self._names[best] if likeness[best] >= SAID_AGAIN else None

    @cached_property
    def _vectors(self) -> Floats:
        return vectors(self._sentences)

    def _by_run(self, sentence: str) -> str | None:
        told = words(sentence)
        rows = (tuple(told[at : at + RUN]) for at in range(len(told) - RUN + 1))
        return next((self._runs[row] for row in rows if row in self._runs), None)

    def _by_grams(self, sentence: str) -> str | None:
        if len(sentence) < SHORT:
            return None
        own = grams(sentence)
        shared: Counter[int] = Counter()
        for gram in own:
            shared.update(self._index.get(gram, ()))
        best = shared.most_common(1)
        return self._names[best[0][0]] if best and best[0][1] >= SHARE * len(own) else None
