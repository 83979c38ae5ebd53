"""`strop costs`: what was spent, by agent, conversation, day or model."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import print_json, print_lines, say

if TYPE_CHECKING:
    from traces.costs import By, Cost


@click.command()
@click.argument("which", metavar="[FILTER]", default="")
@click.option(
    "--by", type=click.Choice(["agent", "conversation", "day", "model"]), default="agent", show_default=True,
    help="What a row stands for.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Rows.")
@with_json
@in_workspace
def costs(which: str, by: "By", limit: int, as_json: bool, folder: Path | None) -> None:
    """Add up what runs cost, those of nights and shadows included; `strop stats` leaves these out.

    FILTER is as for `strop runs list`, such as "agent:desk since:7d". What has no known price is told beside the sum.
    """
    from traces.costs import list_costs
    from traces.filters import conditions

    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = list_costs(session, by, where=conditions(f"origin:any {which}"), limit=limit)
    if as_json:
        print_json([asdict(row) for row in found])
    elif not found:
        say("no runs yet: strop run AGENT MESSAGE")
    else:
        _print(found, "replies" if by == "model" else "runs")


def _print(found: list["Cost"], counted: str) -> None:
    from tui.lines.figures import money, tokens
    from tui.lines.line import Line

    room = max(len(row.name) for row in found)
    for row in found:
        figures = f"{row.count:6} {counted}  {tokens(row.input_tokens, row.output_tokens):>14} tokens"
        unknown = f"  {row.unpriced} without a known price" if row.unpriced else ""
        print_lines(
            [Line(((f"{row.name:{room}}", "accent"), (f"{figures}  {money(row.cost):>10}{unknown}", "text")))]
        )
