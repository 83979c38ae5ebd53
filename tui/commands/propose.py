"""`strop bundles propose`: evidence for a version that a person wrote, and its proposal."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from tui.commands.opening import in_workspace, load, signed, with_json, writing
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from agents.config import Workspace
    from traces.recorder import Recorder


@click.command("propose")
@click.argument("version", metavar="DIGEST|AGENT")
@click.option("--reason", required=True, help="Why: it goes into the record.")
@click.option("--split", type=click.Choice(["dev", "heldout"]), help="Only these of the tasks.")
@click.option("--name", help="A name for the evaluation: the same name again goes on with what is on record.")
@with_json
@in_workspace
def propose(
    version: str, reason: str, split: Literal["dev", "heldout"] | None, name: str | None, as_json: bool,
    folder: Path | None,
) -> None:  # fmt: skip
    """Play the agent's tasks on a version and on what is live, and propose it with that evidence.

    Give the DIGEST of a version (`strop bundles import` takes one in), or the name of an AGENT: then its definition
    file as it is now. Whatever the verdict, people see it and decide; the agent's rules may ask for more.
    """
    from agents.errors import UsageError
    from agents.prompts.store import find_live
    from agents.service.sheet import with_sheet
    from agents.service.views import proposal_view
    from agents.tasks import load_tasks
    from optimizer.by_hand import propose_by_hand
    from optimizer.evaluate import evaluate
    from optimizer.evidence_text import render_evidence
    from traces.ids import short
    from tui.commands.check import bar

    workspace = load(folder)
    with writing(workspace) as recorder:
        digest, agent = _version(workspace, recorder, version)
        tasks = load_tasks(workspace.root, agent, split)
        if not tasks:
            raise UsageError(
                f"there are no tasks for {agent!r} to make evidence with",
                hint=f"Write tasks/{agent}.jsonl; docs/workspace.md shows one.",
            )
        with recorder.database.reading() as session:
            live = find_live(session, agent)
        name = name or f"proposal {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"
        try:
            with bar(len(tasks), quiet=as_json) as told:
                after = evaluate(workspace, recorder.database, digest, tasks, name=name, told=told)
            before = None
            if live is not None:
                with bar(len(tasks), quiet=as_json) as told:
                    before = evaluate(workspace, recorder.database, live.digest, tasks, name=name, told=told)
        except KeyboardInterrupt as error:
            error.add_note(f"go on with it: the same command with {short(digest)} --name {name!r}")
            raise
        by = signed(workspace, reason)
        evidence = propose_by_hand(recorder, digest, after, before, tasks, by, None if live is None else live.digest)
        with recorder.database.reading() as session:
            view = with_sheet(session, proposal_view(session, digest))
    if as_json:
        print_json(view)
        return
    console().print(render_evidence(evidence), markup=False)
    say(f"{short(digest)} is proposed. Look: strop proposals {short(digest)}, then decide.")


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
