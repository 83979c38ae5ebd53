"""`strop stats`: figures over many runs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import print_json, say, width

if TYPE_CHECKING:
    from agents.service.wire import FiguresView

WAYS = ("all", "agent", "bundle", "model", "conversation", "status", "origin", "hour", "day")


@click.command()
@click.argument("words", metavar="[FILTER]...", nargs=-1)
@click.option("--by", type=click.Choice(WAYS), default="agent", show_default=True, help="What makes a group.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Groups.")
@click.option("--whole", is_flag=True, help="All runs, however many: about 8 CPU seconds a million.")
@with_json
@in_workspace
def stats(words: tuple[str, ...], by: str, limit: int, whole: bool, as_json: bool, folder: Path | None) -> None:
    """Show runs, errors, tokens, cost, latency and scores. FILTER as for `strop runs list`."""
    from agents.service.views import stats_view

    query = " ".join(words)
    with ledger(load_settings(folder)) as database, database.reading() as session:
        shown = stats_view(session, query, by, limit=limit, whole=whole)  # type: ignore[arg-type]
    if as_json:
        print_json(shown)
    elif not shown.groups:
        say("no runs" + (f" match {query!r}" if query else " yet"))
    else:
        for line in _table(by, shown.groups):
            say(line)
        if shown.since is not None:
            say(f"Only runs since {shown.since:%Y-%m-%d %H:%M} UTC: there are more than one answer counts.")
            say("--whole counts all of them; since: and until: choose others.")


HEAD = ("runs", "failed", "in", "out", "$", "$/conversation", "p50 s", "p90 s", "p99 s", "score")


def _table(by: str, groups: "list[FiguresView]") -> list[str]:
    rows = [(by, *HEAD), *(_row(group) for group in groups)]
    columns = [max(len(row[place]) for row in rows) for place in range(len(HEAD) + 1)]
    columns[0] = max(8, min(columns[0], width() - sum(columns[1:]) - 2 * len(HEAD)))
    return [
        "  ".join(
            [row[0][: columns[0]].ljust(columns[0]), *(cell.rjust(columns[n]) for n, cell in enumerate(row[1:], 1))]
        )
        for row in rows
    ]


def _row(group: "FiguresView") -> tuple[str, ...]:
    from tui.lines.figures import short

    key = short(group.key) if group.key.startswith("sha256:") else group.key or "(none)"
    counts = (group.runs, group.errors, group.input_tokens, group.output_tokens)
    money = (group.cost, group.cost_per_conversation)
    rest = (group.p50, group.p90, group.p99, group.score)
    told = ("-" if value is None else f"{value:.4f}" for value in money)
    return (key, *map(str, counts), *told, *("-" if value is None else f"{value:.2f}" for value in rest))
