"""`strop export` and `strop import`: runs out of the ledger and into another, as JSON Lines or Parquet."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from tui.commands.opening import in_workspace, ledger, load_settings, signed, with_json, writing
from tui.commands.printing import print_json, say

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from traces.carry import Brought, Carried
    from traces.db import Database

TOLD: Final = 1_000
"""Runs between two words about how far it is."""

AT_ONCE: Final = 100
"""Runs of one transaction."""


@click.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("words", metavar="[FILTER]...", nargs=-1)
@click.option("--format", "kind", type=click.Choice(("jsonl", "parquet")), default="jsonl", show_default=True,
              help="A file with a run a line, or a folder of Parquet parts.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with an export that was stopped.")
@with_json
@in_workspace
def export(
    path: Path, words: tuple[str, ...], kind: Literal["jsonl", "parquet"], resume: bool, as_json: bool,
    folder: Path | None,
) -> None:  # fmt: skip
    """Write runs to PATH, oldest first, each whole and with its proof. `-` is stdout.

    FILTER as for `strop runs list`. `strop import` takes both forms.
    """
    if str(path) != "-" and path.exists() and not resume and (not path.is_dir() or any(path.iterdir())):
        raise click.UsageError(f"{str(path)!r} is there already: name another, or go on with it with --resume")
    with ledger(load_settings(folder)) as database:
        write = _write_lines if kind == "jsonl" else _write_parts
        count = write(database, path, " ".join(words))
    if as_json and str(path) != "-":
        print_json({"runs": count, "path": str(path), "format": kind})
    else:
        say(f"{count:,} runs written")


def _runs(session: "Session", query: str, after: str | None) -> Iterator[str]:
    from traces.carry import list_to_carry
    from traces.filters import conditions

    for number, run in enumerate(list_to_carry(session, conditions(query, session=session), after), 1):
        yield run
        if number % TOLD == 0:
            say(f"{number:,} runs")


def _write_lines(database: "Database", path: Path, query: str) -> int:
    from agents.prompts.carrying import with_version
    from traces.carry import take
    from traces.export import cut_line, line_of, summary_of

    after = None if str(path) == "-" else cut_line(path)
    out = sys.stdout if str(path) == "-" else path.open("a", encoding="utf-8")
    count = 0
    try:
        with database.reading() as session:
            for run in _runs(session, query, after):
                told = json.loads(json.dumps(summary_of(session, run), default=str))
                out.write(line_of(with_version(session, take(session, run)), told) + "\n")
                count += 1
    finally:
        out.flush()
        if out is not sys.stdout:
            out.close()
    return count


def _write_parts(database: "Database", path: Path, query: str) -> int:
    from agents.prompts.carrying import with_version
    from traces.carry import take
    from traces.export import PART, last_part, summary_of, write_part

    path.mkdir(parents=True, exist_ok=True)
    number, after = last_part(path)
    count = 0
    with database.reading() as session:
        runs = _runs(session, query, after)
        while part := list(islice(runs, PART)):
            number += 1
            summaries = [summary_of(session, run) for run in part]
            write_part(path, number, (with_version(session, take(session, run)) for run in part), summaries)
            count += len(part)
    return count


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--by", default=None, help="Who brings them. Default: the login.")
@with_json
@in_workspace
def bring(path: Path, by: str | None, as_json: bool, folder: Path | None) -> None:
    """Take runs of an export in: a file of JSON Lines or a folder of Parquet parts.

    Runs that are here already are left alone, so that it can be done again. What this workspace must not keep is
    taken out; such a run gets a chain of its own.
    """
    from agents.prompts.carrying import add_version
    from traces.carry import Brought
    from traces.carry import bring as take_in
    from traces.events import RunsImported

    workspace = load_settings(folder)
    done = Brought()
    with writing(workspace) as recorder:
        runs = _carried(path)
        while some := list(islice(runs, AT_ONCE)):
            with recorder.database.writing() as session:
                take_in(session, some, workspace.redactor, done)
                for one in some:
                    if one.run not in done.refused:
                        add_version(session, one, signed(workspace, by=by).by)
            if (done.runs + done.known) % TOLD == 0:
                say(f"{done.runs + done.known:,} runs")
        if done.runs:
            recorder.append(
                "imports",
                RunsImported(
                    source=path.name, runs=done.runs, rewritten=done.rewritten, provenance=signed(workspace, by=by)
                ),
            )
    if as_json:
        print_json(asdict(done))
    else:
        _print(done)
    if done.refused:
        raise click.exceptions.Exit(2)


def _carried(path: Path) -> "Iterator[Carried]":
    from traces.export import read_line, read_parts

    if path.is_dir():
        yield from read_parts(path)
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield read_line(line, number)


def _print(done: "Brought") -> None:
    say(f"{done.runs:,} runs taken in ({done.events:,} facts), {done.known:,} were here already")
    if done.rewritten:
        say(f"something was taken out of {len(done.rewritten):,}, which have a chain of their own now")
    told: dict[str, Any] = dict(islice(done.refused.items(), 10))
    for run, why in told.items():
        say(f"not taken: {run}: {why}", "warn")
