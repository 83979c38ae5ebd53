"""The keys of the moment on one line, the most wanted first; `?` is always there, however narrow the screen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from tui.lines.cells import width_of
from tui.lines.line import Line
from tui.widgets.line_view import LineView

HELP = "app.help"
"""What is always on the line."""


@dataclass(frozen=True)
class Key:
    """A key with its name, what it does, and whose action that is (None: the screen's)."""

    key: str
    name: str
    action: str
    node: DOMNode | None = field(default=None, compare=False)


def keys_that_fit(keys: Sequence[Key], width: int) -> list[Key]:
    """The first keys that fit in `width` cells together with `?`, in order, and `?` at the end."""
    last = next((key for key in keys if key.action in {HELP, "help"}), Key("?", "Help", HELP))
    room = width - _wide(last)
    kept = []
    for key in keys:
        if key == last:
            continue
        room -= _wide(key)
        if room < 0:
            break
        kept.append(key)
    return [*kept, last]


def _wide(key: Key) -> int:
    return width_of(key.key) + width_of(key.name) + 3


def display(key: str) -> str:
    """A key as people write it."""
    names = {
        "question_mark": "?", "slash": "/", "colon": ":", "equals_sign": "=", "left_square_bracket": "[",
        "right_square_bracket": "]", "escape": "esc", "space": "space", "plus": "+",
    }  # fmt: skip
    return names.get(key, key)


class KeyBar(LineView, can_focus=False):
    """One line at the foot of a screen."""

    def __init__(self) -> None:
        super().__init__(show_cursor=False)
        self._keys: list[Key] = []
        self._ends: list[int] = []

    def on_mount(self) -> None:
        """Keys change with focus and state."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self.call_after_refresh(self._bindings_changed, self.screen)

    def row_count(self) -> int:
        """One."""
        return 1

    def row_at(self, index: int) -> Line:
        """The keys that fit."""
        keys = keys_that_fit(self._keys, self.columns)
        spans = [span for key in keys for span in ((f" {key.key}", "accent.bold"), (f" {key.name} ", "muted"))]
        return Line(tuple(spans)).clipped(self.columns)

    def _bindings_changed(self, screen: Screen[Any]) -> None:
        if screen is self.screen and self.is_attached:
            active = [(one.node, one.binding) for one in screen.active_bindings.values() if one.enabled]
            self._keys = ranked(active)
            self.rows_changed()

    def clicked(self, x: int, index: int) -> None:
        """A click on a key is that key."""
        at = 0
        for key in keys_that_fit(self._keys, self.columns):
            at += _wide(key)
            if x < at:
                node = key.node or self.screen
                self.run_worker(self.app.run_action(key.action, default_namespace=node), group="click")
                return


def ranked(active: Iterable[tuple[DOMNode, Binding]]) -> list[Key]:
    """Shown keys, one an action: what this screen can do alone or writes, its focused list, then what all can do."""
    seen: dict[str, Key] = {}
    for node, binding in sorted(active, key=_rank):
        if binding.show and binding.action not in seen:
            key = display(binding.key_display or binding.key)
            seen[binding.action] = Key(key, binding.description, binding.action, node)
    return list(seen.values())


def _rank(one: tuple[DOMNode, Binding]) -> int:
    node, binding = one
    if binding.action == "open":
        return -1
    if isinstance(node, Screen):
        own = type(node).__dict__.get("BINDINGS", ())
        writes = binding.action.split("(")[0] in getattr(node, "WRITES", ())
        return 0 if writes or any(isinstance(mine, Binding) and mine.action == binding.action for mine in own) else 2
    return 3 if isinstance(node, App) else 1
