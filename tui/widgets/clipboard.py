"""Copying to the clipboard of the terminal that one looks at, over SSH and through tmux, and saying what was done.

A program asks the terminal by an escape sequence (OSC 52). tmux drops it by its default, so there tmux itself is
asked (`load-buffer -w`), which also fills its own buffer. Prevents: "copied", and nothing there to paste.
"""

import subprocess
from typing import Any, Final

from textual.app import App

SECONDS: Final = 2.0
"""How long tmux may take."""


def copy(app: App[Any], text: str, *, tmux: bool) -> str:
    """Copy, and give what to tell the person."""
    app.copy_to_clipboard(text)
    if not tmux:
        return f"Copied {text}. (Some terminals do not allow it; shift + drag selects, Y saves to a file.)"
    try:
        subprocess.run(["tmux", "load-buffer", "-w", "-"], input=text.encode(), timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return f"tmux took no copy of {text}: shift + drag selects, Y saves to a file."
    return f"Copied {text} to tmux (prefix ] pastes) and to the terminal, where it allows it."
