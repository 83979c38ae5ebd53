"""`strop bundles`: the versions of an agent's behaviour."""

from datetime import datetime
from pathlib import Path

import click

from tui.commands.opening import in_workspace, ledger, load, load_settings, with_json
from tui.commands.printing import glyphs, print_json, print_lines, say, width


@click.group()
def bundles() -> None:
    """Read the versions of agents' behaviour. DIGEST: its first characters are enough."""


@bundles.command("list")
@click.argument("agent", required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=200, show_default=True, help="Rows.")
@with_json
@in_workspace
def list_(agent: str | None, limit: int, as_json: bool, folder: Path | None) -> None:
    """List versions (of AGENT), newest first."""
    from agents.service.views import bundle_list
    from tui.lines.rows import bundle_head, bundle_row

    workspace = load(folder)
    if agent is not None:
        workspace.agent(agent)
    with ledger(workspace) as database, database.reading() as session:
        views = bundle_list(session, agent=agent, limit=limit)
    if as_json:
        print_json(views)
        return
    if not views:
        say("no versions yet: an agent gets its first with its first run")
        return
    now = datetime.now().astimezone()
    print_lines([bundle_head(width()), *(bundle_row(view, width(), now, glyphs()) for view in views)])


@bundles.command("show")
@click.argument("digest")
@with_json
@in_workspace
def show(digest: str, as_json: bool, folder: Path | None) -> None:
    """Show a version whole: the prompt as the model gets it, then every other field."""
    from agents.service.views import bundle_view
    from tui.lines.review import bundle_lines

    with ledger(load_settings(folder)) as database, database.reading() as session:
        view = bundle_view(session, digest)
    if as_json:
        print_json(view)
    else:
        print_lines(bundle_lines(view, width(), datetime.now().astimezone(), glyphs()))


@bundles.command("diff")
@click.argument("digest")
@click.option("--against", default=None, metavar="DIGEST", help="The other version. Default: its parent.")
@with_json
@in_workspace
def diff(digest: str, against: str | None, as_json: bool, folder: Path | None) -> None:
    """Show word by word what a version changes."""
    from agents.service.views import bundle_diff
    from tui.lines.diff import diff_lines

    with ledger(load_settings(folder)) as database, database.reading() as session:
        lines = bundle_diff(session, digest, against)
    if as_json:
        print_json(lines)
    else:
        print_lines(diff_lines(lines, width()))
