"""`strop governance`: the rules for decisions about an agent's versions, in force and as the file asks for."""

from pathlib import Path
from typing import Any

import click

from tui.commands.opening import in_workspace, ledger, load, signed, with_json, writing
from tui.commands.printing import console, print_json, say, style


@click.group()
def governance() -> None:
    """Read the rules for decisions about versions, and put those of strop.toml into force."""


@governance.command("show")
@click.argument("agent")
@with_json
@in_workspace
def show(agent: str, as_json: bool, folder: Path | None) -> None:
    """Show the rules in force for AGENT, and where strop.toml asks for others."""
    from agents.prompts.record import read_record

    workspace = load(folder)
    workspace.agent(agent)
    wished = workspace.governance.rules_for(agent)
    with ledger(workspace) as database, database.reading() as session:
        recorded = read_record(session, agent).rules
    rules = recorded or wished
    if as_json:
        facts: dict[str, Any] = {"in_force": rules.model_dump(mode="json"), "file": wished.model_dump(mode="json")}
        print_json({"agent": agent, "on_record": recorded is not None, **facts})
        return
    for name, value in rules.model_dump(mode="json").items():
        other = getattr(wished, name) != getattr(rules, name)
        told = f"   strop.toml asks for {wished.model_dump(mode='json')[name]}" if other else ""
        role = style("warn" if other else "text")
        console().print(f"{name:20} {value}{told}", markup=False, highlight=False, style=role)
    if rules != wished:
        say(f"strop governance adopt {agent} --reason WHY puts the file's rules into force; it takes an admin")


@governance.command("adopt")
@click.argument("agent")
@click.option("--reason", required=True, help="Why: it goes into the record.")
@with_json
@in_workspace
def adopt(agent: str, reason: str, as_json: bool, folder: Path | None) -> None:
    """Put the rules that strop.toml has for AGENT into force. It takes an admin, and is on record."""
    from agents.review import change_governance

    workspace = load(folder)
    workspace.agent(agent)
    rules = workspace.governance.rules_for(agent)
    with writing(workspace) as recorder:
        change_governance(recorder, agent, rules, signed(workspace, reason))
    if as_json:
        print_json({"agent": agent, "in_force": rules.model_dump(mode="json")})
    else:
        say(f"the rules of strop.toml are in force for {agent!r}")
