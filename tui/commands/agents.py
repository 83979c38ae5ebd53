"""`strop agents`, `strop adopt`, `strop decisions`: what serves each agent, and who decided so."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import in_workspace, ledger, load, signed, with_json, writing
from tui.commands.printing import console, glyphs, print_json, print_lines, say, width

if TYPE_CHECKING:
    from agents.service.wire import AgentView
    from tui.lines.line import Line


@click.command()
@with_json
@in_workspace
def agents(as_json: bool, folder: Path | None) -> None:
    """List the agents, and the version that serves each."""
    from agents.service.views import agent_views

    workspace = load(folder)
    with ledger(workspace) as database, database.reading() as session:
        views = agent_views(session, workspace)
    if as_json:
        print_json(views)
        return
    for view in views:
        print_lines(_agent_lines(view))
    if not views:
        say("no agents: put one into agents/NAME.yaml")


def _agent_lines(view: "AgentView") -> "list[Line]":
    from tui.lines.line import line
    from tui.lines.review import pairs

    source = "the definition file" if view.live_source == "definition" else "a decision"
    changed = "; the file has changed since: `strop adopt` takes it" if view.definition_changed else ""
    facts = [
        ("model", view.model), ("live", f"{view.live} (from {source}{changed})"), ("tools", ", ".join(view.tools)),
        ("delegates", ", ".join(view.delegates)), ("proposals", str(view.proposals or "")),
    ]  # fmt: skip
    head = line((view.name, "accent.bold"), (f"  {view.description}", "text"))
    return [head, *pairs(facts, width()), line()]


@click.command()
@click.argument("agent")
@click.option("--reason", default="", help="Why. Default: that the definition file was adopted.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_json
@in_workspace
def adopt(agent: str, reason: str, yes: bool, as_json: bool, folder: Path | None) -> None:
    """Make AGENT's definition file live again.

    It takes the place of the version that a decision put there.
    """
    from agents.prompts.store import find_live
    from agents.review import adopt_file
    from agents.selection import own_bundle
    from agents.service.views import bundle_view
    from traces.ids import short

    workspace = load(folder)
    own = own_bundle(workspace, workspace.agent(agent))
    by = signed(workspace, reason or f"adopted {workspace.agent(agent).path.name}")
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            live = find_live(session, agent)
        if live is not None and live.digest == own.digest:
            say(f"{short(own.digest)} is live already")
        else:
            if not yes:
                click.confirm(f"Make {short(own.digest)} live for {agent!r}?", abort=True, err=True)
            adopt_file(recorder, own, by, rules=workspace.governance.rules_for(agent))
            say(f"{short(own.digest)} is live for {agent!r}")
        if as_json:
            with recorder.database.reading() as session:
                print_json(bundle_view(session, own.digest))


_STEPS = {"proposal_signed": "signed", "governance_changed": "rules changed"}


@click.command()
@click.argument("agent")
@with_json
@in_workspace
def decisions(agent: str, as_json: bool, folder: Path | None) -> None:
    """List who decided what about AGENT, oldest first."""
    from agents.service.views import decision_views
    from tui.lines.cells import one_line
    from tui.lines.figures import moment, short

    workspace = load(folder)
    workspace.agent(agent)
    with ledger(workspace) as database, database.reading() as session:
        views = decision_views(session, agent)
    if as_json:
        print_json(views)
        return
    now = datetime.now().astimezone()
    for view in views:
        by = view.data.get("provenance") or {}
        step = _STEPS.get(view.kind) or f"{view.data['from_state'] or 'new'} {glyphs().arrow} {view.data['to_state']}"
        told = one_line(f"{by.get('by', '')}: {by.get('reason', '')}".strip(": "))
        console().print(f"{moment(view.at, now):14} {short(str(view.data.get('bundle') or '')):12}  {step:24} {told}")
    if not views:
        say(f"nothing was decided about {agent!r} yet; its first run takes the definition file")
