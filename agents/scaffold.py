"""What `strop init` writes: a workspace that runs at once, never over anything that is there.

Prevents: a file of the user's lost to an example, and a half-written folder that the next try trips over.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agents.errors import UsageError, WorkspaceError

HELLO: Final = "hello"
EXAMPLES: Final = (HELLO, "insurer", "shop")
_TEMPLATES: Final = Path(__file__).parent / "templates"
_CHECKOUT: Final = Path(__file__).parent.parent / "examples"
_LEFT_OUT: Final = frozenset({"__pycache__", ".strop", ".mypy_cache", ".ruff_cache", ".pytest_cache"})
_RENAMED: Final = {"gitignore": ".gitignore"}
"""A file that would take effect in our own tree lies there under another name."""


def write_workspace(target: Path, example: str = HELLO) -> list[Path]:
    """Copy an example into `target`, which may be there if none of the example's files is. Gives the files.

    Raises:
        UsageError: a file is there already, or the example does not come with this installation.
        WorkspaceError: the folder cannot be written.
    """
    source = _source(example)
    wanted = {target / _RENAMED.get(str(path), path): source / path for path in _files(source)}
    taken = [path for path in wanted if os.path.lexists(path)]
    if taken:
        more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
        raise UsageError(
            f"{str(taken[0])!r} is there already{more}", hint="Choose another folder; nothing was written."
        )
    written: list[Path] = []
    try:
        for path, origin in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(path)
            shutil.copyfile(origin, path)
    except OSError as error:
        _take_back(written)
        raise WorkspaceError(
            f"cannot write {str(error.filename2 or error.filename or target)!r}: {error.strerror}",
            hint="Choose a folder that can be written; nothing was left behind.",
        ) from error
    return written


def _source(example: str) -> Path:
    if example == HELLO:
        return _TEMPLATES / HELLO
    if example not in EXAMPLES:
        raise UsageError(f"no example {example!r}", hint=f"There are: {', '.join(EXAMPLES)}.")
    source = _CHECKOUT / example
    if not (source / "strop.toml").is_file():
        raise UsageError(
            f"the example {example!r} does not come with the installed package",
            hint="It is in the repository's examples/ folder; `--example hello` is always there.",
        )
    return source


def _files(source: Path) -> Iterator[Path]:
    """Every file below, relative, without what tools leave behind."""
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.is_file() and not _LEFT_OUT & set(relative.parts) and path.suffix != ".pyc":
            yield relative


def _take_back(written: list[Path]) -> None:
    for path in written:
        path.unlink(missing_ok=True)
