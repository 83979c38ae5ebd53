"""`strop feedback`: a person's judgement on a run, which the next night learns from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.opening import in_workspace, load_settings, signed, with_json, writing
from tui.commands.printing import print_json, say

if TYPE_CHECKING:
    from agents.config import Workspace
    from traces.edits import Edit
    from traces.feedback import Judgement
    from traces.recorder import Recorder


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--score", type=click.FloatRange(0, 1), default=None, help="0 is wrong, 1 is right.")
@click.option("--label", default=None, help="What kind of mistake, in a few words.")
@click.option("--comment", default="", help="What was wrong, or what was good.")
@click.option("--correction", metavar="JSON|@FILE", default=None, help="The right answer: JSON, or a text.")
@click.option("--set", "edits", multiple=True, metavar="PATH=VALUE", help="One field of it: team=bridge. Repeatable.")
@click.option("--outcome", default=None, help="What became of it in the end, in a word or two.")
@click.option("--op", default=None, help="The operation it is about. Default: the whole run.")
@click.option("--undo", is_flag=True, help="Take one's newest judgement back; --comment says why.")
@click.option("--withdraw", metavar="ID", default=None, help="Take this judgement (fb_…) back; --comment says why.")
@click.option("--by", default=None, help="Who judges. Default: the login.")
@with_json
@in_workspace
def feedback(
    run_id: str, score: float | None, label: str | None, comment: str, correction: str | None,
    edits: tuple[str, ...], outcome: str | None, op: str | None, undo: bool, withdraw: str | None, by: str | None,
    as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Judge a RUN: score, label, comment, the right answer; or take a judgement back."""
    from traces.feedback import Judgement

    workspace = load_settings(folder)
    if undo or withdraw is not None:
        if any(one is not None for one in (score, label, correction, outcome, op)) or edits or (undo and withdraw):
            raise click.UsageError("--undo and --withdraw take a judgement back: give one of them, and no judgement")
        _withdraw(workspace, run_id, withdraw, comment, by, as_json)
        return
    right = None if correction is None else read_value(correction)
    judgement = Judgement(
        by=by or workspace.user, score=score, label=label, comment=comment, correction=right,
        edits=tuple(_edit(one) for one in edits), outcome=outcome, op=op,
    )  # fmt: skip
    _judge(workspace, run_id, judgement, as_json)


def _judge(workspace: "Workspace", run_id: str, judgement: "Judgement", as_json: bool) -> None:
    from traces.feedback import give_feedback
    from traces.store import match_run

    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            full = match_run(session, run_id)
        give_feedback(recorder, full, judgement)
        _tell(recorder, full, "recorded", as_json)


def _withdraw(
    workspace: "Workspace", run_id: str, feedback_id: str | None, why: str, by: str | None, as_json: bool
) -> None:
    from agents.access.roles import may
    from traces.store import match_run
    from traces.withdrawals import withdraw_feedback

    who = signed(workspace, why, by)
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            full = match_run(session, run_id)
        withdraw_feedback(recorder, full, feedback_id, who, others=may(workspace.local_role, "administer"))
        _tell(recorder, full, "taken back", as_json)


def _tell(recorder: "Recorder", run_id: str, done: str, as_json: bool) -> None:
    from agents.service.views import run_view
    from traces.store import get_run
    from tui.lines.figures import of

    with recorder.database.reading() as session:
        view = run_view(get_run(session, run_id))
    if as_json:
        print_json(view)
    else:
        say(f"{done}: {run_id} has {of(view.feedback, 'judgement')}")


def _edit(text: str) -> "Edit":
    from traces.edits import Edit

    path, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {text!r} has no value: write PATH=VALUE")
    return Edit(path=path, right=read_value(value))


def read_value(text: str) -> Any:
    """The value of an option that takes JSON: `@FILE` reads it from a file; what is not JSON is taken as text.

    Raises:
        UsageError: the file cannot be read, or it looks like JSON (opens with a brace) and is not.
    """
    source = "the option"
    if text.startswith("@"):
        source = repr(text[1:])
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise click.UsageError(f"{source} is not UTF-8 text (byte {error.start})") from error
        except OSError as error:
            raise click.UsageError(f"{source}: {error.strerror}") from error
    try:
        return json.loads(text)
    except ValueError as error:
        if text.lstrip()[:1] in {"{", "["}:
            raise click.UsageError(f"{source} is not JSON: {error}") from error
        return text
