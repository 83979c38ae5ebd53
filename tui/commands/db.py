"""`strop db`: which revision the database's tables have, and bringing them to the newest."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import in_workspace, load_settings, with_json
from tui.commands.printing import print_json

if TYPE_CHECKING:
    from traces.db import Database

MEANING = {
    "current": "up to date",
    "behind": "behind: `strop db upgrade`, or any command that opens it, brings it up to date",
    "ahead": "ahead: a newer Strop uses it, this one cannot",
    "empty": "empty: the first command that opens it makes the tables",
}


@click.group()
def db() -> None:
    """Look after the database's tables."""


@db.command("current")
@with_json
@in_workspace
def current(as_json: bool, folder: Path | None) -> None:
    """Tell the revision of the tables. Changes nothing."""
    from traces.db import connect

    database = connect(load_settings(folder).database_url)
    try:
        _tell(database, as_json)
    finally:
        database.close()


@db.command("upgrade")
@with_json
@in_workspace
def upgrade(as_json: bool, folder: Path | None) -> None:
    """Bring the tables to the newest revision. Doing it twice is harmless."""
    from traces.db import connect

    database = connect(load_settings(folder).database_url)
    try:
        before = database.bring_up_to_date()
        _tell(database, as_json, before=before)
    finally:
        database.close()


def _tell(database: "Database", as_json: bool, **more: str | None) -> None:
    from traces.schema import HEAD

    revision, state = database.state()
    if as_json:
        print_json({"revision": revision, "newest": HEAD, "state": state, **more})
    else:
        click.echo(f"revision {revision or '-'} of {HEAD}: {MEANING[state]}")
