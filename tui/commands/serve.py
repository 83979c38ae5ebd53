"""`strop serve`: the agents of a workspace as a service."""

import sys
from pathlib import Path
from typing import Final

import click

from tui.commands.opening import in_workspace, load
from tui.commands.rollout import judge_maker

_BESIDE: Final = (sys.executable, "-c", "import os; os.nice(10); from tui.cli import main; main()")
"""Beside a service: the same program, with the lower priority that leaves the processors to customers."""

NIGHT: Final = (*_BESIDE, "optimize")
CHECK: Final = (*_BESIDE, "check")


@click.command()
@click.option("--socket", type=click.Path(path_type=Path), default=None, metavar="PATH",
              help="Listen on this Unix socket. Default: .strop/strop.sock of the workspace.")  # fmt: skip
@click.option("--host", default=None, metavar="ADDRESS", help="Listen on TCP instead; needs STROP_TOKEN.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Of TCP. Default: 8321.")
@in_workspace
def serve(socket: Path | None, host: str | None, port: int | None, folder: Path | None) -> None:
    """Serve the agents over HTTP until Ctrl-C. Prints the place when it answers; logs JSON lines to stderr."""
    from agents.service.server import serve as run_service

    if socket is not None and (host is not None or port is not None):
        raise click.UsageError("give either --socket or --host and --port")
    if port is not None and host is None:
        host = "127.0.0.1"
    run_service(
        load(folder), socket=socket, host=host, port=8321 if port is None else port, on_ready=click.echo,
        night_command=NIGHT, check_command=CHECK, make_judge=judge_maker(),
    )  # fmt: skip
