"""`strop queues`: runs that several people are to judge, who is next, and how far they agree."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import F, in_workspace, ledger, load_settings, signed, with_json, writing
from tui.commands.printing import console, print_json, print_lines, say, width

if TYPE_CHECKING:
    from agents.service.wire.queues import QueueDetail


def _by(command: F) -> F:
    return click.option("--by", default=None, help="Who. Default: the login.")(command)


@click.group()
def queues() -> None:
    """Let several people judge the same runs."""


@queues.command("list")
@_by
@with_json
@in_workspace
def list_(by: str | None, as_json: bool, folder: Path | None) -> None:
    """List the queues, newest first."""
    from agents.service.queues import queue_view
    from traces.queues import list_queues
    from tui.lines.queues import queue_head, queue_row

    workspace = load_settings(folder)
    with ledger(workspace) as database, database.reading() as session:
        found = [queue_view(session, one, by or workspace.user) for one in list_queues(session)]
    if as_json:
        print_json(found)
    elif not found:
        say("no queue yet: strop queues open NAME [FILTER]...")
    else:
        print_lines([queue_head(width()), *(queue_row(one, width()) for one in found)])


@queues.command("open")
@click.argument("name")
@click.argument("words", metavar="[FILTER]...", nargs=-1)
@click.option("--size", type=click.IntRange(1, 1000), default=50, show_default=True, help="Runs to draw.")
@click.option("--reviewers", type=click.IntRange(1, 9), default=2, show_default=True, help="People for each run.")
@click.option("--label", "labels", multiple=True, help="One to choose from with one key. Repeatable.")
@click.option("--reason", default="", help="What it is for.")
@_by
@with_json
@in_workspace
def open_(
    name: str, words: tuple[str, ...], size: int, reviewers: int, labels: tuple[str, ...], reason: str,
    by: str | None, as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Draw runs that FILTER means (as for `strop runs list`) into the queue NAME."""
    from agents.service.queues import queue_view
    from traces.filters import conditions
    from traces.queues import open_queue

    workspace, query = load_settings(folder), " ".join(words)
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            where = conditions(query, session=session)
        signature = signed(workspace, reason, by)
        queue = open_queue(recorder, name, query, where, signature, size=size, reviewers=reviewers, labels=labels)
        with recorder.database.reading() as session:
            view = queue_view(session, queue, signature.by)
    if as_json:
        print_json(view)
    else:
        say(f"{view.runs} runs are in {name!r}; strop queues next {name} gives the first, strop tui shows it")


@queues.command()
@click.argument("name")
@_by
@with_json
@in_workspace
def show(name: str, by: str | None, as_json: bool, folder: Path | None) -> None:
    """Show how far a queue is, and how far its reviewers agree."""
    from agents.service.queues import queue_detail

    workspace = load_settings(folder)
    with ledger(workspace) as database, database.reading() as session:
        found = queue_detail(session, name, by or workspace.user)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: "QueueDetail") -> None:
    from tui.commands.printing import glyphs
    from tui.lines.queues import queue_lines

    print_lines(queue_lines(found, width(), glyphs()))


@queues.command("next")
@click.argument("name")
@click.option("--after", metavar="RUN", default=None, help="Pass this one over.")
@_by
@with_json
@in_workspace
def next_(name: str, after: str | None, by: str | None, as_json: bool, folder: Path | None) -> None:
    """Name the next run to judge; `strop feedback` judges it."""
    from agents.service.queues import queue_turn
    from traces.store import match_run

    workspace = load_settings(folder)
    with ledger(workspace) as database, database.reading() as session:
        behind = None if after is None else match_run(session, after)
        turn = queue_turn(session, name, by or workspace.user, after=behind)
    if as_json:
        print_json(turn)
    elif turn.run is None:
        say(
            f"nothing is left for {by or workspace.user!r} in {name!r}: {turn.queue.mine} of {turn.queue.runs} judged"
        )
    else:
        console().print(turn.run.id)
        say(
            f"{turn.queue.left} left; strop runs show {turn.run.id}, then strop feedback {turn.run.id} --score 0 or 1"
        )


@queues.command()
@click.argument("name")
@click.option("--reason", default="", help="Why: it goes into the record.")
@_by
@with_json
@in_workspace
def close(name: str, reason: str, by: str | None, as_json: bool, folder: Path | None) -> None:
    """Say that nobody need judge its runs any more. What was said stays."""
    from agents.service.queues import queue_view
    from traces.queues import close_queue

    workspace = load_settings(folder)
    with writing(workspace) as recorder:
        signature = signed(workspace, reason, by)
        queue = close_queue(recorder, name, signature)
        with recorder.database.reading() as session:
            view = queue_view(session, queue, signature.by)
    if as_json:
        print_json(view)
    else:
        say(f"{name!r} is closed: {view.done} of {view.runs} runs were judged by {view.reviewers}")
