"""`strop approvals`: calls that wait for a person, and the person's decision on them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.opening import in_workspace, ledger, load_settings, signed, with_json, writing
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from agents.service.wire import ApprovalView


@click.group()
def approvals() -> None:
    """Allow or deny calls that wait for a person."""


@approvals.command("list")
@with_json
@in_workspace
def list_(as_json: bool, folder: Path | None) -> None:
    """List the calls that nobody has decided on."""
    from agents.approvals import list_approvals
    from agents.service.views import approval_view

    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = [approval_view(session, one) for one in list_approvals(session)]
    if as_json:
        print_json(found)
    elif not found:
        say("no call waits for a person")
    for one in () if as_json else found:
        console().print(f"{one.id}  {_left(one):>8}  {one.agent}  {_call(one)}")


@approvals.command()
@click.argument("approval", metavar="CALL")
@with_json
@in_workspace
def show(approval: str, as_json: bool, folder: Path | None) -> None:
    """Show one held call whole.

    CALL: its id, or the run's where it waits for one call only.
    """
    with ledger(load_settings(folder)) as database:
        _print(database, approval, as_json)


@approvals.command()
@click.argument("approval", metavar="CALL")
@click.option("--earlier", type=click.IntRange(0, 200), default=20, show_default=True, help="Calls sent before.")
@with_json
@in_workspace
def context(approval: str, earlier: int, as_json: bool, folder: Path | None) -> None:
    """Show what the agent said before a held call, and what the tool was sent before."""
    from agents.approvals import get_approval
    from agents.service.views import approval_view
    from agents.service.waiting import approval_context
    from tui.lines.usual import compared

    with ledger(load_settings(folder)) as database, database.reading() as session:
        one = get_approval(session, approval)
        found, view = approval_context(session, one, earlier=earlier), approval_view(session, one)
    if as_json:
        print_json(found)
        return
    console().print(f"asked: {_clean(found.input)}")
    console().print(f"the agent said: {_clean(found.before) or '(nothing)'}")
    for argument in compared(view.arguments, [call.arguments for call in found.earlier]):
        console().print(f"{argument.name}: {_clean(argument.value)}  ({argument.told})")


def _reasoned(command: Any) -> Any:
    reason = click.option("--reason", default="", help="Why: it goes into the record.")
    shown = click.option("--shown", default=None, metavar="DIGEST", help="The arguments you saw; others are refused.")
    by = click.option("--by", default=None, help="Who decides. Default: the login.")
    return reason(shown(by(command)))


@approvals.command()
@click.argument("approval", metavar="CALL")
@click.option("--edit", "edited", default=None, metavar="JSON", help="Send these arguments instead.")
@_reasoned
@with_json
@in_workspace
def approve(
    approval: str, edited: str | None, reason: str, shown: str | None, by: str | None, as_json: bool,
    folder: Path | None,
) -> None:  # fmt: skip
    """Allow a held call. It can be decided on once."""
    _decide(folder, approval, "approve", signed_as=(reason, by), shown=shown, edited=edited, as_json=as_json)


@approvals.command()
@click.argument("approval", metavar="CALL")
@_reasoned
@with_json
@in_workspace
def deny(approval: str, reason: str, shown: str | None, by: str | None, as_json: bool, folder: Path | None) -> None:
    """Deny a held call: the agent is told so, with the reason."""
    _decide(folder, approval, "deny", signed_as=(reason, by), shown=shown, edited=None, as_json=as_json)


def _decide(
    folder: Path | None, approval: str, decision: Any, *, signed_as: tuple[str, str | None], shown: str | None,
    edited: str | None, as_json: bool,
) -> None:  # fmt: skip
    from agents.approvals import decide_approval

    workspace = load_settings(folder)
    arguments = None if edited is None else _arguments(edited)
    by = signed(workspace, *signed_as)
    with writing(workspace) as recorder:
        one = decide_approval(recorder, approval, decision, by, shown=shown, arguments=arguments)
        if as_json:
            _print(recorder.database, one.id, as_json)
        else:
            say(f"{one.id} is {one.state}; a running service goes on with it, or: strop resume {one.run_id}")


def _arguments(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"--edit is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise click.UsageError("--edit is not a JSON object of arguments")
    return given


def _print(database: Any, approval: str, as_json: bool) -> None:
    from agents.approvals import get_approval
    from agents.service.views import approval_view

    with database.reading() as session:
        one = approval_view(session, get_approval(session, approval))
    if as_json:
        print_json(one)
        return
    console().print(f"{one.id}  {one.state}{f' by {one.by}' if one.by else ''}  {one.agent}  {_call(one)}")
    if one.reason:
        console().print(f"asked because: {_clean(one.reason)}")
    if one.sent is not None:
        console().print(f"sent instead: {_clean(json.dumps(one.sent, ensure_ascii=False))}")
    console().print(f"digest: {one.digest}")


def _call(one: "ApprovalView") -> str:
    return _clean(f"{one.server}.{one.tool} {json.dumps(one.arguments, ensure_ascii=False)}")


def _left(one: "ApprovalView") -> str:
    """Time until it expires, in its largest unit."""
    seconds = (one.expires_at - datetime.now(UTC)).total_seconds()
    if seconds <= 0:
        return "expired"
    return f"{seconds / 3600:.0f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


def _clean(text: str) -> str:
    """What a model wrote, on one line, without what would drive the terminal."""
    from tui.lines.cells import one_line

    return one_line(text)
