"""What the terminal remembers of a person from one sitting to the next: filters they typed, views they saved.

A small file of their own, readable by nobody else. Prevents: a screen that does not start because that file is
broken, and two terminals that forget what the other one saved (each reads it again before it writes).
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

FILTERS: Final = 100
"""Filters kept, the newest."""
VIEWS: Final = 50
"""Views kept: more are in no list that is read."""
LONGEST: Final = 60
"""Characters of a view's name."""


class Memory:
    """Filters, oldest first, and saved views by name; without a file they last as long as the terminal."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.filters: list[str] = []
        self.views: dict[str, str] = {}
        self._read()

    def remember(self, text: str) -> None:
        """A filter was typed."""
        self._read()
        if text:
            self.filters = [*(one for one in self.filters if one != text), text][-FILTERS:]
            self._write()

    def save(self, name: str, text: str) -> None:
        """Keep a filter under a name, over what was kept under it.

        Raises:
            ValueError: no name, one that is too long, or more views than are kept; the message says which.
        """
        self._read()
        name = " ".join(name.split())
        if not name or len(name) > LONGEST:
            raise ValueError(f"a view has a name of 1 to {LONGEST} characters")
        if name not in self.views and len(self.views) >= VIEWS:
            raise ValueError(f"there are {VIEWS} views, which is the most; take one away first")
        self.views = {**self.views, name: text}
        self._write()

    def remove(self, name: str) -> bool:
        """Take a view away; False where there was none."""
        self._read()
        gone = self.views.pop(name, None) is not None
        if gone:
            self._write()
        return gone

    def _read(self) -> None:
        """What is in the file now; what cannot be read counts as nothing."""
        found: Any = None
        if self.path is not None:
            with suppress(OSError, ValueError, RecursionError):
                found = json.loads(self.path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            filters, views = found.get("filters"), found.get("views")
            if isinstance(filters, list):
                self.filters = [one for one in filters if isinstance(one, str)][-FILTERS:]
            if isinstance(views, dict):
                self.views = {str(name): text for name, text in views.items() if isinstance(text, str)}

    def _write(self) -> None:
        """Put it there whole or not at all; where that is not possible, it lasts as long as the terminal."""
        if self.path is None:
            return
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_suffix(f".{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps({"filters": self.filters, "views": self.views}, indent=1), encoding="utf-8")
            fresh.replace(self.path)
