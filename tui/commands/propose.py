"""`strop bundles propose`: evidence for a version that a person wrote, and its proposal."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from tui.commands.opening import in_workspace, load, signed, with_json, writing
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from agents.config import Workspace
    from agents.tasks import Task
    from optimizer.evidence import Evidence
    from traces.provenance import Provenance
    from traces.recorder import Recorder


@click.command("propose")
@click.argument("version", metavar="DIGEST|AGENT")
@click.option("--reason", required=True, help="Why: it goes into the record.")
@click.option(
    "--on", type=click.Choice(["tasks", "examples"]),
    help="What it is proven on: tasks/AGENT.jsonl, or the sealed examples that reviewed runs became, golden sets "
    "among them. Default: the tasks, where there are any.",
)  # fmt: skip
@click.option("--split", type=click.Choice(["dev", "heldout"]), help="Only these of the tasks.")
@click.option("--name", help="A name for the evaluation: the same name again goes on with what is on record.")
@click.option("--size", type=click.Choice(["small", "medium"]), default="small", show_default=True,
              help="Of examples: as of `strop optimize`.")  # fmt: skip
@with_json
@in_workspace
def propose(
    version: str, reason: str, on: Literal["tasks", "examples"] | None, split: Literal["dev", "heldout"] | None,
    name: str | None, size: Any, as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Make evidence for a version against what is live, and propose it on that.

    Give the DIGEST of a version (`strop bundles import` takes one in), or the name of an AGENT: then its definition
    file as it is now. Tasks are played on both, with the real tool servers; sealed examples are played against their
    recorded tool results, as a night does it. The tools it is proven with become part of the version. Whatever the
    verdict, people see it and decide; the agent's rules may ask for more.
    """
    from agents.service.sheet import with_sheet
    from agents.service.views import proposal_view
    from agents.tasks import load_tasks
    from optimizer.evidence_text import render_evidence
    from traces.ids import short

    workspace = load(folder)
    with writing(workspace) as recorder:
        written, agent = _version(workspace, recorder, version)
        tasks = load_tasks(workspace.root, agent, split)
        by = signed(workspace, reason)
        if on == "examples" or (on is None and not tasks and _has_examples(workspace, recorder, agent)):
            digest, evidence = _on_examples(workspace, recorder, written, by, size, quiet=as_json)
        else:
            digest, evidence = _on_tasks(workspace, recorder, written, agent, tasks, by, name, quiet=as_json)
        with recorder.database.reading() as session:
            view = with_sheet(session, proposal_view(session, digest))
    if as_json:
        print_json(view)
        return
    console().print(render_evidence(evidence), markup=False)
    if digest != written:
        say(f"{short(digest)} is {short(written)} with the tools inside it that it was proven with")
    say(f"{short(digest)} is proposed. Look: strop proposals {short(digest)}, then decide.")


def _has_examples(workspace: "Workspace", recorder: "Recorder", agent: str) -> bool:
    from optimizer.listing import list_examples

    return bool(list_examples(recorder.database, workspace, agent).examples)


def _on_tasks(
    workspace: "Workspace", recorder: "Recorder", written: str, agent: str, tasks: "list[Task]", by: "Provenance",
    name: str | None, *, quiet: bool,
) -> "tuple[str, Evidence]":  # fmt: skip
    from agents.errors import UsageError
    from agents.prompts.store import find_live
    from optimizer.by_hand import carrying, propose_by_hand
    from optimizer.evaluate import evaluate
    from traces.ids import short
    from tui.commands.check import bar

    if not tasks:
        raise UsageError(
            f"there are no tasks for {agent!r} to make evidence with",
            hint=f"Write tasks/{agent}.jsonl (docs/workspace.md shows one), or review runs: --on examples.",
        )
    digest = carrying(workspace, recorder, written)
    with recorder.database.reading() as session:
        live = find_live(session, agent)
    name = name or f"proposal {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"
    try:
        with bar(len(tasks), quiet=quiet) as told:
            after = evaluate(workspace, recorder.database, digest, tasks, name=name, told=told)
        before = None
        if live is not None:
            with bar(len(tasks), quiet=quiet) as told:
                before = evaluate(workspace, recorder.database, live.digest, tasks, name=name, told=told)
    except KeyboardInterrupt as error:
        error.add_note(f"go on with it: the same command with {short(written)} --name {name!r}")
        raise
    serving = None if live is None else live.digest
    return digest, propose_by_hand(recorder, digest, after, before, tasks, by, serving)


def _on_examples(
    workspace: "Workspace", recorder: "Recorder", written: str, by: "Provenance", size: Any, *, quiet: bool
) -> "tuple[str, Evidence]":
    from agents.errors import UsageError
    from optimizer.by_hand import carrying_as_met, propose_on_examples
    from optimizer.settings import settings_of
    from tui.commands.optimize import bar

    digest = carrying_as_met(recorder, written)
    with bar(quiet=quiet) as tell:
        result = propose_on_examples(workspace, recorder, digest, by, tell, settings_of(workspace.nights, size))
    if result.evidence is None:
        raise UsageError(
            f"no evidence could be made on examples: {'; '.join(result.reasons)}",
            hint="`strop examples list` shows what there is; or write tasks, and give --on tasks.",
        )
    return digest, result.evidence


def _version(workspace: "Workspace", recorder: "Recorder", version: str) -> tuple[str, str]:
    """(digest, agent); of an agent's name, its file as it is now, which is a draft then."""
    from agents.prompts.store import add_bundle, get_bundle, match_bundle
    from agents.selection import own_bundle
    from optimizer.by_hand import check_open

    with recorder.database.writing() as session:
        if version in workspace.agents:
            own = own_bundle(workspace, workspace.agents[version])
            note = f"from the definition file {workspace.agents[version].path.name}"
            digest = add_bundle(session, own, author=workspace.user, author_kind="person", note=note)
        else:
            digest = match_bundle(session, version)
        stored = get_bundle(session, digest)
        check_open(stored.state, digest)
        workspace.agent(stored.bundle.agent)
        return digest, stored.bundle.agent
