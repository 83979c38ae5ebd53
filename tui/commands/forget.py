"""`strop forget`: erase what a person said, everywhere the record carried it on to."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.opening import in_workspace, ledger, load_settings, signed, with_json, writing
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from agents.config import Workspace
    from agents.forgetting import Plan
    from agents.service.erasures import ErasureView
    from traces.recorder import Recorder


@click.command()
@click.option(
    "--conversation", "conversations", multiple=True, metavar="ID", help="A conversation, whole; repeatable."
)
@click.option("--person", default=None, metavar="WORDS", help="Whose: a user's id in metadata, an address, a name.")
@click.option("--placeholders", is_flag=True, help="Also where only the person's placeholder is, which others share.")
@click.option("--reason", default="", help="Why: it stays on record, so without the person's name.")
@click.option("--by", default=None, help="Who wants it. Default: the login.")
@click.option("--dry-run", is_flag=True, help="Show what would go; erase nothing.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--compact/--no-compact", default=True, help="Write the database anew, so that it gets smaller too.")
@with_json
@in_workspace
def forget(
    conversations: tuple[str, ...], person: str | None, placeholders: bool, reason: str, by: str | None,
    dry_run: bool, yes: bool, compact: bool, as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Erase a person's words: runs, their trials, quotations, examples.

    Figures, the order of facts and the proof of the ledger stay. Without --conversation and --person it lists what
    was erased.
    """
    workspace = load_settings(folder)
    if not conversations and person is None:
        _print_log(workspace, as_json=as_json)
        return
    if conversations and person is not None:
        raise click.UsageError("give --conversation or --person, not both")
    if as_json and not (yes or dry_run):
        raise click.UsageError("--json asks nothing: add --yes, or --dry-run to look first")
    with writing(workspace) as recorder:
        plan = _plan(workspace, recorder, conversations, person, placeholders=placeholders)
        view = _view(plan)
        if not as_json:
            _print_plan(view)
        if not dry_run:
            if not yes:
                click.confirm(f"Erase {view.runs} runs for good?", abort=True, err=True)
            view = _erase(workspace, recorder, plan, reason, by, compact=compact)
    if as_json:
        print_json(view)
    elif not dry_run:
        console().print(f"{view.erasure}: {view.events} facts of {view.runs} runs, {view.bodies} bodies")
        if view.left:
            say(view.left, "warn")


def _plan(
    workspace: "Workspace", recorder: "Recorder", conversations: tuple[str, ...], person: str | None, *,
    placeholders: bool,
) -> "Plan":  # fmt: skip
    from agents.forgetting import plan_conversations, plan_person

    with recorder.database.reading() as session:
        if person is None:
            return plan_conversations(session, conversations)
        return plan_person(session, person, workspace.redactor, placeholders=placeholders, progress=_told_reading)


def _told_reading(read: int) -> None:
    if read % 100_000 == 0:
        say(f"read {read:,} facts and bodies")


def _view(plan: "Plan") -> "ErasureView":
    from agents.service.erasures import erasure_view

    return erasure_view(plan)


def _erase(
    workspace: "Workspace", recorder: "Recorder", plan: "Plan", reason: str, by: str | None, *, compact: bool
) -> "ErasureView":
    from agents.forgetting import forget as carry_out
    from agents.service.erasures import erasure_view
    from traces.scrub import scrub

    done = carry_out(recorder, plan, signed(workspace, reason, by), root=workspace.root)
    return erasure_view(plan, done, scrub(recorder.database, compact=compact).left)


def _print_plan(view: "ErasureView") -> None:
    out = console()
    for name, runs in view.conversations.items():
        out.print(f"{name}  {runs} {'run' if runs == 1 else 'runs'}  found by {view.how[name]}")
    more = view.runs - sum(view.conversations.values())
    lines = [
        f"{more} runs that were delegated or replayed them" if more else "",
        f"quotations in {', '.join(view.quoting)}" if view.quoting else "",
        *(
            f"version {one.digest[7:19]} of {one.agent} ({one.state}) shows them as an example"
            for one in view.bundles
        ),
    ]
    for line in filter(None, lines):
        out.print(line)
    if view.unsure:
        say(f"left alone, with nothing but a placeholder that others share: {', '.join(view.unsure)}", "warn")
    if view.sent_to:
        say(f"sent on over OpenTelemetry, where it must be asked for too: {', '.join(view.sent_to)}", "warn")


def _print_log(workspace: "Workspace", *, as_json: bool) -> None:
    from agents.forgetting import list_erasures

    with ledger(workspace) as database:
        erasures = list_erasures(database)
    if as_json:
        print_json([{"at": at.isoformat(), **one.model_dump(mode="json")} for at, one in erasures])
        return
    if not erasures:
        say("nothing was erased; `strop forget --conversation ID` or `--person WORDS` shows what would go")
    for at, one in erasures:
        why = f" ({one.provenance.reason})" if one.provenance.reason else ""
        figures = f"{one.events} facts of {one.runs} runs"
        console().print(f"{at:%Y-%m-%d %H:%M}  {one.erasure}  {one.because} by {one.provenance.by}{why}: {figures}")
