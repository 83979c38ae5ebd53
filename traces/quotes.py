"""Whether a text quotes what somebody said: for finding a person's words where they were carried on to.

A proposal shows inputs, a reflection asks about them, a version has them as examples. Words are compared without
case, accents and signs; eight in a row are a quotation, for fewer are shared by people who ask for the same thing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from traces.search import words_of
from traces.stubs import WORD

RUN: Final = 8
"""Words in a row."""

FEWEST: Final = 3
"""A text of fewer words than `RUN` counts where it is quoted whole; one of fewer than this says too little."""


@dataclass(frozen=True)
class Quotes:
    """What is looked for: rows of words, and the names of examples whose every mention tells of a run."""

    rows: Mapping[int, Collection[tuple[str, ...]]] = field(default_factory=dict)
    """By their length."""
    examples: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    """Ids of conversations that a person may be known by -> what is read in their place."""

    def has(self, text: str) -> bool:
        """Whether the text quotes any of it."""
        words = words_of(text)
        return any(
            tuple(words[at : at + length]) in rows
            for length, rows in self.rows.items()
            for at in range(len(words) - length + 1)
        )

    def without(self, value: Any) -> Any:
        """JSON-ready data with a word in the place of each text that quotes; the value itself where none does."""
        match value:
            case str():
                return self.names.get(value) or (WORD if self.has(value) else value)
            case list():
                items = [self.without(item) for item in value]
                return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
            case dict():
                return self._without(value)
        return value

    def _without(self, value: dict[str, Any]) -> dict[str, Any]:
        if value.get("example") in self.examples:
            blank = {name: item if name in _NAMES else _blank(item) for name, item in value.items()}
            return value if blank == value else blank
        items = {name: self.without(item) for name, item in value.items()}
        return items if any(items[name] is not value[name] for name in items) else value


_NAMES: Final = frozenset({"example", "bundle", "run_before", "run_after", "run_id", "pool", "op", "kind"})
"""Of what is said about an example: names, not words."""


def _blank(value: Any) -> Any:
    return WORD if isinstance(value, str | dict | list) and value else value


def quotes_of(
    texts: Iterable[str], examples: Iterable[str] = (), names: Mapping[str, str] | None = None, person: str = ""
) -> Quotes:
    """What to look for when these texts, and the examples made of them, must not be found any more.

    Args:
        texts: what was said.
        examples: ids of examples; all that is said beside one goes.
        names: ids of conversations -> what is read in their place.
        person: a name that counts whole, however short it is.
    """
    rows: dict[int, set[tuple[str, ...]]] = {}
    for text in (person, *texts):
        words = words_of(text)
        length = min(len(words), RUN)
        if length >= (1 if text is person else FEWEST):
            found = rows.setdefault(length, set())
            found.update(tuple(words[at : at + length]) for at in range(len(words) - length + 1))
    return Quotes(rows, frozenset(examples), names or {})
