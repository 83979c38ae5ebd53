"""Which texts are alike: near-duplicates and families, by character n-grams; prevents one question asked ten times
from counting as ten, and its copies from standing on both sides of a split.

Leaders in order of arrival (Hartigan's leader clustering): a text joins the first leader it resembles enough, else it
becomes one. Later texts never move earlier ones, so a family keeps its name over all nights.
"""

from collections import Counter, defaultdict
from typing import Final

GRAM: Final = 5
"""Characters in one n-gram: shorter ones are shared by unrelated texts of one trade."""

FAMILY: Final = 0.4
"""Jaccard similarity from which two texts are of one family (a template with other names reaches about 0.6)."""

COPY: Final = 0.85
"""Jaccard similarity from which the second text teaches nothing new."""


def grams(text: str) -> frozenset[str]:
    """The n-grams of a text, without case and white space differences."""
    plain = " ".join(text.casefold().split())
    if len(plain) <= GRAM:
        return frozenset({plain})
    return frozenset(plain[at : at + GRAM] for at in range(len(plain) - GRAM + 1))


class Nearest:
    """Finds the most similar of the texts added before, by an inverted index over their n-grams."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._sizes: list[int] = []
        self._index: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, name: str, text: str) -> None:
        """Take one more text in."""
        found = grams(text)
        at = len(self._names)
        self._names.append(name)
        self._sizes.append(len(found))
        for gram in found:
            self._index[gram].append(at)

    def find(self, text: str, least: float) -> str | None:
        """The name of the most similar text with Jaccard similarity of at least `least`; ties: the oldest."""
        found = grams(text)
        shared: Counter[int] = Counter()
        for gram in found:
            shared.update(self._index.get(gram, ()))
        best: tuple[float, int] | None = None
        for at, count in shared.items():
            likeness = count / (len(found) + self._sizes[at] - count)
            if likeness >= least and (best is None or (likeness, -at) > best):
                best = (likeness, -at)
        return None if best is None else self._names[-best[1]]
