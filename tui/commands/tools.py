"""`strop tools`: what tool servers offer, what changed since a version was proven, and accepting it."""

from datetime import datetime
from pathlib import Path

import click

from tui.commands.opening import in_workspace, ledger, load, signed, with_json, writing
from tui.commands.printing import glyphs, print_json, print_lines, say, width


@click.group()
def tools() -> None:
    """Look at what tool servers offer, and at what changed since a version was proven."""


@tools.command("list")
@click.argument("agent", required=False)
@with_json
@in_workspace
def list_(agent: str | None, as_json: bool, folder: Path | None) -> None:
    """List the servers of the live versions (of AGENT), and whether they are as they were pinned."""
    _list(agent, as_json, folder, drifted=False)


@tools.command()
@click.argument("agent", required=False)
@with_json
@in_workspace
def drift(agent: str | None, as_json: bool, folder: Path | None) -> None:
    """List only servers that drifted. Exit code 1 where there are any: for a monitor."""
    if _list(agent, as_json, folder, drifted=True):
        raise SystemExit(1)


def _list(agent: str | None, as_json: bool, folder: Path | None, *, drifted: bool) -> int:
    from agents.service.tool_views import tool_lists
    from tui.lines.tools import tools_head, tools_row

    workspace = load(folder)
    if agent is not None:
        workspace.agent(agent)
    with ledger(workspace) as database, database.reading() as session:
        found = tool_lists(session, workspace, agent=agent)
    shown = [one for one in found if one.standing == "drifted" or not drifted]
    if as_json:
        print_json(shown)
    elif shown:
        now = datetime.now().astimezone()
        print_lines([tools_head(width()), *(tools_row(one, width(), now) for one in shown)])
        say("strop tools diff SERVER shows what changed" if any(one.changes for one in shown) else "")
    else:
        say("nothing has drifted" if found else "no live version uses a tool server")
    return len(shown)


@tools.command()
@click.argument("server")
@click.option("--agent", default=None, help="Only for this agent.")
@with_json
@in_workspace
def diff(server: str, agent: str | None, as_json: bool, folder: Path | None) -> None:
    """Show word by word what SERVER offers otherwise than the live versions were proven with."""
    from agents.errors import UsageError
    from agents.service.tool_views import tool_lists
    from tui.lines.line import line
    from tui.lines.tools import drift_lines

    workspace = load(folder)
    with ledger(workspace) as database, database.reading() as session:
        found = tool_lists(session, workspace, agent=agent, server=server)
    if not found:
        raise UsageError(f"no live version uses the server {server!r}", hint="`strop tools list` shows which do.")
    if as_json:
        print_json(found)
        return
    for one in found:
        print_lines([*drift_lines(one, min(width(), 120), glyphs()), line()])


@tools.command()
@click.argument("server")
@click.option("--agent", required=True, help="Whose live version goes on with it.")
@click.option("--found", default=None, metavar="DIGEST", help="The listing you saw; another one now is refused.")
@click.option("--reason", required=True, help="Why: it goes into the record.")
@click.option("--by", default=None, help="Who decides. Default: the login.")
@with_json
@in_workspace
def accept(
    server: str, agent: str, found: str | None, reason: str, by: str | None, as_json: bool, folder: Path | None
) -> None:
    """Let AGENT's live version go on with what SERVER offers now."""
    from agents.rollouts import accept_drift
    from agents.service.tool_views import tool_lists
    from tui.lines.figures import short

    workspace = load(folder)
    workspace.agent(agent)
    with writing(workspace) as recorder:
        digest = accept_drift(recorder, agent, server, signed(workspace, reason, by), found=found)
        if as_json:
            with recorder.database.reading() as session:
                print_json(tool_lists(session, workspace, agent=agent, server=server))
        else:
            say(f"{agent!r} goes on with {server!r} as it is now ({short(digest)})")
            say(f"try the version on it: strop check {agent}")
