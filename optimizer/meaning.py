"""What a text means, as a vector: static word embeddings that come inside a package, so that nothing is ever fetched.

Prevents the same question in other words from standing on both sides of a split. Mean vectors of words know no order
and no negation: they may put texts into one family, which is careful, and hold a sentence for a person; they never
make a copy of one and never refuse anything.
"""

import logging
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from traces.previews import storable

Floats = npt.NDArray[np.float32]

ALIKE: Final = 0.4
"""Cosine from which two texts are of one family. Chosen on half of the labelled paraphrases of `make bench-nights`,
which prints precision and recall on the other."""

SAID_AGAIN: Final = 0.8
"""Cosine from which a sentence says again what another said: above all of the example companies' honest comments."""

WIDTH: Final = 256


@cache
def _model() -> Any:
    """The package's own vectors; None where it is not installed."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        import wordllama  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        return None
    finally:  # it sets the logging of the whole process up: every HTTP request would be told on the screen
        root.handlers[:] = handlers
        root.setLevel(level)
    inside = Path(wordllama.__file__).parent  # it looks for its own files everywhere else first
    return wordllama.WordLlama.load(dim=WIDTH, cache_dir=inside, disable_download=True)


def is_known() -> bool:
    """Whether there are vectors here. Without, families and taint go by words alone."""
    return _model() is not None


def vectors(texts: list[str]) -> Floats:
    """One row of length one for each text; zeros where nothing is known of its words. Shape (texts, WIDTH)."""
    if not texts or _model() is None:
        return np.zeros((len(texts), WIDTH), dtype=np.float32)
    # Half a surrogate pair is no text to the tokenizer, and anybody can send one.
    found: Floats = np.nan_to_num(np.asarray(_model().embed([storable(text) for text in texts]), dtype=np.float32))
    length = np.linalg.norm(found, axis=1, keepdims=True)
    rows: Floats = np.divide(found, length, out=np.zeros_like(found), where=length > 0)
    return rows


class NearestMeaning:
    """Finds which of the texts added before means most nearly the same."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._rows: Floats = np.zeros((16, WIDTH), dtype=np.float32)

    def add(self, name: str, vector: Floats) -> None:
        """Take one more in."""
        if len(self._names) == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[len(self._names)] = vector
        self._names.append(name)

    def find(self, vector: Floats, least: float) -> str | None:
        """The name of the nearest with a cosine of at least `least`; ties: the oldest."""
        if not self._names:
            return None
        likeness = self._rows[: len(self._names)] @ vector
        at = int(np.argmax(likeness))
        return self._names[at] if likeness[at] >= least else None
