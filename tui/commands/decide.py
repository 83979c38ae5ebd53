"""`strop proposals`, `strop approve`, `strop reject`, `strop rollback`: a person decides what is live.

The command line approves what is proposed now; with `--shown` and `--seen` it refuses when something else is there.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.opening import in_workspace, ledger, load, load_settings, signed, with_json, writing
from tui.commands.pairs import show_example
from tui.commands.printing import glyphs, print_json, print_lines, say, width

if TYPE_CHECKING:
    from agents.service.wire import DiffLineView, ProposalView


_APPROVED = {"live": "is live", "proposed": "is signed; the rules ask for more signatures before it serves"}


def _reasoned(command: Any) -> Any:
    reason = click.option("--reason", required=True, help="Why: it goes into the record.")
    by = click.option("--by", default=None, help="Who decides. Default: the login.")
    return reason(by(command))


@click.command()
@click.argument("digest", required=False)
@click.option("--agent", default=None, help="Only this agent's.")
@click.option("--example", default=None, metavar="EXAMPLE", help="Both transcripts of one that got better or worse.")
@with_json
@in_workspace
def proposals(digest: str | None, agent: str | None, example: str | None, as_json: bool, folder: Path | None) -> None:
    """List what waits for a decision.

    With DIGEST: one proposal, with its evidence and its word diff.
    """
    from agents.service.sheet import with_sheet
    from agents.service.views import bundle_diff, proposal_list, proposal_view
    from tui.lines.rows import proposal_head, proposal_row

    if example is not None and digest is None:
        raise click.UsageError("--example is one of a proposal: strop proposals DIGEST --example EXAMPLE")
    with ledger(load_settings(folder)) as database, database.reading() as session:
        if digest is not None and example is not None:
            show_example(session, proposal_view(session, digest), example, as_json)
            return
        if digest is not None:
            one = with_sheet(session, proposal_view(session, digest))
            diff = bundle_diff(session, one.bundle.digest, one.incumbent or None)
        else:
            found = proposal_list(session, agent=agent)
    if digest is not None:
        print_json(one) if as_json else _print_proposal(one, diff)
    elif as_json:
        print_json(found)
    elif not found:
        say("nothing is proposed; a night (`strop optimize AGENT`) may find something")
    else:
        now = datetime.now().astimezone()
        print_lines([proposal_head(width()), *(proposal_row(one, width(), now) for one in found)])


def _print_proposal(one: "ProposalView", diff: "list[DiffLineView]") -> None:
    from tui.lines.review import diff_section, evidence_section, flips_section, proposal_head_lines

    room = min(width(), 120)
    print_lines(proposal_head_lines(one, room, datetime.now().astimezone()))
    print_lines(evidence_section(one, room, glyphs()))
    print_lines(flips_section("got better", one.got_better, room, glyphs(), good=True))
    print_lines(flips_section("got worse", one.got_worse, room, glyphs(), good=False))
    print_lines(diff_section(diff, room, glyphs()))


@click.command()
@click.argument("digest")
@_reasoned
@click.option("--shown", default=None, metavar="DIGEST", help="The evidence you saw; another one now is refused.")
@click.option("--seen", default=None, metavar="DIGEST", help="The live version you saw; another one now is refused.")
@click.option("--head", type=int, default=None, help="The newest decision you saw; a newer one now is refused.")
@click.option("--sheet", default=None, metavar="DIGEST", help="The sheet you saw (`sheet_digest`): goes on record.")
@with_json
@in_workspace
def approve(
    digest: str, reason: str, by: str | None, shown: str | None, seen: str | None, head: int | None,
    sheet: str | None, as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Sign the proposal DIGEST; with as many signatures as the agent's rules ask for, it is live.

    The next conversation is served by it; nothing is restarted.
    """
    from agents.prompts.store import match_bundle
    from agents.review import approve_proposal
    from agents.service.sheet import check_sheet, with_sheet
    from agents.service.views import proposal_view

    workspace = load_settings(folder)
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            live = None if seen is None else match_bundle(session, seen)
            one = with_sheet(session, proposal_view(session, digest))
        full, confirmed = one.bundle.digest, check_sheet(one, sheet)
        done = approve_proposal(
            recorder, full, signed(workspace, reason, by), rules=workspace.governance.rules_for(one.bundle.agent),
            shown=shown, seen_live=live, head=head, sheet=one.sheet, confirmed=confirmed,
        )  # fmt: skip
        _decided(recorder, full, _APPROVED.get(done.state, "is approved; it does not serve yet"), as_json)


@click.command()
@click.argument("digest")
@_reasoned
@click.option("--shown", default=None, metavar="DIGEST", help="The evidence you saw; another one now is refused.")
@with_json
@in_workspace
def reject(digest: str, reason: str, by: str | None, shown: str | None, as_json: bool, folder: Path | None) -> None:
    """Refuse the proposal DIGEST."""
    from agents.review import reject_proposal
    from agents.service.sheet import with_sheet
    from agents.service.views import proposal_view

    workspace = load_settings(folder)
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            one = with_sheet(session, proposal_view(session, digest))
        full = one.bundle.digest
        reject_proposal(recorder, full, signed(workspace, reason, by), shown=shown, sheet=one.sheet)
        _decided(recorder, full, "is rejected", as_json)


def _decided(recorder: Any, digest: str, what: str, as_json: bool) -> None:
    from agents.service.views import proposal_view
    from traces.ids import short

    if not as_json:
        say(f"{short(digest)} {what}")
        return
    with recorder.database.reading() as session:
        print_json(proposal_view(session, digest))


@click.command()
@click.argument("agent")
@click.option("--to", default=None, metavar="DIGEST", help="The version to go back to. Default: the one before.")
@_reasoned
@with_json
@in_workspace
def rollback(agent: str, to: str | None, reason: str, by: str | None, as_json: bool, folder: Path | None) -> None:
    """Take AGENT's live version back."""
    from agents.prompts.store import match_bundle
    from agents.review import roll_back_agent
    from agents.service.views import bundle_view
    from traces.ids import short

    workspace = load(folder)
    workspace.agent(agent)
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            target = None if to is None else match_bundle(session, to)
        live = roll_back_agent(recorder, agent, signed(workspace, reason, by), to=target)
        if as_json:
            with recorder.database.reading() as session:
                print_json(bundle_view(session, live.digest))
        else:
            say(f"{short(live.digest)} is live again for {agent!r}")
