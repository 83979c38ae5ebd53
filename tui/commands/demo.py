"""`strop demo`: the whole loop on the packaged applications, with a real model, told truthfully."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.printing import console, say

if TYPE_CHECKING:
    from agents.config import Workspace


@click.command()
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path("demo"), show_default=True,
              help="Where the demo's workspace is written, or goes on.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Approve what is proposed (also when nobody sits at a terminal).")
@click.option("--minutes", type=click.FloatRange(min=3), default=19.5, show_default=True,
              help="The time the demo plans for, without the download of the model.")  # fmt: skip
def demo(folder: Path, yes: bool, minutes: float) -> None:
    """Play, correct, prove, approve, run better: the main job on real input, in about 20 minutes."""
    from agents.config import load_workspace
    from tui.commands.demo_screen import Screen
    from tui.commands.demo_story import Story, write_summary
    from tui.commands.demo_workspace import make_demo_workspace

    if not make_demo_workspace(folder):
        say(f"going on with the demo in {folder}/ (remove the folder to begin anew)")
    workspace = load_workspace(folder)
    _fetch_model(workspace)
    screen = Screen(console())
    story = Story(workspace, screen, minutes=minutes, decide=lambda digest: _decide(digest, yes))
    asyncio.run(story.play())
    story.before()
    story.night()
    story.decision()
    story.after()
    evidence = story.compare()
    summary = story.summary()
    path = write_summary(folder, summary)
    low, high = evidence.interval.low * 100, evidence.interval.high * 100
    console().print("\nThe truth, on held-out messages", style="bold")
    screen.say(f"before {evidence.before:.1%}   after {evidence.after:.1%}   of {evidence.n} messages")
    screen.say(
        f"difference {evidence.delta * 100:+.1f} points, {evidence.interval.level:.0%} interval "
        f"[{low:+.1f}, {high:+.1f}], {evidence.gained} got better, {evidence.lost} got worse"
    )
    served, recorded = summary["model_replies_served"], summary["model_replies_in_ledger"]
    screen.say(f"model replies served {served}, in the ledger {recorded}; ledger whole: {summary['ledger_whole']}")
    screen.say(f"{summary['seconds']:.0f} s in all; the figures are in {path}")
    screen.say(f"look at it: strop tui --workspace {folder}")
    if not summary["ledger_whole"]:
        sys.exit(1)


def _fetch_model(workspace: "Workspace") -> None:
    """The weights, where the demo's agents need some that are not here."""
    from agents.models.pull import pull
    from agents.models.weights import find_weights
    from tui.commands.model import progress

    names = {workspace.model_for(definition) for definition in workspace.agents.values()}
    for model in sorted(names):
        if not model.startswith("local:"):
            continue
        name = model.removeprefix("local:")
        if find_weights(name, workspace.local.models_dir) is None:
            with progress() as watch:
                pull(name, cache_dir=workspace.local.models_dir, watch=watch)


def _decide(digest: str, yes: bool) -> tuple[bool, str]:
    if yes or not sys.stdin.isatty():
        why = "--yes" if yes else "nobody at the terminal"
        return True, f"approved by the demo ({why}), on the evidence above"
    if not click.confirm("  Approve this version? It serves the next conversation", default=True):
        return False, ""
    return True, click.prompt("  Reason", default="the evidence above")
