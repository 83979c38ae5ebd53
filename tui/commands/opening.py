"""What commands share at their start: the options every one has, and opening the workspace, its ledger, its runtime.

Prevents: a command that looks for its workspace in a way of its own, or leaves a server process behind.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tui.commands.telling import FOLDER

if TYPE_CHECKING:
    from agents.config import Workspace
    from agents.runtime import Runtime
    from traces.db import Database
    from traces.provenance import Provenance
    from traces.recorder import Recorder

F = TypeVar("F", bound=Callable[..., Any])


def in_workspace(command: F) -> F:
    """The option `--workspace`; the function gets `folder`."""
    return click.option(
        "-w", "--workspace", "folder", type=click.Path(path_type=Path), default=None, metavar="DIR",
        help="The workspace. Default: the folder with strop.toml, here or above.",
    )(command)  # fmt: skip


def with_json(command: F) -> F:
    """The option `--json`; the function gets `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, in the shapes of the HTTP service.")(
        command
    )


def root_of(folder: Path | None) -> Path:
    """The folder of the workspace that is meant.

    Raises:
        WorkspaceError: none was named, and there is none here or above.
    """
    from agents.whereabouts import find_workspace

    root = folder if folder is not None else find_workspace(Path.cwd())
    context = click.get_current_context(silent=True)
    if context is not None:
        context.find_root().meta[FOLDER] = root
    return root


def load(folder: Path | None) -> "Workspace":
    """The workspace that is meant.

    Raises:
        WorkspaceError: there is none, or the first of its files that is wrong.
    """
    from agents.config import load_workspace

    return load_workspace(root_of(folder))


def load_settings(folder: Path | None) -> "Workspace":
    """The workspace without its agents and servers: to read the record, or to decide about what is in it.

    Neither must depend on whether today's files are right, nor wait until they are read.
    """
    from agents.config import load_workspace

    return load_workspace(root_of(folder), agents={}, servers={})


@contextmanager
def ledger(workspace: "Workspace") -> Iterator["Database"]:
    """The workspace's database, closed afterwards."""
    from traces.db import open_database

    database = open_database(workspace.database_url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def writing(workspace: "Workspace") -> Iterator["Recorder"]:
    """A recorder on the workspace's database, closed afterwards."""
    from traces.recorder import Recorder

    with ledger(workspace) as database:
        yield Recorder(database, redactor=workspace.redactor)


@asynccontextmanager
async def runtime(workspace: "Workspace") -> AsyncIterator["Runtime"]:
    """A runtime over the workspace; its tool servers and its database are closed afterwards."""
    from agents.assembly import open_runtime

    opened = open_runtime(workspace)
    try:
        yield opened
    finally:
        await opened.close()
        opened.database.close()


def signed(workspace: "Workspace", reason: str = "", by: str | None = None) -> "Provenance":
    """The signature of the person at the keyboard."""
    from traces.provenance import Provenance

    login = workspace.user if by not in (None, workspace.user) else ""
    return Provenance(by=by or workspace.user, reason=reason, role=workspace.local_role, login=login)
