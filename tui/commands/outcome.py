"""`strop outcome` and `strop cancel`: a person's word on a run that cannot or should not go on by itself."""

import asyncio
import json
from pathlib import Path
from typing import Any, Literal

import click

from tui.commands.opening import in_workspace, ledger, load, runtime, signed, with_json
from tui.commands.printing import print_json, say


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("op")
@click.option("--retry", "decision", flag_value="retry", help="It did not happen: do it again.")
@click.option("--done", metavar="RESULT", default=None, help="It happened: this (JSON, or a text) was its result.")
@click.option("--abandon", "decision", flag_value="abandon", help="Leave it: the agent is told not to try again.")
@click.option("--reason", required=True, help="How you know.")
@click.option("--by", default=None, help="Who decides. Default: the login.")
@with_json
@in_workspace
def outcome(
    run_id: str, op: str, decision: Literal["retry", "done", "abandon"] | None, done: str | None, reason: str,
    by: str | None, as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Say what became of a call whose worker died in the middle.

    RUN and OP are named by the error that a resumed run ends with.
    """
    from traces.events import OutcomeDecided

    if (decision is None) == (done is None):
        raise click.UsageError("give exactly one of --retry, --done RESULT and --abandon")
    workspace = load(folder)
    event = OutcomeDecided(
        op=op, decision=decision or "done", result=None if done is None else _result(done),
        provenance=signed(workspace, reason, by),
    )  # fmt: skip
    full = asyncio.run(_decide(workspace, run_id, event))
    if not as_json:
        say(f"recorded; go on with: strop resume {full}")
        return
    _print(workspace, full)


async def _decide(workspace: Any, prefix: str, event: Any) -> str:
    from agents.outcomes import decide_outcome
    from traces.store import match_run

    async with runtime(workspace) as opened:
        with opened.database.reading() as session:
            run_id = match_run(session, prefix)
        decide_outcome(opened.recorder, run_id, event)
        return run_id


def _result(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--reason", default="", help="Why.")
@click.option("--by", default=None, help="Who stops it. Default: the login.")
@with_json
@in_workspace
def cancel(run_id: str, reason: str, by: str | None, as_json: bool, folder: Path | None) -> None:
    """Stop a run that has not ended. One that ended stays as it is."""
    workspace = load(folder)
    summary = asyncio.run(_cancel(workspace, run_id, signed(workspace, reason, by)))
    if as_json:
        _print(workspace, summary.id)
    else:
        say(f"{summary.id} is {summary.status}")


async def _cancel(workspace: Any, prefix: str, provenance: Any) -> Any:
    from traces.store import match_run

    async with runtime(workspace) as opened:
        with opened.database.reading() as session:
            run_id = match_run(session, prefix)
        summary = await opened.cancel(run_id, provenance)
        for child in _below(opened, run_id):
            await opened.cancel(child, provenance)
        return summary


def _below(opened: Any, run_id: str) -> list[str]:
    """The runs that it delegated to, and theirs: nobody waits for their answers any more."""
    from traces.store import list_children

    with opened.database.reading() as session:
        children = [child.id for child in list_children(session, run_id)]
    return [name for child in children for name in (child, *_below(opened, child))]


def _print(workspace: Any, run_id: str) -> None:
    from agents.service.views import run_detail

    with ledger(workspace) as database, database.reading() as session:
        print_json(run_detail(session, run_id))
