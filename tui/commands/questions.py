"""`strop questions`: what tool servers ask the person behind a call, and the person's answers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from tui.commands.opening import in_workspace, ledger, load_settings, signed, with_json, writing
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from agents.service.wire import QuestionView


@click.group()
def questions() -> None:
    """Answer tool servers that wait for a person."""


@questions.command("list")
@with_json
@in_workspace
def list_(as_json: bool, folder: Path | None) -> None:
    """List the questions that nobody has answered."""
    from agents.questions import list_questions
    from agents.service.views import question_view

    with ledger(load_settings(folder)) as database, database.reading() as session:
        found = [question_view(session, one) for one in list_questions(session)]
    if as_json:
        print_json(found)
    elif not found:
        say("no tool server waits for an answer")
    for one in () if as_json else found:
        console().print(f"{one.id}  {one.agent}  {_asked(one)}")


@questions.command()
@click.argument("question", metavar="QUESTION")
@with_json
@in_workspace
def show(question: str, as_json: bool, folder: Path | None) -> None:
    """Show one question and its form.

    QUESTION: its id, or the run's where it asks one thing only.
    """
    with ledger(load_settings(folder)) as database:
        _print(database, question, as_json)


@questions.command()
@click.argument("question", metavar="QUESTION")
@click.option(
    "--accept", "filled", default=None, metavar="JSON", help="The filled form; {} where a page was visited."
)
@click.option("--decline", "action", flag_value="decline", help="Say no.")
@click.option("--cancel", "action", flag_value="cancel", help="Give no answer.")
@click.option("--reason", default="", help="Why: it goes into the record.")
@click.option("--by", default=None, help="Who answers. Default: the login.")
@with_json
@in_workspace
def answer(
    question: str, filled: str | None, action: Literal["decline", "cancel"] | None, reason: str, by: str | None,
    as_json: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Answer a question. The call that it came up in is then made again, with the answer."""
    from agents.questions import answer_question, get_question

    if (filled is None) == (action is None):
        raise click.UsageError("give exactly one of --accept JSON, --decline and --cancel")
    workspace = load_settings(folder)
    content = None if filled is None else _form(filled)
    with writing(workspace) as recorder:
        with recorder.database.reading() as session:
            has_form = get_question(session, question).inquiry.question.form is not None
        one = answer_question(
            recorder, question, action or "accept", signed(workspace, reason, by),
            content=content if has_form or content else None,
        )  # fmt: skip
        if as_json:
            _print(recorder.database, one.id, as_json)
        else:
            say(f"{one.id} is {one.state}; a running service goes on with it, or: strop resume {one.run_id}")


def _form(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"--accept is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise click.UsageError("--accept is not a JSON object of the form's fields")
    return given


def _print(database: Any, question: str, as_json: bool) -> None:
    from agents.questions import get_question
    from agents.service.views import question_view

    with database.reading() as session:
        one = question_view(session, get_question(session, question))
    if as_json:
        print_json(one)
        return
    console().print(f"{one.id}  {one.state}{f' by {one.by}' if one.by else ''}  {one.agent}  {_asked(one)}")
    if one.url is not None:
        console().print(f"visit: {_clean(one.url)}")
    for name, field in ((one.form or {}).get("properties") or {}).items():
        needed = " (needed)" if name in (one.form or {}).get("required", ()) else ""
        console().print(f"  {_clean(name)}{needed}: {_clean(json.dumps(field, ensure_ascii=False))}")
    if one.content is not None:
        console().print(f"answered: {_clean(json.dumps(one.content, ensure_ascii=False))}")


def _asked(one: "QuestionView") -> str:
    return _clean(f"{one.server}.{one.tool} asks: {one.message}")


def _clean(text: str) -> str:
    """What a server wrote, on one line, without what would drive the terminal."""
    from tui.lines.cells import one_line

    return one_line(text)
