"""`strop signals`: what customers tell without being asked."""

from datetime import UTC, datetime
from pathlib import Path

import click

from tui.commands.opening import in_workspace, load_settings, with_json, writing
from tui.commands.printing import console, print_json, say


@click.command()
@with_json
@in_workspace
def signals(as_json: bool, folder: Path | None) -> None:
    """Look for signals in the conversations of the last days: rephrase, retry, abandonment, escalation.

    `strop serve` looks each hour and each night at its beginning. Then: strop runs list signal:rephrase
    """
    from traces.signals import note_signals

    with writing(load_settings(folder)) as recorder:
        found = note_signals(recorder, datetime.now(UTC))
    if as_json:
        print_json(
            [{"run": one.run_id, "signal": one.signal, "by": one.by_run, "detail": one.detail} for one in found]
        )
        return
    for one in found:
        console().print(f"{one.run_id}  {one.signal}" + (f"  {one.detail}" if one.detail else ""))
    if not found:
        say("nothing new; `strop runs list has:signal` shows the runs that have some")
