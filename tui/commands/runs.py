"""`strop runs`: the record, as a list and one run whole."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import glyphs, print_json, print_lines, say, width

NEWLINE = "\n"

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from agents.service.wire import EventView, RunDetail
    from traces.diff import Pair
    from traces.store import StoredEvent
    from tui.lines.line import Line


@click.group()
def runs() -> None:
    """Read the record of runs."""


@runs.command("list")
@click.argument("words", metavar="[FILTER]...", nargs=-1)
@click.option("--view", metavar="NAME", default=None, help="A saved view's filter, beside FILTER (`strop views`).")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Rows.")
@click.option("--after", metavar="RUN", default=None, help="Go on behind this run: the older ones.")
@click.option("--before", metavar="RUN", default=None, help="The newer ones that stand before this run.")
@click.option("--at", metavar="TIME", default=None, help="Those that had begun by then, such as 2026-03-12T14:05.")
@click.option("--oldest", is_flag=True, help="The last of all.")
@with_json
@in_workspace
def list_(
    words: tuple[str, ...], view: str | None, limit: int, after: str | None, before: str | None, at: str | None,
    oldest: bool, as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """List runs, newest first. FILTER: for example `agent:desk status:failed`."""
    from agents.service.views import run_page
    from traces.store import match_run
    from tui.lines.rows import run_head, run_row

    if sum(bool(one) for one in (after, before, at, oldest)) > 1:
        raise click.UsageError("--after, --before, --at and --oldest exclude each other")
    query = " ".join(words if view is None else (_saved(view), *words))
    with ledger(load_settings(folder)) as database, database.reading() as session:
        below, above = (None if name is None else match_run(session, name) for name in (after, before))
        shown = run_page(
            session, query, after=below, before=above, at=None if at is None else _moment(at), oldest=oldest,
            limit=limit,
        )  # fmt: skip
    if as_json:
        print_json(shown)
        return
    now = datetime.now().astimezone()
    ids = [f"{run.id}  " for run in shown.items]
    room = width() - max(map(len, ids), default=0)
    if shown.items:
        print_lines([_led("", ids, run_head(room))])
    print_lines(
        _led(name, ids, run_row(run, room, now, glyphs())) for name, run in zip(ids, shown.items, strict=True)
    )
    if not shown.items:
        say("no runs" + (f" match {query!r}" if query else " yet"))
    elif shown.after:
        say(f"more: strop runs list {query + ' ' if query else ''}--after {shown.after}")


def _saved(view: str) -> str:
    from agents.whereabouts import terminal_memory
    from tui.memory import Memory

    views = Memory(terminal_memory()).views
    if view not in views:
        listed = ", ".join(sorted(views)) or "none; strop views save NAME FILTER... keeps one"
        raise click.UsageError(f"there is no view {view!r}; there is: {listed}")
    return views[view]


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise click.UsageError(f"--at is no time: {text!r}; write it as 2026-03-12T14:05") from error


def _led(name: str, ids: "Sequence[str]", row: "Line") -> "Line":
    from tui.lines.line import Line

    return Line(((name.ljust(max(map(len, ids))), "accent"), *row.spans))


@runs.command("show")
@click.argument("run_id", metavar="RUN")
@click.option("--raw", is_flag=True, help="Every fact as it is recorded, as JSON.")
@with_json
@in_workspace
def show(run_id: str, raw: bool, as_json: bool, folder: Path | None) -> None:
    """Show a whole run, and the runs it delegated to. RUN: an id, its start or its end."""
    from traces.store import match_run

    with ledger(load_settings(folder)) as database, database.reading() as session:
        full = match_run(session, run_id)
        told = [_whole(session, one) for one in [full, *_below(session, full)]]
    if raw:
        print_json([fact for _, facts in told for fact in facts])
    elif as_json:
        print_json(told[0][0])
    else:
        for detail, facts in told:
            _print_run(detail, facts)


def _whole(session: "Session", run_id: str) -> "tuple[RunDetail, list[EventView]]":
    from agents.service.facts import event_page
    from agents.service.views import run_detail

    return run_detail(session, run_id), event_page(session, run_id).items


def _below(session: "Session", run_id: str) -> list[str]:
    from traces.store import list_children

    return [name for child in list_children(session, run_id) for name in (child.id, *_below(session, child.id))]


def _print_run(detail: "RunDetail", facts: "Sequence[EventView]") -> None:
    from tui.commands.live import ending
    from tui.lines.blocks import Fold
    from tui.lines.line import line
    from tui.lines.transcript import block_lines

    fold = Fold()
    for fact in facts:
        fold.add(fact)
    room = min(width(), 110)
    print_lines([line((f"{detail.run.agent}  {ending(detail.run)}", "accent.bold")), line()])
    for block in fold.blocks:
        if block.folded:
            block.title, block.body = f"{block.title} ({block.body.count(NEWLINE) + 1} lines, in --raw)", ""
        print_lines([*block_lines(block, room, glyphs()), line()])


@runs.command("body")
@click.argument("run_id", metavar="RUN")
@click.argument("digest", metavar="DIGEST")
@with_json
@in_workspace
def body(run_id: str, digest: str, as_json: bool, folder: Path | None) -> None:
    """Print a large body of a run whole, as the JSON it is. DIGEST stands where `runs show` gives its beginning.

    With --json one line a piece, as the service gives them.
    """
    import json
    from dataclasses import asdict

    from traces.errors import NotFound
    from traces.pieces import names_body, read_piece
    from traces.store import match_run

    with ledger(load_settings(folder)) as database, database.reading() as session:
        if not names_body(session, match_run(session, run_id), digest):
            raise NotFound("body", digest, hint="`strop runs show --raw RUN` names the large bodies under `cut`.")
        place: int | None = 0
        while place is not None:
            piece = read_piece(session, digest, offset=place)
            click.echo(json.dumps(asdict(piece)) if as_json else piece.text, nl=as_json)
            place = piece.next
    if not as_json:
        click.echo()


@runs.command("diff")
@click.argument("run_id", metavar="RUN")
@click.argument("other_id", metavar="OTHER")
@with_json
@in_workspace
def diff(run_id: str, other_id: str, as_json: bool, folder: Path | None) -> None:
    """Compare two runs, fact by fact, and name the first difference. Ids and times do not count."""
    from traces.diff import compare
    from traces.store import match_run, read_events

    with ledger(load_settings(folder)) as database, database.reading() as session:
        left, right = match_run(session, run_id), match_run(session, other_id)
        pairs = compare(read_events(session, left), read_events(session, right))
    if as_json:
        print_json(_as_data(left, right, pairs))
    else:
        _print_pairs(left, right, pairs)


def _as_data(left: str, right: str, pairs: "Sequence[Pair]") -> dict[str, Any]:
    from traces.diff import first_difference

    first = first_difference(pairs)
    told = [
        {
            "left": None if pair.left is None else pair.left.seq,
            "right": None if pair.right is None else pair.right.seq,
            "kind": _stands_for(pair).kind,
            "same": pair.same,
            "differences": [asdict(one) for one in pair.differences],
        }
        for pair in pairs
    ]
    return {"left": left, "right": right, "first": None if first is None else told[pairs.index(first)], "pairs": told}


def _print_pairs(left: str, right: str, pairs: "Sequence[Pair]") -> None:
    from traces.diff import first_difference, subject

    print_lines([_row("", left, right, "", "muted")])
    for pair in pairs:
        fact = _stands_for(pair)
        sign = "=" if pair.same else "<" if pair.right is None else ">" if pair.left is None else "~"
        ours, theirs = ("" if one is None else str(one.seq) for one in (pair.left, pair.right))
        told = f"{fact.kind} {subject(fact)}".strip()
        print_lines([_row(sign, ours, theirs, told, "same" if pair.same else "warn")])
    first = first_difference(pairs)
    if first is None:
        say("no difference")
    elif not first.differences:
        say(f"first difference: only one of them has {_stands_for(first).kind}")
    else:
        place = first.differences[0]
        say(f"first difference: {_stands_for(first).kind}: {place.path}")
        say(f"  < {_shortened(place.left)}")
        say(f"  > {_shortened(place.right)}")


def _row(sign: str, left: str, right: str, told: str, role: str) -> "Line":
    from tui.lines.line import line

    return line((f"{sign:2}{left:>6} {right:>6}  {told}", role))


def _stands_for(pair: "Pair") -> "StoredEvent":
    fact = pair.left or pair.right
    assert fact is not None
    return fact


def _shortened(value: Any) -> str:
    # The representation, so that what a tool said cannot drive the terminal.
    text = repr(value)
    return text if len(text) <= 200 else text[:199] + "…"
