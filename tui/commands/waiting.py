"""`strop waiting`: all that waits for a person, in one list."""

from datetime import datetime
from pathlib import Path

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import glyphs, print_json, print_lines, say, width


@click.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=200, show_default=True, help="Rows.")
@with_json
@in_workspace
def waiting(limit: int, as_json: bool, folder: Path | None) -> None:
    """List the calls, questions, lost calls and proposals that wait for you."""
    from agents.service.waiting import waiting_list
    from tui.lines.waiting import waiting_head, waiting_row

    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = waiting_list(session)[:limit]
    if as_json:
        print_json(found)
    elif not found:
        say("nothing waits for a person")
    else:
        now = datetime.now().astimezone()
        print_lines([waiting_head(width()), *(waiting_row(one, width(), now, glyphs()) for one in found)])
        say("strop approvals, questions or proposals show ID, strop outcome RUN: what it is")
