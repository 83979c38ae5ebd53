"""`strop check`: an agent's tasks played on one version, as tests: for a reviewer of prompts, and for CI."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from tui.commands.opening import in_workspace, ledger, load, with_json
from tui.commands.printing import console, print_json, say, style

if TYPE_CHECKING:
    from agents.config import Workspace
    from optimizer.evaluate import Evaluation, TaskScore, Told
    from optimizer.evidence import Evidence
    from traces.db import Database


@click.command()
@click.argument("agent")
@click.option("--bundle", metavar="DIGEST", help="The version to play. Default: the definition file as it is now.")
@click.option("--live", is_flag=True, help="Play the version that serves now.")
@click.option(
    "--against", metavar="DIGEST", help="Play this version too (`live`: what serves now) and test the difference."
)
@click.option("--split", type=click.Choice(["dev", "heldout"]), help="Only these of the tasks.")
@click.option("--least", type=click.FloatRange(0, 1), default=1.0, show_default=True,
              help="The mean score, 0 to 1, below which the check fails.")  # fmt: skip
@click.option("--reads-only", is_flag=True, help="Make no call that may change something; a task that needs one is "
              "left out.")  # fmt: skip
@click.option("--drift", metavar="SERVER", help="Try the live version with what this server offers since it changed; "
              "goes on record, reads only.")  # fmt: skip
@click.option(
    "--found", metavar="DIGEST", default="", help="With --drift: the listing, as `strop tools list` names it."
)
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML to this file.")
@click.option("--name", help="A name for this check: the same name again goes on with what is on record.")
@with_json
@in_workspace
def check(
    agent: str, bundle: str | None, live: bool, against: str | None, split: Literal["dev", "heldout"] | None,
    least: float, reads_only: bool, drift: str | None, found: str, junit: Path | None, name: str | None,
    as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Play the tasks of AGENT (tasks/AGENT.jsonl) on a version and score them; exit code 1 below --least.

    With --against both versions are played, the paired difference is told with its interval, and the exit code is 1
    where the version is proven to be worse. The runs are evaluations: nothing learns from them, no version changes.
    """
    from agents.errors import UsageError
    from agents.tasks import load_tasks
    from optimizer.evaluate import compare, evaluate
    from optimizer.junit import junit_xml
    from traces.ids import short

    if bundle and live:
        raise UsageError("--bundle and --live name two versions", hint="Give one of them.")
    workspace = load(folder)
    workspace.agent(agent)
    if drift is not None:
        _after_drift(workspace, agent, drift, found, as_json=as_json)
        return
    tasks = load_tasks(workspace.root, agent, split)
    if not tasks:
        raise UsageError(
            f"there are no tasks for {agent!r}", hint=f"Write tasks/{agent}.jsonl; docs/workspace.md shows one."
        )
    name = name or f"check {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"
    with ledger(workspace) as database:
        digest = _version(workspace, database, agent, bundle, live)
        other = _version(workspace, database, agent, *_named(against)) if against else None
        try:
            with bar(len(tasks), quiet=as_json) as told:
                done = evaluate(workspace, database, digest, tasks, name=name, told=told, reads_only=reads_only)
            base = None
            if other:
                with bar(len(tasks), quiet=as_json) as told:
                    base = evaluate(workspace, database, other, tasks, name=name, told=told, reads_only=reads_only)
        except KeyboardInterrupt as error:
            error.add_note(f"go on with it: the same command with --bundle {short(digest)} --name {name!r}")
            raise
    if junit is not None:
        junit.write_text(junit_xml(done, agent), encoding="utf-8")
    difference = compare(base, done) if base else None
    passed = difference.verdict != "harmful" if difference else done.mean >= least
    if as_json:
        _print(done, agent, difference, least, passed=passed)
    else:
        _tell(done, agent, difference, least, passed=passed)
    if not passed:
        sys.exit(1)


def _after_drift(workspace: "Workspace", agent: str, server: str, found: str, *, as_json: bool) -> None:
    from agents.service.wire import TriedView
    from agents.tasks import load_tasks
    from optimizer.tried_again import try_again
    from traces.recorder import Recorder
    from tui.lines.tools import tried_words

    with ledger(workspace) as database, bar(len(load_tasks(workspace.root, agent)), quiet=as_json) as told:
        event, _ = try_again(workspace, Recorder(database), agent, server, found, told=told)
    if as_json:
        print_json(event.model_dump(mode="json"))
    else:
        tried = TriedView.model_validate(event.model_dump(include=set(TriedView.model_fields)))
        console().print(tried_words(tried), markup=False)


def _print(done: "Evaluation", agent: str, difference: "Evidence | None", least: float, *, passed: bool) -> None:
    tasks = [asdict(one) for one in done.scores]
    evidence = difference.model_dump(mode="json") if difference else None
    print_json(
        {
            "agent": agent, "bundle": done.bundle, "mean": done.mean, "least": least, "right": done.right,
            "passed": passed, "evidence": evidence, "tasks": tasks,
        }
    )  # fmt: skip


def _named(version: str) -> tuple[str | None, bool]:
    """(digest, whether the live one is meant)."""
    return (None, True) if version == "live" else (version, False)


def _version(workspace: "Workspace", database: "Database", agent: str, bundle: str | None, live: bool) -> str:
    from agents.errors import UsageError
    from agents.prompts.store import add_bundle, find_live, get_bundle, match_bundle
    from agents.selection import own_bundle
    from traces.ids import short

    with database.writing() as session:
        if bundle is not None:
            digest = match_bundle(session, bundle)
            owner = get_bundle(session, digest).bundle.agent
            if owner != agent:
                raise UsageError(f"version {short(digest)} is of agent {owner!r}, not of {agent!r}")
            return digest
        if live:
            serving = find_live(session, agent)
            if serving is None:
                raise UsageError(f"no version of {agent!r} serves yet", hint="Leave --live out: the file is played.")
            return serving.digest
        own = own_bundle(workspace, workspace.agent(agent))
        return add_bundle(session, own, author=workspace.user, author_kind="file", note="played by strop check")


def _tell(done: "Evaluation", agent: str, difference: "Evidence | None", least: float, *, passed: bool) -> None:
    from optimizer.evidence_text import render_evidence
    from traces.ids import short

    for one in done.told:
        if one.score < 1.0:
            _tell_wrong(one)
    verdict = "passed" if passed else "FAILED: it is worse" if difference else f"FAILED: the mean is below {least:g}"
    if difference is not None:
        console().print(render_evidence(difference), markup=False)
    told = f"{agent} {short(done.bundle)}: {done.right} of {len(done.told)} right, mean {done.mean:.3f}: {verdict}"
    if len(done.told) < len(done.scores):
        say(f"{len(done.scores) - len(done.told)} tasks need a call that may change something: left out")
    console().print(told, style=style("ok" if passed else "error"))


def _tell_wrong(one: "TaskScore") -> None:
    console().print(f"{one.task}  {one.score:.2f}  {one.feedback}", highlight=False, markup=False)
    console().print(f"    strop runs show {one.run_id}", style=style("muted"), highlight=False, markup=False)


@contextmanager
def bar(total: int, *, quiet: bool) -> "Iterator[Told]":
    """A bar on stderr; where that is no terminal, a line for every tenth; nothing when `quiet`."""
    from rich import progress as rich

    screen = console(err=True)
    drawn = screen.is_terminal and not quiet
    columns: list[Any] = [
        rich.TextColumn("check"),
        rich.BarColumn(bar_width=24),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
    ]
    with rich.Progress(*columns, console=screen, transient=True, disable=not drawn) as drawing:
        task = drawing.add_task("check", total=total)

        def told(done: int, of: int, newest: "TaskScore") -> None:
            drawing.update(task, completed=done)
            if not drawn and not quiet and done % max(1, of // 10) == 0:
                say(f"{done} of {of}")

        yield told
