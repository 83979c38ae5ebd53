"""`strop outcomes import`: what became of conversations, from a file of the application that knows."""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tui.commands.opening import in_workspace, load_settings, with_json, writing
from tui.commands.printing import print_json, say


@click.group()
def outcomes() -> None:
    """What became of it in the end: told days later, by conversation or by run."""


@outcomes.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", default="outcomes", show_default=True, help="The application that tells them.")
@with_json
@in_workspace
def load(file: Path, by: str, as_json: bool, folder: Path | None) -> None:
    """Record the outcomes in FILE (.csv, or JSON Lines); what is known already is left alone.

    Fields: conversation or run, outcome, and if wanted score (0 to 1), comment, at (a time).
    """
    from traces.outcomes import read_outcomes, record_outcomes

    found = list(read_outcomes(_rows(file)))
    with writing(load_settings(folder)) as recorder:
        done = record_outcomes(recorder, found, by)
    if as_json:
        print_json(asdict(done))
        return
    say(f"{done.recorded} recorded, {done.known} known already")
    if done.unknown:
        say(f"not on record: {', '.join(done.unknown[:10])}{' …' if len(done.unknown) > 10 else ''}", "warn")


def _rows(file: Path) -> Iterator[tuple[int, Any]]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            if file.suffix == ".csv":
                yield from enumerate(csv.DictReader(lines), 2)  # its head is the first line
                return
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _object(line, number)
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{str(file)!r} is not UTF-8 text (byte {error.start})") from error


def _object(line: str, number: int) -> Any:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise click.UsageError(f"line {number} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise click.UsageError(f"line {number} is not a JSON object")
    return value
