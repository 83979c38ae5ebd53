"""Where a candidate's words come from; prevents what a customer or a tool said from becoming an instruction.

What is new in a candidate's instructions and rules is held against all that came from outside: customers' messages,
tools' results, feedback of untrusted tiers. A sentence that shares a run of words with one of them, or most of its
character n-grams with one of their sentences, or nearly its meaning (`optimizer.meaning`), descends from it. An order
in quite other words is stopped by `optimizer.privileges`, or by the person who approves.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.families import GRAM
from optimizer.meaning import SAID_AGAIN, vectors
from optimizer.normal import sentences, spelled, words

RUN: Final = 7
"""Words in a row that two people do not write by chance."""

SHARE: Final = 0.75
"""Share of a sentence's character n-grams found in one outside sentence from which on it counts as taken from it."""

SHORT: Final = 24
"""Characters below which a sentence is not judged by its n-grams: short ones of one trade are alike."""

PART: Final = 2048
"""Sentences whose meaning is worked out at a time."""

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]
_NONE: Final[Hashes] = np.zeros(0, dtype=np.uint64)
_MASK: Final = 2**64 - 1
_MIXED: Final = np.uint64(0x9E3779B97F4A7C15)
"""An odd number whose bits look like chance: 2 to the 64 over the golden ratio."""


@dataclass(frozen=True)
class Descent:
    """One new sentence and the outside text it descends from."""

    sentence: str
    source: str


class Taint:
    """An index of outside texts: some 20 bytes for each of their characters, and each sentence once.

    Args:
        outside: (name of the source, text), gone through once; only the sentences are kept.
    """

    def __init__(self, outside: Iterable[tuple[str, str]]) -> None:
        self._sources: list[str] = []
        self._sentences: list[str] = []
        self._said_in = array("i")
        """By sentence, the number of the source that said it first."""
        seen: set[str] = set()
        runs, lengths = [], []
        for source, (name, text) in enumerate(outside):
            self._sources.append(name)
            runs.append(_hashes_of_runs(words(text)))
            lengths.append(len(runs[-1]))
            for sentence in sentences(text):
                if len(sentence) >= SHORT and sentence not in seen:
                    seen.add(sentence)
                    self._sentences.append(sentence)
                    self._said_in.append(source)
        said_in = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        self._runs, first = np.unique(np.concatenate([_NONE, *runs]), return_index=True)
        """In order, each once; and who said it first."""
        self._run_said_in = said_in[first]

    def find(self, text: str) -> list[Descent]:
        """The sentences of `text` that descend from an outside text."""
        found: dict[str, str] = {}
        asked = sentences(text)
        for sentence in asked:
            source = self._by_run(sentence) or self._by_grams(sentence)
            if source is not None:
                found[sentence] = source
        found |= self._by_meaning([one for one in asked if one not in found and len(one) >= SHORT])
        return [Descent(one, found[one]) for one in asked if one in found]

    def _by_run(self, sentence: str) -> str | None:
        own = _hashes_of_runs(words(sentence))
        if not len(own) or not len(self._runs):
            return None
        at = np.minimum(np.searchsorted(self._runs, own), len(self._runs) - 1)
        same = at[self._runs[at] == own]
        return self._sources[self._run_said_in[same[0]]] if len(same) else None

    def _by_grams(self, sentence: str) -> str | None:
        if len(sentence) < SHORT or not self._sentences:
            return None
        having, said_in = self._grams
        own = _hashes_of_grams(sentence)
        begin, end = np.searchsorted(having, own, side="left"), np.searchsorted(having, own, side="right")
        shared = np.zeros(len(self._sentences), dtype=np.int32)
        for one, other in zip(begin, end, strict=True):
            shared[said_in[one:other]] += 1
        best = int(np.argmax(shared))
        return self._source(best) if shared[best] >= SHARE * len(own) else None

    def _by_meaning(self, asked: list[str]) -> dict[str, str]:
        if not asked or not self._sentences:
            return {}
        wanted = vectors(asked).T
        likeness = np.concatenate([part.astype(np.float32) @ wanted for part in self._vectors])
        best, height = np.argmax(likeness, axis=0), np.max(likeness, axis=0)
        return {
            one: self._source(int(at))
            for one, at, high in zip(asked, best, height, strict=True)
            if high >= SAID_AGAIN
        }  # fmt: skip

    def _source(self, sentence: int) -> str:
        return self._sources[self._said_in[sentence]]

    @cached_property
    def _grams(self) -> tuple[Hashes, Numbers]:
        """The n-grams of all sentences in order, and beside each the number of its sentence."""
        each = [_hashes_of_grams(sentence) for sentence in self._sentences]
        said_in = np.repeat(np.arange(len(each), dtype=np.int32), [len(one) for one in each])
        having = np.concatenate([_NONE, *each])
        order = np.argsort(having, kind="stable")
        return having[order], said_in[order]

    @cached_property
    def _vectors(self) -> list[npt.NDArray[np.float16]]:
        """What the sentences mean, PART of them at a time. Shapes (sentences of the part, WIDTH)."""
        starts = range(0, len(self._sentences), PART)
        return [vectors(self._sentences[at : at + PART]).astype(np.float16) for at in starts]


def _hashes_of_runs(told: list[str]) -> Hashes:
    """A number for each RUN words in a row; that two different ones share it by chance need not be feared."""
    hashes = np.fromiter((hash(word) & _MASK for word in told), dtype=np.uint64, count=len(told))
    return _rolled(hashes, RUN)


def _hashes_of_grams(sentence: str) -> Hashes:
    """A number for each different n-gram, as `optimizer.families` counts them."""
    text = spelled(sentence)
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    return np.unique(_rolled(points * _MIXED, min(GRAM, len(text))))


def _rolled(values: Hashes, length: int) -> Hashes:
    """A number for each `length` values in a row, a polynomial modulo 2 to the 64. Shape (n - length + 1,)."""
    many = len(values) - length + 1
    if many <= 0:
        return _NONE
    total = np.zeros(many, dtype=np.uint64)
    for at in range(length):
        total = total * _MIXED + values[at : at + many]
    return total
