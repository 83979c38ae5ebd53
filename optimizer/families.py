"""Which texts are alike: near-duplicates and families, by character n-grams; prevents one question asked ten times
from counting as ten, and its copies from standing on both sides of a split.

Leaders in order of arrival (Hartigan's leader clustering): a text joins the first leader it resembles enough, else it
becomes one. Later texts never move earlier ones, so a family keeps its name over all nights.
"""

from array import array
from typing import Final

import numpy as np

from optimizer.normal import spelled

GRAM: Final = 5
"""Characters in one n-gram: shorter ones are shared by unrelated texts of one trade."""

FAMILY: Final = 0.4
"""Jaccard similarity from which two texts are of one family (a template with other names reaches about 0.6)."""

COPY: Final = 0.85
"""Jaccard similarity from which the second text teaches nothing new."""


def grams(text: str) -> frozenset[str]:
    """The n-grams of a text, without case and white space differences."""
    plain = spelled(text)
    if len(plain) <= GRAM:
        return frozenset({plain})
    return frozenset(plain[at : at + GRAM] for at in range(len(plain) - GRAM + 1))


class Nearest:
    """Finds the most similar of the texts added before, by an inverted index over their n-grams."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._sizes = array("i")
        self._index: dict[str, array[int]] = {}
        """By n-gram, the numbers of the texts that have it. Shape (texts with it,)."""

    def add(self, name: str, text: str) -> None:
        """Take one more text in."""
        found = grams(text)
        at = len(self._names)
        self._names.append(name)
        self._sizes.append(len(found))
        for gram in found:
            self._index.setdefault(gram, array("i")).append(at)

    def find(self, text: str, least: float) -> str | None:
        """The name of the most similar text with Jaccard similarity of at least `least`; ties: the oldest."""
        found = grams(text)
        # The arrays are seen only until they are put together: one that is looked at cannot grow.
        having = [np.frombuffer(self._index[gram], dtype=np.intc) for gram in found if gram in self._index]
        if not having:
            return None
        shared = np.bincount(np.concatenate(having), minlength=len(self._names))
        likeness = shared / (len(found) + np.frombuffer(self._sizes, dtype=np.intc) - shared)
        best = int(np.argmax(likeness))
        return self._names[best] if likeness[best] >= least else None
