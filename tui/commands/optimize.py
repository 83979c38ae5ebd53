"""`strop optimize`: one night for one agent. It may propose; a person decides what is live (`strop approve`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.opening import in_workspace, ledger, load, with_json
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from agents.config import Workspace
    from optimizer.nightly import NightResult
    from optimizer.progress import Progress, ProgressTold
    from optimizer.settings import NightSettings

STRATEGIES = (
    "carried", "demonstrations", "rules", "rules_and_demos", "rules_and_note", "order_format", "gepa", "root_cause",
    "metaprompt", "mipro", "evolution", "settings_sweep", "model_choice", "joint", "tool_texts",
)  # fmt: skip
"""As `optimizer.settings.ALL`, which is too heavy to import for a help text; a test holds them together."""


@click.command()
@click.argument("agent")
@click.option("--size", type=click.Choice(["small", "medium"]), default="small", show_default=True,
              help="small: for an embedded model; medium: for a served one.")  # fmt: skip
@click.option("--budget-minutes", "minutes", type=click.FloatRange(min=0, min_open=True), help="The most minutes.")
@click.option("--budget-dollars", "dollars", type=click.FloatRange(min=0), help="The most US dollars.")
@click.option("--budget-tokens", "tokens", type=click.IntRange(1), help="The most tokens, of all models together.")
@click.option("--budget-rollouts", "rollouts", type=click.IntRange(1), help="The most runs of the agent.")
@click.option("--cost-limit", type=click.FloatRange(min=0), metavar="TIMES",
              help="How many times as dear a solved task may be; 0: no limit. Default: [nights].")  # fmt: skip
@click.option("--token-limit", type=click.FloatRange(min=0), metavar="TIMES",
              help="The same in tokens. Default: [nights].")  # fmt: skip
@click.option("--strategy", "strategies", multiple=True, type=click.Choice(STRATEGIES),
              help="Only this way of searching. May be repeated.")  # fmt: skip
@click.option("--seed", type=int, help="Of everything that is drawn.")
@click.option("--by-time", is_flag=True, help="Learn from the oldest new families, prove on the newest.")
@click.option("--estimate", "only_estimate", is_flag=True, help="Say what it would take at most, and spend nothing.")
@click.option("--because", default="", metavar="WHY", help="Why it is run: on record with the night.")
@with_json
@in_workspace
def optimize(
    agent: str, size: Any, by_time: bool, only_estimate: bool, because: str, as_json: bool, folder: Path | None,
    **options: Any,
) -> None:  # fmt: skip
    """Look for a better version of AGENT and prove it, or say that there is none.

    A night that was stopped (Ctrl-C, kill -9) is gone on with by the same command, under the settings it began
    with; what is on record is not paid again.
    """
    from optimizer.nightly import run_night
    from optimizer.settings import settings_of

    workspace = load(folder)
    settings = _changed(settings_of(workspace.nights, size), {**options, "by_time": by_time or None})
    if only_estimate:
        _estimate(workspace, agent, settings, as_json=as_json)
        return
    try:
        with bar(quiet=as_json) as tell:
            result = run_night(workspace, agent, settings, tell, because=because)
    except KeyboardInterrupt as error:
        error.add_note(f"the same command goes on with the night: strop optimize {agent}")
        raise
    if not as_json:
        _print(result)
        return
    from agents.service.views import night_list

    with ledger(workspace) as database, database.reading() as session:
        print_json(next(night for night in night_list(session, limit=1000) if night.id == result.night))


def _estimate(workspace: "Workspace", agent: str, settings: "NightSettings", *, as_json: bool) -> None:
    """What a night would take at most, from what is on record now."""
    from optimizer.estimate import estimate
    from optimizer.mine import mine
    from optimizer.night_log import NightLog
    from optimizer.nightly import slots
    from optimizer.pools import make_pools

    with ledger(workspace) as database:
        log = NightLog(database, "", agent)
        definition = workspace.agent(agent)
        with database.reading() as session:
            mined = mine(session, agent, definition.block.metric, trusted=settings.trusted)
        pools = make_pools(mined.examples, settings.shares, log.kept_families(), log, by_time=settings.by_time)
    sizes = {"reflect": len(pools.reflect), "select": len(pools.select), "sealed": len(pools.sealed)}
    at_once = settings.concurrency or slots(workspace, workspace.model_for(definition))
    found = estimate(
        mined.examples, sizes, settings, reflects=workspace.reflection_model is not None, at_once=at_once
    )
    if as_json:
        print_json({"pools": sizes, "estimate": found.facts()})
    else:
        say(f"{', '.join(f'{n} {name}' for name, n in sizes.items())}: {found.told()}")


def _changed(settings: "NightSettings", options: dict[str, Any]) -> "NightSettings":
    given = {name: value for name, value in options.items() if value not in (None, ())}
    given |= {name: given[name] or None for name in ("cost_limit", "token_limit") if name in given}
    return type(settings).model_validate({**settings.model_dump(), **given})


def _print(result: "NightResult") -> None:
    from optimizer.evidence_text import render_evidence
    from tui.commands.printing import style
    from tui.lines.figures import duration
    from tui.lines.rows import VERDICT_ROLES

    if result.evidence is not None:
        console().print(render_evidence(result.evidence))
    else:
        console().print(result.verdict.upper(), style=style(f"{VERDICT_ROLES.get(result.verdict, 'text')}.bold"))
        for reason in result.reasons:
            console().print(f"  - {reason}")
    spent = result.spent
    say(f"{result.night}  {duration(result.seconds)}  {spent.rollouts} rollouts  {spent.tokens:.0f} tokens")
    if result.proposal is not None:
        say(f"It proposes {result.proposal}. Look: strop proposals {result.proposal[7:19]}, then decide.")


@contextmanager
def bar(*, quiet: bool) -> "Iterator[ProgressTold]":
    """A bar on stderr; where that is no terminal, a line for each stage; nothing when `quiet`."""
    from rich import progress as rich

    screen = console(err=True)
    drawn = screen.is_terminal and not quiet
    bar = rich.Progress(
        rich.TextColumn("{task.description}"), rich.BarColumn(bar_width=24), rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(), rich.TextColumn("{task.fields[what]}"), console=screen, transient=True,
        disable=not drawn,
    )  # fmt: skip
    told: set[str] = set()
    with bar:
        task = bar.add_task("night", total=None, what="")

        def tell(step: "Progress") -> None:
            bar.update(task, description=step.stage, completed=step.done, total=step.total or None, what=step.message)
            if not drawn and not quiet and step.stage not in told:
                told.add(step.stage)
                say(f"{step.stage}: {step.message}" if step.message else step.stage)

        yield tell
