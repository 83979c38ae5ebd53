"""A person's own keys: checked before the first screen is drawn, and every key there is, to be read.

Prevents: a key that means two things on some screen, and one that was misspelt and does nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from typing import Any, Final

from textual.binding import Binding
from textual.keys import Keys, key_to_character

from agents.errors import WorkspaceError
from tui.app import StropApp
from tui.named import name_of
from tui.screens.room import Room
from tui.widgets.key_bar import display
from tui.widgets.line_view import LineView

SPECIAL: Final = frozenset({"/", "enter"})
"""Keys whose meaning a list or a screen makes more special: they search, or open, something of its own."""
MODIFIERS: Final = frozenset({"ctrl", "alt", "shift", "super", "hyper", "meta"})


@dataclass(frozen=True)
class Meaning:
    """What a key does somewhere: its name for the keymap, the keys as they are, the place and the words."""

    name: str
    keys: tuple[str, ...]
    place: str
    does: str
    writes: bool


def checked(given: Mapping[str, str]) -> dict[str, str]:
    """The keymap of the app for what a person wrote.

    Args:
        given: words of the help or a name -> keys, separated by commas.

    Raises:
        WorkspaceError: a name or a key that there is not, or a key that would mean two things on one screen.
    """
    known = {one.name for one in meanings()}
    keymap: dict[str, str] = {}
    for words, keys in given.items():
        name = name_of(words)
        if name not in known:
            near = ", ".join(get_close_matches(name, known)) or "nothing like it"
            raise WorkspaceError(
                f"no key does {words!r}; there is {near}", hint="`strop keys` lists what keys do, by name."
            )
        for key in _split(keys):
            if not _is_key(key):
                hint = "A letter, a sign, f1 to f12, home, pageup …, or one with ctrl+, alt+ or shift+ before it."
                raise WorkspaceError(f"{words!r}: {key!r} is no key", hint=hint)
        keymap[name] = ",".join(_split(keys))
    _refuse_clashes(keymap)
    return keymap


def meanings(keymap: Mapping[str, str] | None = None) -> list[Meaning]:
    """Every key there is, place by place, with the person's own where there are."""
    found: dict[tuple[str, str], Meaning] = {}
    for kind in (StropApp, *_below(Room), *_below(LineView)):
        for binding in _own(kind):
            assert binding.id is not None  # named when its class was made
            keys = tuple(_split((keymap or {}).get(binding.id, binding.key)))
            writes = binding.action.split("(")[0] in getattr(kind, "WRITES", ())
            place = _place(kind)
            shown = tuple(display(key) for key in keys)
            found.setdefault((place, binding.id), Meaning(binding.id, shown, place, binding.description, writes))
    return list(found.values())


def _refuse_clashes(keymap: Mapping[str, str]) -> None:
    mine = {_sign(key): name for name, keys in keymap.items() for key in _split(keys)}
    for screen in _below(Room):
        for view in _below(LineView):
            seen: dict[str, Binding] = {}
            for binding in chain.from_iterable(_own(kind) for kind in (*_lineage(view), *_lineage(screen), StropApp)):
                for key in map(_sign, _split(keymap.get(str(binding.id), binding.key))):
                    other = seen.setdefault(key, binding)
                    if other.action != binding.action and key in mine and key not in SPECIAL:
                        told = f"{display(key)!r} would mean {other.description!r} and {binding.description!r}"
                        raise WorkspaceError(
                            f"{told} on the screen of {_place(screen)}",
                            hint="Give one of them another key; `strop keys` lists them all.",
                        )


def _lineage(kind: type) -> Iterator[type]:
    return (layer for layer in kind.__mro__ if layer.__module__.startswith("tui."))


def _below(kind: type) -> list[type]:
    """The class and all that are made of it, those of the tests aside."""
    under = [kind, *chain.from_iterable(map(_below, kind.__subclasses__()))]
    return [one for one in dict.fromkeys(under) if one.__module__.startswith("tui.")]


def _own(kind: type) -> Iterable[Any]:
    bindings: Iterable[Any] = kind.__dict__.get("BINDINGS", ())
    return bindings


def _place(kind: type) -> str:
    names = {"StropApp": "everywhere", "Room": "every screen", "LineView": "every list", "Document": "a page"}
    plain = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).strip()
    return names.get(kind.__name__, plain.removesuffix(" screen"))


def _split(keys: str) -> list[str]:
    """Keys of a list; a comma alone is one too."""
    return [","] if keys.strip() == "," else [key.strip() for key in keys.split(",") if key.strip()]


def _sign(key: str) -> str:
    """The letter or sign that a key writes, else its name: `question_mark` and `?` are one."""
    return key_to_character(key) or key


def _is_key(key: str) -> bool:
    *modifiers, last = [key] if len(key) == 1 else key.split("+")
    known = len(last) == 1 or key_to_character(last) is not None or last in {one.value for one in Keys}
    return known and set(modifiers) <= MODIFIERS
