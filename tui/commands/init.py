"""`strop init`: a workspace to start from."""

from pathlib import Path

import click

from tui.commands.opening import with_json
from tui.commands.printing import console, print_json, say

EXAMPLES = ("hello", "insurer", "shop")
FIRST = {
    "hello": 'run hello "When are you open on Friday?"',
    "insurer": 'run desk "A pipe burst and my neighbour\'s ceiling is wet."',
    "shop": 'run gifts "I need a gift for my sister, below 40 euros."',
}


@click.command()
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--example", type=click.Choice(EXAMPLES), default="hello", show_default=True,
    help="hello: one agent and its own tool server; insurer, shop: the example companies.",
)  # fmt: skip
@with_json
def init(target: Path, example: str, as_json: bool) -> None:
    """Write a workspace into DIR. Never overwrites a file."""
    from agents.scaffold import write_workspace

    written = write_workspace(target, example)
    if as_json:
        print_json({"workspace": str(target), "files": [str(path.relative_to(target)) for path in written]})
        return
    for path in written:
        console().print(str(path))
    say(f"\nNext:  cd {target}\n       strop doctor --online\n       strop {FIRST[example]}")
