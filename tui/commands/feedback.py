"""`strop feedback`: a person's judgement on a run, which the next night learns from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.opening import in_workspace, load_settings, with_json, writing
from tui.commands.printing import print_json, say

if TYPE_CHECKING:
    from traces.edits import Edit


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--score", type=click.FloatRange(0, 1), default=None, help="0 is wrong, 1 is right.")
@click.option("--label", default=None, help="What kind of mistake, in a few words.")
@click.option("--comment", default="", help="What was wrong, or what was good.")
@click.option("--correction", metavar="JSON|@FILE", default=None, help="The right answer: JSON, or a text.")
@click.option("--set", "edits", multiple=True, metavar="PATH=VALUE", help="One field of it: team=bridge. Repeatable.")
@click.option("--outcome", default=None, help="What became of it in the end, in a word or two.")
@click.option("--op", default=None, help="The operation it is about. Default: the whole run.")
@click.option("--by", default=None, help="Who judges. Default: the login.")
@with_json
@in_workspace
def feedback(
    run_id: str, score: float | None, label: str | None, comment: str, correction: str | None,
    edits: tuple[str, ...], outcome: str | None, op: str | None, by: str | None, as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Judge a RUN: score, label, comment, the right answer."""
    from agents.service.views import run_view
    from traces.feedback import Judgement, give_feedback
    from traces.store import get_run, match_run

    right = None if correction is None else read_value(correction)
    workspace = load_settings(folder)
    judgement = Judgement(
        by=by or workspace.user, score=score, label=label, comment=comment, correction=right,
        edits=tuple(_edit(one) for one in edits), outcome=outcome, op=op,
    )  # fmt: skip
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            full = match_run(session, run_id)
        give_feedback(recorder, full, judgement)
        with recorder.database.reading() as session:
            view = run_view(get_run(session, full))
    if as_json:
        print_json(view)
    else:
        say(f"recorded: {full} has {view.feedback} judgement{'s' if view.feedback != 1 else ''}")


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
