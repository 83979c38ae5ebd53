"""`strop examples`: what the next night of an agent would learn from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import in_workspace, ledger, load, with_json
from tui.commands.printing import console, hand_over, print_json, say, style

if TYPE_CHECKING:
    from optimizer.listing import Listed, Listing

POOLS = ("reflect", "select", "sealed", "new")


@click.group()
def examples() -> None:
    """Read the examples that reviewed runs became. What a sealed one says is never shown: it proves the next gain."""


@examples.command("list")
@click.argument("agent")
@click.option("--pool", type=click.Choice(POOLS), help="Only those of this pool.")
@with_json
@in_workspace
def list_(agent: str, pool: str | None, as_json: bool, folder: Path | None) -> None:
    """List the examples of AGENT, oldest judgement first."""
    listing = _listing(agent, folder)
    chosen = [one for one in listing.examples if pool in (None, one.pool or "new")]
    if as_json:
        facts = {"pools": listing.sizes, "left_out": dict(listing.left_out)}
        print_json({**facts, "examples": [one.facts() for one in chosen]})
        return
    for one in chosen:
        console().print(_row(one), markup=False, highlight=False, no_wrap=True, overflow="ellipsis")
    sizes = ", ".join(f"{n} {name}" for name, n in listing.sizes.items()) or "no examples: review runs of it"
    without = "".join(f"; {n} left out: {why}" for why, n in listing.left_out.items())
    say(f"{sizes}{without}")


@examples.command("show")
@click.argument("agent")
@click.argument("example")
@with_json
@in_workspace
def show(agent: str, example: str, as_json: bool, folder: Path | None) -> None:
    """Show one example of AGENT (its id, or the id of its run)."""
    from traces.errors import NotFound

    known = _listing(agent, folder).examples
    found = next((one for one in known if example in (one.example.id, one.example.run)), None)
    if found is None:
        raise NotFound("example", example, hint=f"`strop examples list {agent}` shows those there are.")
    if as_json:
        print_json(found.facts())
        return
    for name, value in found.facts().items():
        told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        console().print(f"{name:14}", style=style("muted"), end="")
        console().print(told, markup=False, highlight=False)
    if found.sealed:
        say("it is sealed: what it says stays unseen until a candidate is proven on it")


@examples.command("export")
@click.argument("agent")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file. Default: the screen."
)
@with_json
@in_workspace
def export(agent: str, output: Path | None, as_json: bool, folder: Path | None) -> None:
    """Write the examples of AGENT as JSON Lines, without the sealed ones."""
    listing = _listing(agent, folder)
    kept = [one.facts() for one in listing.examples if not one.sealed]
    text = "".join(json.dumps(facts, ensure_ascii=False) + "\n" for facts in kept)
    facts = {"examples": kept, "sealed": listing.sizes.get("sealed", 0)} if as_json else None
    hand_over(text, output, f"{len(kept)} examples are in {output}", facts)


def _listing(agent: str, folder: Path | None) -> "Listing":
    from optimizer.listing import list_examples

    workspace = load(folder)
    with ledger(workspace) as database:
        return list_examples(database, workspace, agent)


def _row(one: "Listed") -> str:
    from tui.lines.cells import fit, one_line

    score = "    -" if one.example.score is None else f"{one.example.score:5.2f}"
    head = f"{fit(one.example.id, 30)} {one.pool or 'new':8} {fit(one.example.family, 20)} {score} "
    return head + ("(sealed)" if one.sealed else one_line(one.example.input))
