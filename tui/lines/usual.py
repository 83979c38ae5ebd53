"""A call's arguments beside what the tool was sent before: what is as always, and what is not. Pure.

Prevents: an amount ten times the usual that looks like all the others.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tui.lines.figures import of

FEW: Final = 3
"""With fewer earlier calls nothing is called usual or unusual."""
MOSTLY: Final = 0.9
"""An argument that this share of earlier calls had is missed when it is not there."""


@dataclass(frozen=True)
class Argument:
    """One argument: its value as text, what is to be said about it, and whether it stands out."""

    name: str
    value: str
    told: str
    unusual: bool


def compared(arguments: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> list[Argument]:
    """Each argument with a word on how it compares; after them those that are missing though mostly given.

    Args:
        arguments: of the call to be decided on.
        earlier: of the tool's calls that were sent before, newest first.
    """
    found = [_argument(name, value, earlier) for name, value in arguments.items()]
    counts = Counter(name for call in earlier for name in call)
    missing = [
        Argument(name, "", f"not given; {count} of {len(earlier)} earlier calls had it", True)
        for name, count in counts.items()
        if name not in arguments and len(earlier) >= FEW and count >= MOSTLY * len(earlier)
    ]
    return found + missing


def _argument(name: str, value: Any, earlier: Sequence[Mapping[str, Any]]) -> Argument:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    known = [call[name] for call in earlier if name in call]
    if len(earlier) < FEW:
        return Argument(name, shown, _first(len(earlier)), False)
    if not known:
        return Argument(name, shown, f"never given in {len(earlier)} earlier calls", True)
    told, unusual = (
        _number(value, known) if _is_number(value) and all(map(_is_number, known)) else _other(value, known)
    )
    return Argument(name, shown, told, unusual)


def _first(count: int) -> str:
    return "the tool was never sent before" if not count else f"only {of(count, 'earlier call')}"


def _number(value: Any, known: Sequence[Any]) -> tuple[str, bool]:
    low, high = min(known), max(known)
    middle = sorted(known)[len(known) // 2]
    span = f"{low:g} to {high:g}, mostly about {middle:g}"
    if value > high:
        times = f", {value / middle:.1f} times that" if middle > 0 else ""
        return f"MORE than ever before ({len(known)} calls: {span}{times})", True
    if value < low:
        return f"LESS than ever before ({len(known)} calls: {span})", True
    return f"within what is usual ({len(known)} calls: {span})", False


def _other(value: Any, known: Sequence[Any]) -> tuple[str, bool]:
    keys = [_key(one) for one in known]
    same, kinds = keys.count(_key(value)), len(set(keys))
    if same:
        return f"as in {same} of {len(known)} earlier calls", False
    if kinds <= max(len(known) // 2, 1):  # one of a few values: a new one stands out
        return f"NEVER this before ({len(known)} calls, {of(kinds, 'value')})", True
    return f"another one each time ({len(known)} calls)", False


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
