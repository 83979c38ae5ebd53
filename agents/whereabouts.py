"""Where a workspace's service is, and how a person likes their terminal: all that a program reads which only shows.

Nothing of a runtime is loaded for it. Prevents: a screen that holds the libraries of agents and databases in memory,
and waits for them, though it only talks to a service.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from agents.errors import WorkspaceError

Theme = Literal["dark", "light", "contrast", "colour-blind", "sixteen"]
FILE: Final = "terminal.toml"


class Terminal(BaseModel):
    """terminal.toml: what one would else say to `strop tui` each time. An option of the command wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    theme: Theme | None = None
    """None: `dark`, or `sixteen` where the terminal has no more colours than that."""
    plain: bool = False
    read_only: bool = False
    url: str | None = None
    """A service over TCP, shown where no workspace is named."""
    keys: dict[str, Annotated[str, StringConstraints(min_length=1)]] = {}
    """What a key does, as the terminal's help calls it -> the keys for it: `"next error" = "x"`."""


def find_workspace(start: Path) -> Path:
    """The folder with strop.toml, here or above.

    Raises:
        WorkspaceError: there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "strop.toml").is_file():
            return folder
    raise WorkspaceError(
        f"no strop.toml in {str(start)!r} or above it",
        hint="Make a workspace with `strop init DIR`, or point to one with --workspace DIR.",
    )


def socket_in(root: Path, named: str) -> Path:
    """The Unix socket of a workspace's service; `named`: by strop.toml's `[service] socket`, "" if by none."""
    return root / named if named else root / ".strop" / "strop.sock"


def socket_of(root: Path) -> Path:
    """The Unix socket of the service, of strop.toml read for this alone: whoever serves it says what else is wrong.

    Raises:
        WorkspaceError: there is no strop.toml, or it is no TOML.
    """
    service = read_toml(root / "strop.toml", "A workspace is a folder with strop.toml.").get("service")
    named = service.get("socket", "") if isinstance(service, dict) else ""
    return socket_in(root.resolve(), named if isinstance(named, str) else "")


def terminal_settings(environ: Mapping[str, str] | None = None) -> Terminal:
    """The person's terminal.toml; all defaults where there is none.

    Raises:
        WorkspaceError: it cannot be read, or says something that is not known.
    """
    path = terminal_file(environ)
    if not path.exists():
        return Terminal()
    try:
        return Terminal.model_validate(read_toml(path, "It is the file with your terminal's settings."))
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"])
        hint = "docs/terminal.md lists what the file may say; `strop keys` what may be under [keys]."
        raise WorkspaceError(f"{path}: {where}: {detail['msg']}", hint=hint) from error


def terminal_file(environ: Mapping[str, str] | None = None) -> Path:
    """Where the person's settings of the terminal are, if there are any; STROP_TERMINAL names another file."""
    env = os.environ if environ is None else environ
    if env.get("STROP_TERMINAL"):
        return Path(env["STROP_TERMINAL"])
    folder = env.get("XDG_CONFIG_HOME")
    return (Path(folder) if folder else Path.home() / ".config") / "strop" / FILE


def terminal_memory(environ: Mapping[str, str] | None = None) -> Path:
    """Where the terminal keeps what it remembers of the person: filters that were typed, views that were saved."""
    folder = (os.environ if environ is None else environ).get("XDG_STATE_HOME")
    return (Path(folder) if folder else Path.home() / ".local" / "state") / "strop" / "terminal.json"


def client_token(environ: Mapping[str, str] | None = None) -> str | None:
    """What a client sends to a service over TCP, where no workspace is at hand."""
    return (os.environ if environ is None else environ).get("STROP_TOKEN") or None


def in_tmux(environ: Mapping[str, str] | None = None) -> bool:
    """Whether this terminal is a pane of tmux, which takes copies in a way of its own."""
    return bool((os.environ if environ is None else environ).get("TMUX"))


def wants_colours(environ: Mapping[str, str] | None = None) -> bool:
    """Whether colours may be drawn; NO_COLOR, set to anything, says that they may not."""
    return "NO_COLOR" not in (os.environ if environ is None else environ)


def read_toml(path: Path, missing: str) -> dict[str, Any]:
    """A TOML file.

    Raises:
        WorkspaceError: it cannot be read or is no TOML; `missing` is the hint where it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WorkspaceError(f"{path}: {error.strerror}", hint=missing) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WorkspaceError(f"{path}: {error}", hint="Mend the TOML at that place.") from error
