"""What a key does has a name: the words that the help shows, in small letters with dashes: `next-error`.

A person's own keys are said by that name, on every screen alike. Prevents: a key that can be seen and not be moved.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from textual.binding import Binding


def name_of(words: str) -> str:
    """The name of what these words say; `Next error`, `next error` and `next-error` are one."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def named(bindings: Iterable[Any]) -> list[Binding]:
    """The bindings, each with its name."""
    return [replace(one, id=name_of(one.description)) for one in bindings]


class Named:
    """Mixed into what has keys, before Textual's class: names the bindings of each subclass when it is made."""

    def __init_subclass__(cls, **options: Any) -> None:
        if "BINDINGS" in cls.__dict__:
            cls.BINDINGS = named(cls.__dict__["BINDINGS"])  # type: ignore[attr-defined]
        super().__init_subclass__(**options)
