"""`strop gate`: the statistics alone, for anybody's paired results."""

from pathlib import Path
from typing import Any

import click

from tui.commands.opening import with_json
from tui.commands.printing import print_json


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--a", "a", required=True, help="The incumbent's name in the arm column.")
@click.option("--b", "b", required=True, help="The candidate's name in the arm column.")
@click.option("--arm", default="arm", show_default=True, help="Column that names who ran.")
@click.option("--task", default="task", show_default=True, help="Column that names what was tried.")
@click.option("--outcome", default="outcome", show_default=True, help="Column with the score, 0 to 1.")
@click.option("--cluster", default=None, help="Column with the family of a task. Default: each task is its own.")
@click.option("--stratum", default=None, help="Column that splits tasks, such as write and no write.")
@click.option("--replica", default=None, help="Column that tells repeated runs of a task apart.")
@click.option("--guard", "guards", multiple=True, help="Column with a 0/1 harm that must not rise. May be repeated.")
@click.option("--cost", default=None, help="Column with the cost of a run.")
@click.option("--tokens", default=None, help="Column with the tokens of a run.")
@click.option("--baseline", "baselines", multiple=True, help="Another arm to show beside. May be repeated.")
@click.option("--candidates", type=click.IntRange(1), default=1, show_default=True, help="How many were tried.")
@click.option(
    "--openings", type=click.IntRange(1), default=1, show_default=True, help="Candidates ever proven here, with this."
)
@click.option("--proposals", type=click.IntRange(0), default=0, show_default=True, help="Of these, called better.")
@click.option(
    "--alpha", type=click.FloatRange(0.0001, 0.4), default=0.05, show_default=True,
    help="Error of this comparison, two-sided: half of it may call a worthless candidate better.",
)  # fmt: skip
@with_json
def gate(file: Path, alpha: float, as_json: bool, **options: Any) -> None:
    """Is B better than A? FILE: a CSV with one row per arm and task."""
    from agents.errors import UsageError
    from optimizer.evidence_text import render_evidence
    from optimizer.gate import GateInputError, GateRules
    from optimizer.gate_csv import GateOptions, run_gate_csv

    try:
        evidence = run_gate_csv(file, GateOptions(**options, rules=GateRules(alpha=alpha)))
    except GateInputError as error:
        raise UsageError(str(error)) from error
    if as_json:
        print_json(evidence)
    else:
        click.echo(render_evidence(evidence))
