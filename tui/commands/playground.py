"""`strop playground`: one input through several versions and models, side by side; nothing in the world changes."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from tui.commands.opening import in_workspace, ledger, load, load_settings, runtime, signed, with_json
from tui.commands.printing import glyphs, print_json, print_lines, say, width

if TYPE_CHECKING:
    from agents.config import Workspace
    from agents.playground import Side
    from agents.service.wire.playground import PlayView


@click.group()
def playground() -> None:
    """Try versions and models on one input. What changes something is not called."""


@playground.command()
@click.argument("text", required=False, default="")
@click.option("--agent", "agents", multiple=True, help="What serves this agent. Repeatable, as the next one.")
@click.option("--version", "versions", multiple=True, metavar="DIGEST", help="A version.")
@click.option("--model", "models", multiple=True, help="Each of them on this model too. Repeatable.")
@click.option("--run", "replay_of", metavar="RUN", default=None, help="Its recorded tool results answer; its input.")
@click.option("--recorded", is_flag=True, help="Make no read either: only the recording of --run answers.")
@click.option("--by", default=None, help="Who plays. Default: the login.")
@with_json
@in_workspace
def start(
    text: str, agents: tuple[str, ...], versions: tuple[str, ...], models: tuple[str, ...], replay_of: str | None,
    recorded: bool, by: str | None, as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Ask the TEXT (default: what --run was asked) of each --agent and --version, and show the answers."""
    from agents.playground import Side

    workspace = load(folder)
    plain = [Side(agent=one) for one in agents] + [Side(bundle=one) for one in versions]
    if not plain:
        raise click.UsageError("name at least one --agent or --version")
    sides = [Side(one.agent, one.bundle, model) for model in ("", *models) for one in plain]
    view = asyncio.run(_play(workspace, sides, text, replay_of, "recorded" if recorded else "read", by))
    print_json(view) if as_json else _print(view)


async def _play(
    workspace: "Workspace", sides: "list[Side]", text: str, replay_of: str | None, tools: Literal["read", "recorded"],
    by: str | None,
) -> "PlayView":  # fmt: skip
    from agents.playground import begin_play, get_play
    from agents.service.plays import play_views
    from traces.store import get_run

    async with runtime(workspace) as opened:
        runs = begin_play(opened, sides, signed(workspace, "", by), input=text, replay_of=replay_of, tools=tools)
        await asyncio.gather(*(_work(opened, run) for run in runs))
        with opened.database.reading() as session:
            play = get_play(session, get_run(session, runs[0]).conversation_id)
            return play_views(session, [play])[0]


async def _work(opened: Any, run_id: str) -> None:
    """A side to its end; how it ended is on record and is shown with the others."""
    from contextlib import suppress

    from agents.errors import StropError
    from agents.journal import ReplayMiss

    with suppress(StropError, ReplayMiss):
        await opened.work(run_id)


@playground.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Rows.")
@with_json
@in_workspace
def list_(limit: int, as_json: bool, folder: Path | None) -> None:
    """List what was played, newest first."""
    from agents.playground import list_plays
    from agents.service.plays import play_views
    from tui.lines.line import Line
    from tui.lines.plays import play_head, play_row

    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = play_views(session, list_plays(session, limit=limit))
    if as_json:
        print_json(found)
    elif not found:
        say("nothing was played yet: strop playground start --agent AGENT TEXT")
    else:
        now, room = datetime.now().astimezone(), width() - 34
        print_lines([Line(((" " * 34, "text"), *play_head(room).spans))])
        print_lines(Line(((f"{one.id:34}", "accent"), *play_row(one, room, now, glyphs()).spans)) for one in found)


@playground.command()
@click.argument("play_id", metavar="PLAY")
@with_json
@in_workspace
def show(play_id: str, as_json: bool, folder: Path | None) -> None:
    """Show one play: each side's answer, and what it took."""
    from agents.playground import get_play
    from agents.service.plays import play_views

    with ledger(load_settings(folder)) as database, database.reading() as session:
        view = play_views(session, [get_play(session, play_id)])[0]
    print_json(view) if as_json else _print(view)


def _print(play: "PlayView") -> None:
    from tui.lines.line import line
    from tui.lines.plays import play_title, side_figures, side_model, side_title
    from tui.lines.pretty import pretty
    from tui.lines.review import paragraph

    room = min(width(), 120)
    print_lines([play_title(play, room)])
    for side in play.sides:
        title = side_title(side, False, room, glyphs())
        print_lines([line(), title, side_model(side, room), side_figures(side, room)])
        told = side.run.error if side.answer is None and side.run.error else pretty(side.answer)
        print_lines(paragraph(str(told), room, "bad" if side.run.error else "text"))
        say(f"  {side.run.id}")
