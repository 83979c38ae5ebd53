"""`strop worker`: one more process that works on a workspace's runs."""

from pathlib import Path

import click

from tui.commands.opening import in_workspace, load


@click.command()
@in_workspace
def worker(folder: Path | None) -> None:
    """Work on runs that no service or worker holds, until Ctrl-C.

    Any number may share one PostgreSQL. Prints its name when it is ready; logs JSON lines to stderr.
    """
    from agents.service.worker import work

    work(load(folder), on_ready=click.echo)
