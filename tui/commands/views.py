"""`strop views`: filters with a name, as the terminal's `v` keeps them; `strop runs list --view` uses them."""

import click

from tui.commands.opening import with_json
from tui.commands.printing import console, print_json, say


@click.group()
def views() -> None:
    """Keep filters under a name."""


@views.command("list")
@with_json
def list_(as_json: bool) -> None:
    """List the saved views."""
    from agents.whereabouts import terminal_memory
    from tui.memory import Memory

    found = Memory(terminal_memory()).views
    if as_json:
        print_json(dict(found))
    elif not found:
        say("no view yet: strop views save NAME FILTER..., or v in the terminal")
    for name, text in () if as_json else sorted(found.items()):
        console().print(f"{name}: {text}")


@views.command()
@click.argument("name")
@click.argument("words", metavar="FILTER...", nargs=-1, required=True)
@with_json
def save(name: str, words: tuple[str, ...], as_json: bool) -> None:
    """Keep FILTER under NAME, over what was kept under it."""
    from agents.whereabouts import terminal_memory
    from traces.filters import conditions
    from tui.memory import Memory

    text = " ".join(words)
    conditions(text)
    memory = Memory(terminal_memory())
    try:
        memory.save(name, text)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json(dict(memory.views))
    else:
        say(f"strop runs list --view {name!r} shows it")


@views.command()
@click.argument("name")
@with_json
def remove(name: str, as_json: bool) -> None:
    """Take a view away."""
    from agents.whereabouts import terminal_memory
    from tui.memory import Memory

    memory = Memory(terminal_memory())
    if not memory.remove(name):
        raise click.UsageError(f"there is no view {name!r}; `strop views list` shows those there are")
    if as_json:
        print_json(dict(memory.views))
    else:
        say(f"{name!r} is gone")
