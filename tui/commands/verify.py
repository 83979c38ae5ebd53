"""`strop verify`: prove the ledger, the registry's part of it included."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import console, print_json, say
from tui.commands.telling import LEDGER

if TYPE_CHECKING:
    from traces.verify import Report


@click.command()
@click.option(
    "--anchor", metavar="ID:EVENTS:DIGEST", default="", help="Of an earlier proof: its events must be there."
)
@click.option("--after", metavar="STREAM", default="", help="Go on behind this stream, where a proof was stopped.")
@with_json
@in_workspace
def verify(anchor: str, after: str, as_json: bool, folder: Path | None) -> None:
    """Prove the ledger: nothing changed, nothing missing.

    Reads every event and every body, and computes every digest again. Ends with 7 when it is not whole. The anchor it
    prints stands for all that is there now: kept elsewhere, it shows later that no run and no newest event is gone.
    """
    from agents.prompts.proof import prove_registry
    from traces.verify import verify as prove

    watch = _Watch(silent=as_json or not sys.stderr.isatty())
    with ledger(load_settings(folder)) as database, database.reading() as session:
        try:
            report = prove(session, after=after, anchor=anchor, progress=watch.tell)
        except KeyboardInterrupt:
            watch.clear()
            say(f"stopped; go on with: strop verify --after {watch.stream or repr('')}")
            raise
        report.problems += prove_registry(session)
    watch.clear()
    if as_json:
        print_json({"whole": report.whole, **asdict(report)})
    else:
        for problem in report.problems:
            console().print(problem, style="red", markup=False)
        figures = (
            f"{report.events} events in {report.streams} streams ({report.runs} runs, "
            f"{report.model_replies} model replies), {report.bodies} bodies"
        )
        erased = f"; the words of {report.erased} events were erased, each signed for" if report.erased else ""
        head = "whole: " if report.whole else f"NOT WHOLE, {len(report.problems)} problems: "
        console().print(head + figures + erased, markup=False)
        if report.anchor:
            say(f"anchor: {report.anchor}")
    if not report.whole:
        say("Restore the database from a backup; the problems name the first broken event of each stream.")
        click.get_current_context().exit(LEDGER)


class _Watch:
    """How far a proof is, on one line of the terminal that is taken away again."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self.stream = ""

    def tell(self, report: "Report", stream: str) -> None:
        """So many events are proven, up to this stream."""
        self.stream = stream
        if not self._silent:
            told = f"{report.events:,} events, {report.runs:,} runs proven, {len(report.problems):,} problems"
            click.echo(f"\r{told} ", nl=False, err=True)

    def clear(self) -> None:
        """Take the line away."""
        if not self._silent:
            click.echo("\r\x1b[K", nl=False, err=True)
