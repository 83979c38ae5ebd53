"""`strop doctor`: what is wrong with a workspace, line by line, and how to mend it."""

from dataclasses import asdict
from pathlib import Path

import click

from tui.commands.opening import in_workspace, root_of, with_json
from tui.commands.printing import console, print_json

WORKSPACE = 3
"""The exit code for a workspace with a fault, as of `agents.errors.WorkspaceError`."""
COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


@click.command()
@click.option("--online", is_flag=True, help="Start each tool server, too, and look at what it offers.")
@with_json
@in_workspace
def doctor(online: bool, as_json: bool, folder: Path | None) -> None:
    """Check a workspace: files, servers, models, database. Ends with 3 when something is wrong."""
    from agents.doctor import examine
    from tui.lines.cells import clean

    checks = []
    for check in examine(root_of(folder), online=online):
        checks.append(check)
        if as_json:
            continue
        console().print(f"{check.level:5}", style=COLOURS[check.level], end="")
        console().print(clean(f"{check.subject}: {check.message}"))
        if check.hint:
            console().print(f"     {clean(check.hint)}", style="cyan")
    failed = [check for check in checks if check.level == "fail"]
    if as_json:
        print_json({"ok": not failed, "checks": [asdict(check) for check in checks]})
    if failed:
        click.get_current_context().exit(WORKSPACE)
