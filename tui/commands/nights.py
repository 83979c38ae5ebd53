"""`strop nights`: what the optimizer did, night by night."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import glyphs, hand_over, print_json, print_lines, say, width

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from agents.service.wire import NightView


@click.group()
def nights() -> None:
    """Read the nights of the optimizer."""


@nights.command("list")
@click.argument("agent", required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Rows.")
@with_json
@in_workspace
def list_(agent: str | None, limit: int, as_json: bool, folder: Path | None) -> None:
    """List nights (for AGENT), newest first."""
    from agents.service.views import night_list
    from tui.lines.line import Line
    from tui.lines.rows import night_head, night_row

    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = night_list(session, agent=agent, limit=limit)
    if as_json:
        print_json(found)
        return
    if not found:
        say("no nights yet: strop optimize AGENT")
        return
    now = datetime.now().astimezone()
    room = width() - 34
    print_lines([Line(((" " * 34, "text"), *night_head(room).spans))])
    print_lines(Line(((f"{night.id:34}", "accent"), *night_row(night, room, now).spans)) for night in found)


@nights.command("show")
@click.argument("night_id", metavar="NIGHT")
@with_json
@in_workspace
def show(night_id: str, as_json: bool, folder: Path | None) -> None:
    """Show one night: the report, then stage by stage what happened."""
    from agents.service.facts import event_page
    from tui.lines.nights import night_lines

    with ledger(load_settings(folder)) as database, database.reading() as session:
        night = _find(session, night_id)
        facts = event_page(session, night.id).items
    if as_json:
        print_json({"night": night.model_dump(mode="json"), "events": [one.model_dump(mode="json") for one in facts]})
    else:
        print_lines(night_lines(night, facts, min(width(), 120), datetime.now().astimezone(), glyphs()))


@nights.command("report")
@click.argument("night_id", metavar="[NIGHT]", required=False)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file. Default: the screen."
)
@with_json
@in_workspace
def report(night_id: str | None, output: Path | None, as_json: bool, folder: Path | None) -> None:
    """Write the morning report of a night (default: the newest) as Markdown."""
    from optimizer.report import morning_report
    from traces.store import read_events

    with ledger(load_settings(folder)) as database, database.reading() as session:
        night = _find(session, night_id)
        text = morning_report(night.id, read_events(session, night.id))
    facts = {"night": night.model_dump(mode="json"), "text": text} if as_json else None
    hand_over(text, output, f"the report of {night.id} is in {output}", facts)


def _find(session: "Session", night_id: str | None) -> "NightView":
    """The night that is meant; the newest where none is named."""
    from agents.service.views import night_list
    from traces.errors import NotFound

    nights = night_list(session, limit=1000)
    found = nights[:1] if night_id is None else [night for night in nights if _means(night_id, night.id)]
    if len(found) != 1:
        what = "night" if not found else "single night (several match)"
        raise NotFound(what, night_id or "the newest", hint="`strop nights list` shows the nights there are.")
    return found[0]


def _means(given: str, name: str) -> bool:
    return name.startswith(given) or name.endswith(given)
