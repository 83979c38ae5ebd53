"""How commands print: JSON for programs, the same lines as the terminal app for people.

Prevents: a list that looks one way in `strop runs list` and another in `strop tui`, and an escape sequence in a
tool's result that drives the terminal (lines are cleaned where they are made, in `tui.lines`).
"""

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel
    from rich.console import Console

    from tui.glyphs import Glyphs
    from tui.lines.line import Line

PIPE_WIDTH: Final = 200
"""Cells of a line where nobody's terminal says how wide it is."""

STYLES: Final = {
    "text": "", "muted": "bright_black", "accent": "cyan", "good": "green", "bad": "red", "warn": "yellow",
    "think": "magenta", "reasoning": "dim italic", "tool": "blue", "error": "bold red",
    "added": "bold green", "removed": "strike red", "same": "",
}  # fmt: skip
"""Roles of spans in the sixteen colours that every terminal's own palette makes readable."""


def print_json(value: "BaseModel | Sequence[BaseModel] | dict[str, Any] | list[Any]") -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(_plain(value), indent=2, ensure_ascii=False, default=_told))


def _told(value: Any) -> Any:
    """What JSON has no word for: a time as everywhere else on the wire."""
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value, fallback=str)


def hand_over(text: str, output: "Path | None", said: str, facts: "dict[str, Any] | None") -> None:
    """Give a text to the file asked for, else to the screen; with `facts`, print those and the file's name."""
    if output is not None:
        output.write_text(text, encoding="utf-8")
    if facts is not None:
        print_json({**facts, "file": None if output is None else str(output)})
    elif output is None:
        click.echo(text, nl=False)
    else:
        say(said)


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


@cache
def console(*, err: bool = False) -> "Console":
    """The console on stdout, or the one on stderr for what is said beside the result."""
    from rich.console import Console

    return Console(stderr=err, highlight=False, markup=False, soft_wrap=True)


def width() -> int:
    """Cells to draw lists in."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH


def glyphs() -> "Glyphs":
    """The signs that stdout can show."""
    from tui.glyphs import glyphs_for

    return glyphs_for(sys.stdout.encoding)


def print_lines(lines: "Iterable[Line]") -> None:
    """Lines of `tui.lines` in colours."""
    from rich.text import Text

    for line in lines:
        text = Text()
        for piece, role in line.spans:
            text.append(piece, style=style(role))
        text.rstrip()
        console().print(text)


def style(role: str) -> str:
    """The colours of a role; `.bold` is a suffix of any."""
    name, _, more = role.partition(".")
    return f"{STYLES.get(name, '')} {more}".strip()


def say(text: str, role: str = "muted") -> None:
    """A line beside the result, on stderr: what happens, what to do next."""
    console(err=True).print(text, style=style(role))
