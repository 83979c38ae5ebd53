"""`strop agreement`: how far reviewers agree, and on which runs they do not."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from traces.agreement import Agreement, Estimate


@click.command()
@click.argument("words", metavar="[FILTER]...", nargs=-1)
@click.option("--on", type=click.Choice(("score", "label")), default="score", show_default=True, help="What is said.")
@with_json
@in_workspace
def agreement(words: tuple[str, ...], on: Literal["score", "label"], as_json: bool, folder: Path | None) -> None:
    """Show kappa of each two reviewers, alpha of all, and the runs in dispute. FILTER as for `strop runs list`.

    1 is full agreement, 0 is what chance gives. A score counts as right (1), wrong (0) or partly, a correction as
    wrong.
    """
    from traces.agreement import read_agreement
    from traces.filters import conditions

    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = read_agreement(session, conditions(" ".join(words), session=session), on)
    if as_json:
        print_json(asdict(found))
    elif not found.runs:
        say("no run was judged by two reviewers")
    else:
        _print(found)


def _print(found: "Agreement") -> None:
    out = console()
    out.print(f"all: alpha {_told(found.alpha)}, {found.agreed} of {found.runs} runs alike")
    for pair in found.pairs:
        out.print(f"{pair.one} and {pair.other}: kappa {_told(pair.kappa)}, {pair.agreed} of {pair.runs} runs alike")
    for run, words in found.disputed:
        out.print(f"{run}  " + ", ".join(f"{by}: {word}" for by, word in words.items()))


def _told(one: "Estimate") -> str:
    if one.value is None:
        return "unknown (everybody said the same one thing)"
    interval = "" if one.low is None or one.high is None else f" [{one.low:.2f}, {one.high:.2f}]"
    return f"{one.value:.2f}{interval}"
