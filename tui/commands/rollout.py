"""`strop rollout`: a version meets real conversations, is watched, and goes live or back."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from tui.commands.opening import in_workspace, ledger, load_settings, signed, with_json, writing
from tui.commands.printing import glyphs, print_json, print_lines, say, width

if TYPE_CHECKING:
    from agents.prompts.plan import JudgeMaker
    from traces.recorder import Recorder


def judge_maker() -> "JudgeMaker":
    """Makes judges of rollouts; the statistics are loaded with the first.

    Raises:
        UsageError: they are not installed.
    """
    from agents.errors import UsageError

    def make(rollout: str, mode: Any, plan: Any) -> Any:
        try:
            from optimizer.watch import make_judge
        except ModuleNotFoundError as error:
            raise UsageError(
                f"a rollout is judged with {error.name}, which is not installed", hint='pip install "strop[optimize]"'
            ) from error
        return make_judge(rollout, mode, plan)

    return make


@click.group()
def rollout() -> None:
    """Let a version meet real conversations: shadow, canary, A/B."""


def _said(command: Any) -> Any:
    reason = click.option("--reason", required=True, help="Why: it goes into the record.")
    by = click.option("--by", default=None, help="Who decides. Default: the login.")
    return reason(by(command))


@rollout.command()
@click.argument("agent")
@click.argument("candidate", metavar="DIGEST")
@click.option(
    "--mode", type=click.Choice(["canary", "shadow", "ab"]), default="canary", show_default=True, help="What kind."
)
@click.option(
    "--share", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Of new conversations. Default: 0.1."
)
@click.option("--exposure", type=click.IntRange(min=1), help="Conversations it gets at most. Default: 150.")
@click.option("--against", metavar="DIGEST", help="What it is compared with. Default: what is live.")
@click.option(
    "--against-share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Of new conversations, to that. Default: the rest.",
)
@click.option(
    "--promote",
    type=click.Choice(["person", "better", "unharmed"]),
    help="Who takes it live: a person (default), or the watch under this plan.",
)
@click.option(
    "--plan",
    "more",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another field of the plan: wait_minutes, silence, margin, error, cost_ratio …",
)
@click.option("--seen", metavar="DIGEST", help="The live version you saw; another one now is refused.")
@_said
@with_json
@in_workspace
def start(
    agent: str, candidate: str, mode: Any, share: float | None, exposure: int | None, against: str | None,
    against_share: float | None, promote: str | None, more: tuple[str, ...], seen: str | None, reason: str,
    by: str | None, as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Let the version DIGEST of AGENT meet real conversations.

    A version that is proposed is signed by this. A canary is watched by the service and taken back by itself where it
    does harm; a shadow answers beside the live version and nobody sees it; an A/B compares any two versions.
    """
    from agents.prompts.store import match_bundle
    from agents.rollouts import begin_rollout

    workspace = load_settings(folder)
    given = {"share": share, "exposure": exposure, "control_share": against_share, "promote": promote}
    plan = {name: value for name, value in given.items() if value is not None} | dict(map(_field, more))
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            full = match_bundle(session, candidate)
            control = None if against is None else match_bundle(session, against)
            live = None if seen is None else match_bundle(session, seen)
        one = begin_rollout(
            recorder, agent, full, mode, plan, signed(workspace, reason, by),
            rules=workspace.governance.rules_for(agent), control=control, seen_live=live,
        )  # fmt: skip
        _show(recorder, one.id, as_json, "is under way")


def _field(text: str) -> tuple[str, Any]:
    import json

    name, sign, value = text.partition("=")
    if not sign:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--plan")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@rollout.command("list")
@click.argument("agent", required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Rows.")
@with_json
@in_workspace
def list_(agent: str | None, limit: int, as_json: bool, folder: Path | None) -> None:
    """List rollouts (of AGENT), newest first."""
    from agents.service.findings import Findings
    from agents.service.rollout_views import rollout_list
    from tui.lines.rollout import rollout_head, rollout_row

    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = rollout_list(session, Findings(judge_maker()), agent=agent, limit=limit)
    if as_json:
        print_json(found)
    elif not found:
        say("no rollouts yet: strop rollout start AGENT DIGEST --reason WHY")
    else:
        now = datetime.now().astimezone()
        print_lines([rollout_head(width()), *(rollout_row(one, width(), now) for one in found)])


@rollout.command()
@click.argument("name", metavar="ROLLOUT")
@with_json
@in_workspace
def show(name: str, as_json: bool, folder: Path | None) -> None:
    """Show a rollout: its share of the traffic, what came of it, how far each alarm is.

    ROLLOUT is an id, a part of one, or an agent (then its newest).
    """
    with writing(load_settings(folder)) as recorder:
        _show(recorder, name, as_json, None)


@rollout.command()
@click.argument("name", metavar="ROLLOUT")
@click.option("--share", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Of new conversations.")
@click.option("--exposure", type=click.IntRange(min=1), help="Conversations it gets at most.")
@_said
@with_json
@in_workspace
def change(
    name: str, share: float | None, exposure: int | None, reason: str, by: str | None, as_json: bool,
    folder: Path | None,
) -> None:  # fmt: skip
    """Give the candidate more or fewer conversations from now on."""
    from agents.rollouts import alter_rollout

    _act(
        name, reason, by, as_json, folder, "is changed",
        lambda recorder, full, who: alter_rollout(recorder, full, who, share=share, exposure=exposure),
    )  # fmt: skip


def _ending(decision: Literal["promote", "stop"], help_text: str, told: str) -> None:
    """A command that ends a rollout."""

    @rollout.command(decision, help=help_text)
    @click.argument("name", metavar="ROLLOUT")
    @_said
    @with_json
    @in_workspace
    def end(name: str, reason: str, by: str | None, as_json: bool, folder: Path | None) -> None:
        from agents.rollouts import end_rollout

        _act(
            name, reason, by, as_json, folder, told,
            lambda recorder, full, who: end_rollout(recorder, full, decision, who),
        )  # fmt: skip


_ending("promote", "Take the candidate live: the next conversation is served by it.", "is live")
_ending(
    "stop", "Take the candidate back: its open conversations go on with the live version from their next turn.",
    "is taken back",
)  # fmt: skip


def _act(
    name: str, reason: str, by: str | None, as_json: bool, folder: Path | None, what: str,
    act: Callable[..., Any],
) -> None:  # fmt: skip
    from agents.prompts.rollout_store import match_rollout

    workspace = load_settings(folder)
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            full = match_rollout(session, name)
        act(recorder, full, signed(workspace, reason, by))
        _show(recorder, full, as_json, what)


def _show(recorder: "Recorder", name: str, as_json: bool, what: str | None) -> None:
    from agents.service.findings import Findings
    from agents.service.rollout_views import rollout_view
    from tui.lines.figures import short
    from tui.lines.rollout import rollout_lines

    with recorder.database.reading() as session:
        view = rollout_view(session, name, Findings(judge_maker()))
    if as_json:
        print_json(view)
        return
    if what is not None:
        say(f"{short(view.candidate.bundle)} {what}")
    print_lines(rollout_lines(view, min(width(), 120), datetime.now().astimezone(), glyphs()))
