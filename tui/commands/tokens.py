"""`strop tokens`: who may ask the service over the network, for which agents, in which role."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.opening import in_workspace, ledger, load_settings, signed, with_json, writing
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from agents.access.tokens import Token

ROLES = ("app", "viewer", "operator", "approver", "admin")
"""As `agents.access.roles.ROLES`, for a help text; a test holds them together."""


@click.group()
def tokens() -> None:
    """Give out, list and take back the tokens with which others use the service."""


@tokens.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What it may do: docs/governance.md.")
@click.option("--agent", "agents", multiple=True, help="Only for this agent. May be repeated. Default: all.")
@click.option("--expires", default="90d", show_default=True, metavar="WHEN", help="After 90d, 12h, 4w; or never.")
@with_json
@in_workspace
def create(name: str, role: str, agents: tuple[str, ...], expires: str, as_json: bool, folder: Path | None) -> None:
    """Give a token to NAME: a person, or an app. It is shown this once; what is done with it is signed NAME."""
    from agents.access.keys import give_token
    from agents.access.tokens import duration
    from tui.commands.opening import load

    lasts = duration(expires)
    workspace = load_settings(folder)
    if agents:
        known = load(folder)
        for agent in agents:
            known.agent(agent)
    with writing(workspace) as recorder:
        secret, token = give_token(recorder, name, role, signed(workspace), agents=agents or None, lasts=lasts)
    if as_json:
        print_json({"secret": secret, **_facts(token, datetime.now().astimezone())})
        return
    click.echo(secret)
    until = "until it is revoked" if token.expires_at is None else f"until {token.expires_at:%Y-%m-%d %H:%M} UTC"
    say(f"{token.name} is {token.role} for {', '.join(token.agents or ('all agents',))}, {until}; id {token.id}")
    say("It is kept nowhere: hand it over now. A client sends it as STROP_TOKEN, or Authorization: Bearer.")


@tokens.command("list")
@with_json
@in_workspace
def list_(as_json: bool, folder: Path | None) -> None:
    """List all tokens that were ever given out, newest first; never what they are."""
    from agents.access.tokens import list_tokens

    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = list_tokens(session)
    now = datetime.now().astimezone()
    if as_json:
        print_json([_facts(one, now) for one in found])
        return
    for one in found:
        until = "never" if one.expires_at is None else f"{one.expires_at.astimezone():%Y-%m-%d %H:%M}"
        row = f"{one.id}  {one.standing(now):8}  {one.role:9}  {until:16}  {one.name}"
        console().print(row + (f"  ({', '.join(one.agents)})" if one.agents else ""), markup=False, highlight=False)
    if not found:
        say("no tokens; the Unix socket needs none, and `strop tokens create NAME --role ROLE` gives one")


@tokens.command("revoke")
@click.argument("token_id", metavar="ID")
@click.option("--reason", default="", help="Why: it goes into the record.")
@with_json
@in_workspace
def revoke(token_id: str, reason: str, as_json: bool, folder: Path | None) -> None:
    """Take the token ID back: it is good for nothing from the next request on."""
    from agents.access.keys import take_token

    workspace = load_settings(folder)
    with writing(workspace) as recorder:
        token = take_token(recorder, token_id, signed(workspace, reason))
    if as_json:
        print_json(_facts(token, datetime.now().astimezone()))
    else:
        say(f"the token {token.id} of {token.name} is revoked")


def _facts(token: "Token", now: datetime) -> dict[str, Any]:
    return {**asdict(token), "standing": token.standing(now)}
