"""`strop retention run`: erase what is past its time now, or look at what would go."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import in_workspace, load_settings, with_json, writing
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from agents.retention import Due
    from traces.events import ErasureDone


@click.group()
def retention() -> None:
    """How long words are kept: `[retention]` in strop.toml."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Show what would go; erase nothing.")
@click.option("--compact/--no-compact", default=False, help="Write the database anew, so that it gets smaller too.")
@with_json
@in_workspace
def run(dry_run: bool, compact: bool, as_json: bool, folder: Path | None) -> None:
    """Erase the words of runs past their time, oldest first.

    `strop serve` does the same each hour. Figures stay, and `strop forget` lists each erasure.
    """
    from agents.retention import expire, find_due
    from traces.scrub import scrub

    workspace = load_settings(folder)
    if not workspace.retention.wanted:
        raise click.UsageError("strop.toml has no [retention]: give it days, agents or megabytes")
    done, left = None, ""
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            due = find_due(session, workspace.retention, datetime.now(UTC))
        if not dry_run:
            done = expire(recorder, due)
            if done is not None or compact:
                left = scrub(recorder.database, compact=compact).left
    if as_json:
        told = {name: value for name, value in asdict(due).items() if name not in {"runs", "kept"}}
        erasure = None if done is None else done.erasure
        print_json({"erasure": erasure, "runs": len(due.runs), "kept": dict(due.kept), **told, "left": left})
        return
    _print(due, done)
    if left:
        say(left, "warn")


def _print(due: "Due", done: "ErasureDone | None") -> None:
    if due.oldest is None or due.newest is None:
        say(f"nothing is past its time ({due.megabytes:.1f} MB in use)")
    else:
        what = f"{len(due.runs)} runs from {due.oldest:%Y-%m-%d} to {due.newest:%Y-%m-%d}: {due.why}"
        console().print(what if done is None else f"{done.erasure}: erased {what}")
    for why, count in due.kept.items():
        say(f"kept: {count} runs ({why})")
