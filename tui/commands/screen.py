"""`strop tui`: the terminal app, on a service that is there or on one of its own for as long as it is looked at."""

import shlex
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import in_workspace, root_of
from tui.commands.own_service import service_of
from tui.commands.printing import say

if TYPE_CHECKING:
    from agents.whereabouts import Terminal


@click.command()
@click.option("--url", default=None, help="A service over TCP, such as http://127.0.0.1:8321.")
@click.option("--token", default=None, help="What it wants to be sent. Default: STROP_TOKEN.")
@click.option("--read-only", is_flag=True, help="Show, change nothing.")
@click.option("--plain", is_flag=True, help="Draw with ASCII signs alone.")
@click.option(
    "--theme", type=click.Choice(["dark", "light", "contrast", "colour-blind", "sixteen"]), default=None,
    help="T changes it later. Default: dark, or sixteen where the terminal has no more colours.",
)  # fmt: skip
@click.option(
    "--web",
    "port",
    type=click.IntRange(1024, 65535),
    default=None,
    metavar="PORT",
    help="In a browser on this machine instead, at this port.",
)
@in_workspace
def tui(
    url: str | None, token: str | None, read_only: bool, plain: bool, theme: str | None, port: int | None,
    folder: Path | None,
) -> None:  # fmt: skip
    """Read runs, correct them, compare versions, approve, roll back: on one screen."""
    from agents.whereabouts import terminal_settings

    said = {"theme": theme, "plain": plain or None, "read_only": read_only or None, "url": url}
    settings = terminal_settings()
    if folder is not None and url is None:
        settings = settings.model_copy(update={"url": None})
    settings = settings.model_copy(update={name: value for name, value in said.items() if value is not None})
    if port is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("the screen needs a terminal; `strop runs`, `strop proposals` … print the same")
    with ExitStack() as stack:
        place = None if settings.url is not None else stack.enter_context(service_of(root_of(folder)))
        if port is not None:
            if token is not None:
                raise click.UsageError("with --web the token is taken from STROP_TOKEN, not from a command line")
            _serve_web(port, place, settings)
            return
        code = show(place, settings, token)
    click.get_current_context().exit(code)


def show(place: str | None, settings: "Terminal", token: str | None = None) -> int:
    """Show the terminal until the person leaves; gives the exit code.

    Args:
        place: path of the service's Unix socket; None: it is at `settings.url`.
        settings: how the person likes it.
        token: what the service wants to be sent; None: STROP_TOKEN.
    """
    from agents.whereabouts import client_token, in_tmux, terminal_memory, wants_colours
    from tui.app import run_app

    keys = {}
    if settings.keys:
        from tui.keymap import checked

        keys = checked(settings.keys)
    return run_app(
        settings.url, place, token or client_token(), settings.read_only, plain=settings.plain, theme=settings.theme,
        tmux=in_tmux(), keys=keys, memory=terminal_memory(), colours=wants_colours(),
    )  # fmt: skip


def _serve_web(port: int, place: str | None, settings: "Terminal") -> None:
    """The same screens in a browser, on the loopback alone; each tab is a process."""
    try:
        from tui.browser import Browser
    except ModuleNotFoundError as error:
        raise click.UsageError('a browser needs the extra: pip install "strop[web]"') from error
    imports = "from agents.whereabouts import Terminal; from tui.commands.screen import show"
    asked = f"show({place!r}, Terminal.model_validate({settings.model_dump()!r}))"
    program = shlex.join([sys.executable, "-c", f"{imports}; {asked}"])
    browser = Browser(program, port)
    say(f"open {browser.address} in a browser on this machine (the address holds its key); Ctrl-C ends it")
    browser.serve()
