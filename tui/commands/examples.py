"""`strop examples`: what the next night of an agent would learn from, and what people say about that."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.opening import in_workspace, ledger, load, load_settings, with_json, writing
from tui.commands.printing import console, hand_over, print_json, say, style

if TYPE_CHECKING:
    from optimizer.listing import Listed, Listing

POOLS = ("reflect", "select", "sealed", "new")


@click.group()
def examples() -> None:
    """The examples that reviewed runs became. What a sealed one says is never shown: it proves the next gain."""


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
        facts = {"pools": listing.sizes, "left_out": dict(listing.left_out), "unheard": dict(listing.unheard)}
        print_json({**facts, "examples": [one.facts() for one in chosen]})
        return
    for one in chosen:
        console().print(_row(one), markup=False, highlight=False, no_wrap=True, overflow="ellipsis")
    sizes = ", ".join(f"{n} {name}" for name, n in listing.sizes.items()) or "no examples: review runs of it"
    without = "".join(f"; {n} left out: {why}" for why, n in listing.left_out.items())
    say(f"{sizes}{without}")
    for by, agreed in listing.unheard.items():
        say(f"nothing is learned from {by}, who agreed with the others {agreed} times")


@examples.command("show")
@click.argument("agent")
@click.argument("example")
@with_json
@in_workspace
def show(agent: str, example: str, as_json: bool, folder: Path | None) -> None:
    """Show one example of AGENT (its id, or the id of its run)."""
    found = _find(_listing(agent, folder), agent, example)
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


@examples.command("label")
@click.argument("agent")
@click.argument("example")
@click.option("--expected", required=True, metavar="JSON|@FILE", help="The right answer: JSON, or a text.")
@click.option("--comment", default="", help="Why it is right: may become a rule.")
@click.option("--by", default=None, help="Who says so. Default: the login.")
@with_json
@in_workspace
def label(
    agent: str, example: str, expected: str, comment: str, by: str | None, as_json: bool, folder: Path | None
) -> None:
    """Say what is right for an EXAMPLE of AGENT (its id, or any run's id): a judgement like any other."""
    from traces.feedback import Judgement, give_feedback
    from traces.store import match_run
    from tui.commands.feedback import read_value

    workspace = load(folder)
    workspace.agent(agent)
    told = Judgement(by=by or workspace.user, correction=read_value(expected), comment=comment)
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            run = match_run(session, f"run_{example.removeprefix('ex_')}" if example.startswith("ex_") else example)
        given = give_feedback(recorder, run, told)
    if as_json:
        print_json({"run": run, "feedback_id": given.feedback_id})
    else:
        say(f"recorded: {run} is labelled")


@examples.command("pin")
@click.argument("agent")
@click.argument("example")
@click.option("--pool", type=click.Choice([*POOLS[:3], "none"]), required=True, help="`none` takes the pin away.")
@click.option("--reason", default="", help="Why.")
@with_json
@in_workspace
def pin(agent: str, example: str, pool: Any, reason: str, as_json: bool, folder: Path | None) -> None:
    """Put the family of an EXAMPLE into a pool by hand, from the next night on: a golden set."""
    from optimizer.listing import list_examples
    from optimizer.pins import Pins
    from traces.provenance import Provenance

    workspace = load(folder)
    with writing(workspace) as recorder:
        found = _find(list_examples(recorder.database, workspace, agent), agent, example)
        by = Provenance(by=workspace.user, reason=reason)
        chosen = None if pool == "none" else pool
        Pins(recorder, agent).pin(found.example, chosen, found.pool, by)
    if as_json:
        print_json({"run": found.example.run, "family": found.example.family, "pool": chosen})
    else:
        say(f"{found.example.family}: {'no pin any more' if chosen is None else f'pinned to {chosen}'}")


@examples.command("held")
@click.argument("agent")
@click.option("--all", "everything", is_flag=True, help="Those that were decided on, too.")
@with_json
@in_workspace
def held(agent: str, everything: bool, as_json: bool, folder: Path | None) -> None:
    """List texts of AGENT's feedback that wait for a person before they may stand in a prompt."""
    from optimizer.quarantine import Quarantine
    from traces.recorder import Recorder

    with ledger(load_settings(folder)) as database:
        known = Quarantine(Recorder(database), agent).all()
    shown = [one for one in known if everything or one.decision is None]
    if as_json:
        print_json([
            {"id": one.id, "text": one.held.text, "place": one.held.place, "source": one.held.source,
             "why": one.held.why, "decision": one.decision, "by": one.by and one.by.by}
            for one in shown
        ])  # fmt: skip
        return
    for one in shown:
        console().print(f"{one.id.removeprefix('sha256:')[:12]}  {one.decision or 'waits':8}", style=style("accent"))
        console().print(f"  {one.held.text}", markup=False, highlight=False)
        console().print(f"  {one.held.place}, {one.held.source}: {'; '.join(one.held.why)}", style=style("muted"))
    say(f"{len(shown)} texts; `strop examples release {agent} ID` or `drop`" if shown else "no text waits")


@examples.command("release")
@click.argument("agent")
@click.argument("text_id", metavar="ID")
@click.option("--reason", required=True, help="Why it may stand in a prompt.")
@with_json
@in_workspace
def release(agent: str, text_id: str, reason: str, as_json: bool, folder: Path | None) -> None:
    """Let a held text of AGENT stand in prompts from now on."""
    _decided(agent, text_id, "release", reason, as_json, folder)


@examples.command("drop")
@click.argument("agent")
@click.argument("text_id", metavar="ID")
@click.option("--reason", default="", help="Why not.")
@with_json
@in_workspace
def drop(agent: str, text_id: str, reason: str, as_json: bool, folder: Path | None) -> None:
    """Keep a held text of AGENT out of prompts for good."""
    _decided(agent, text_id, "drop", reason, as_json, folder)


def _decided(agent: str, text_id: str, decision: Any, reason: str, as_json: bool, folder: Path | None) -> None:
    from optimizer.quarantine import Quarantine
    from traces.provenance import Provenance

    workspace = load(folder)
    workspace.agent(agent)
    with writing(workspace) as recorder:
        by = Provenance(by=workspace.user, reason=reason)
        found = Quarantine(recorder, agent).decide(text_id, decision, by)
    if as_json:
        print_json({"id": found.id, "decision": decision, "by": workspace.user})
    else:
        say(f"{found.held.text!r}: {'may stand in prompts' if decision == 'release' else 'stays out'}")


def _find(listing: "Listing", agent: str, example: str) -> "Listed":
    from traces.errors import NotFound

    found = next((one for one in listing.examples if example in (one.example.id, one.example.run)), None)
    if found is None:
        raise NotFound("example", example, hint=f"`strop examples list {agent}` shows those there are.")
    return found


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
