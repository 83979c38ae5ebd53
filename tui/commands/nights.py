"""`strop nights`: what the optimizer did, night by night."""

from datetime import datetime
from pathlib import Path

import click

from tui.commands.opening import in_workspace, ledger, load_settings, with_json
from tui.commands.printing import glyphs, print_json, print_lines, say, width


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
    from agents.service.views import event_page, night_list
    from traces.errors import NotFound
    from tui.lines.review import night_lines

    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = [night for night in night_list(session, limit=1000) if _means(night_id, night.id)]
        if len(found) != 1:
            what = "night" if not found else "single night (several match)"
            raise NotFound(what, night_id, hint="`strop nights list` shows the nights there are.")
        facts = event_page(session, found[0].id).items
    if as_json:
        print_json(
            {"night": found[0].model_dump(mode="json"), "events": [one.model_dump(mode="json") for one in facts]}
        )
    else:
        print_lines(night_lines(found[0], facts, min(width(), 120), datetime.now().astimezone(), glyphs()))


def _means(given: str, name: str) -> bool:
    return name.startswith(given) or name.endswith(given)
