"""`strop losses`: what could not be stored, and why."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import print_json, say


@click.command()
@click.option("--days", type=click.FloatRange(min=0), default=30, show_default=True, help="So far back.")
@with_json
@in_workspace
def losses(days: float, as_json: bool, folder: Path | None) -> None:
    """Tell what could not be stored: refused spans, unreadable requests, writes that failed.

    Whoever sent or asked was told at once; here they are counted by day and reason.
    """
    from traces.losses import list_losses, total

    since = datetime.now(UTC) - timedelta(days=min(days, 36_500))
    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = list_losses(session, since=since)
    if as_json:
        print_json([{**asdict(one), "last_at": one.last_at.isoformat()} for one in found])
    elif not found:
        say(f"nothing was lost in the last {days:g} days")
    else:
        for one in found:
            example = f"  {one.example!r}" if one.example else ""
            say(f"{one.day}  {one.count:>8,} {one.what:8}  {one.why:12}{example}")
        say(f"{total(found):,} in all")
