"""`strop version`."""

import platform
from importlib import metadata

import click

from tui.commands.opening import with_json
from tui.commands.printing import print_json

PARTS = ("pydantic-ai-slim", "mcp", "sqlalchemy", "dspy", "textual", "xllamacpp")
"""What a report of a mistake should name beside our own version."""


@click.command()
@with_json
def version(as_json: bool) -> None:
    """Print the version, and those of what it stands on."""
    found = {"strop": version_of("strop"), "python": platform.python_version()}
    found |= {name: version_of(name) for name in PARTS}
    if as_json:
        print_json(found)
        return
    click.echo(f"strop {found.pop('strop')}")
    for name, number in found.items():
        click.echo(f"  {name:18} {number}")


def version_of(package: str) -> str:
    """The installed version, or a word for none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
