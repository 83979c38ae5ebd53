"""`strop verify`: prove the ledger, the registry's part of it included."""

from dataclasses import asdict
from pathlib import Path

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import console, print_json, say
from tui.commands.telling import LEDGER


@click.command()
@with_json
@in_workspace
def verify(as_json: bool, folder: Path | None) -> None:
    """Prove the ledger: nothing changed, nothing missing.

    Reads every event and every body, and computes every digest again. Ends with 7 when it is not whole.
    """
    from agents.prompts.proof import prove_registry
    from traces.verify import verify as prove

    with ledger(load_settings(folder)) as database, database.reading() as session:
        report = prove(session)
        report.problems += prove_registry(session)
    if as_json:
        print_json({"whole": report.whole, **asdict(report)})
    else:
        for problem in report.problems:
            console().print(problem, style="red")
        figures = (
            f"{report.events} events in {report.streams} streams ({report.runs} runs, "
            f"{report.model_replies} model replies), {report.bodies} bodies"
            + (f"; the words of {report.erased} events were erased, each signed for" if report.erased else "")
        )
        console().print(("whole: " if report.whole else f"NOT WHOLE, {len(report.problems)} problems: ") + figures)
    if not report.whole:
        say("Restore the database from a backup; the problems name the first broken event of each stream.")
        click.get_current_context().exit(LEDGER)
