"""`strop keys`: every key of the terminal, to be read without it, with a person's own where there are."""

from dataclasses import asdict

import click

from tui.commands.opening import with_json
from tui.commands.printing import print_json, print_lines, say


@click.command()
@with_json
def keys(as_json: bool) -> None:
    """List the keys of `strop tui`, and the names by which terminal.toml gives others."""
    from agents.whereabouts import terminal_file, terminal_settings
    from tui.keymap import checked, meanings
    from tui.lines.cells import fit
    from tui.lines.line import Line

    found = meanings(checked(terminal_settings().keys))
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for place in dict.fromkeys(one.place for one in found):
        print_lines([Line(((place, "accent.bold"),))])
        for one in (one for one in found if one.place == place):
            does = one.does + (" (writes)" if one.writes else "")
            spans = (("  " + fit(" ".join(one.keys), 18), "good"), (fit(does, 36), "text"), (one.name, "muted"))
            print_lines([Line(spans)])
    say(f'others of your own: {terminal_file()}, such as\n[keys]\nnext-error = "x"')
