"""`strop run` and `strop resume`: an agent at work in this process, seen while it works.

The run is on record before the model is asked, so whatever ends this process, `strop resume` goes on with it.
"""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.live import Live, ending
from tui.commands.opening import in_workspace, load, runtime, with_json
from tui.commands.printing import console, print_json, say

if TYPE_CHECKING:
    from agents.config import Workspace
    from agents.runtime import Runtime
    from agents.service.wire import RunDetail


def _streamed(command: Any) -> Any:
    return click.option(
        "--stream/--no-stream", default=None, help="Show the run while it works. Default: on a terminal."
    )(command)


@click.command()
@click.argument("agent")
@click.argument("text")
@click.option("--conversation", metavar="ID", default=None, help="Go on with a conversation.")
@_streamed
@with_json
@in_workspace
def run(
    agent: str, text: str, conversation: str | None, stream: bool | None, as_json: bool, folder: Path | None
) -> None:
    """Ask AGENT the TEXT (`-` reads it from standard input)."""
    from agents.starting import Start

    asked = read_input() if text == "-" else text
    workspace = load(folder)
    asyncio.run(_run(workspace, Start(agent, asked, conversation), None, _live(stream, as_json), as_json))


@click.command()
@click.argument("run_id", metavar="RUN")
@_streamed
@with_json
@in_workspace
def resume(run_id: str, stream: bool | None, as_json: bool, folder: Path | None) -> None:
    """Go on with a run that stopped; what is recorded is not done again.

    RUN: an id, its start or its end.
    """
    asyncio.run(_run(load(folder), None, run_id, _live(stream, as_json), as_json))


def _live(stream: bool | None, as_json: bool) -> bool:
    return not as_json and (sys.stdout.isatty() if stream is None else stream)


async def _run(workspace: "Workspace", ask: Any, known: str | None, live: bool, as_json: bool) -> None:
    from traces.store import match_run

    async with runtime(workspace) as opened:
        if known is None:
            run_id = opened.start(ask)
        else:
            with opened.database.reading() as session:
                run_id = match_run(session, known)
        if live:
            say(f"{run_id}")
        screen = Live(run_id)
        try:
            await work(opened, run_id, screen if live else None)
        except BaseException as error:
            _leave_word(error, run_id)
            if as_json and isinstance(error, Exception):
                _print_detail(opened, run_id)
            raise
        _show(opened, run_id, screen.text if live else "", as_json)


async def work(opened: "Runtime", run_id: str, screen: Live | None) -> None:
    """Work on a run to its end, on the screen where there is one."""
    stop = opened.recorder.subscribe(screen.fact) if screen is not None else None
    try:
        await opened.work(run_id, on_delta=screen.delta if screen is not None else None)
    except asyncio.CancelledError:
        _tell_cancelled(opened, run_id)
        raise
    finally:
        if stop is not None:
            stop()


def _tell_cancelled(opened: "Runtime", run_id: str) -> None:
    """A run that somebody cancelled from elsewhere was not stopped by the person at this keyboard."""
    from agents.errors import RunFailed

    if _detail(opened, run_id).run.status == "cancelled":
        raise RunFailed(f"run {run_id} was cancelled", hint="`strop runs show` says by whom.")


def _leave_word(error: BaseException, run_id: str) -> None:
    """What to do next, where the run was left in the middle or its record says more than the error."""
    if isinstance(error, KeyboardInterrupt | asyncio.CancelledError):
        say(f"stopped in the middle of {run_id}; go on with: strop resume {run_id}", "warn")
    elif isinstance(error, Exception):
        error.add_note(f"The run is on record: strop runs show {run_id}")


def _detail(opened: "Runtime", run_id: str) -> "RunDetail":
    from agents.service.views import run_detail

    with opened.database.reading() as session:
        return run_detail(session, run_id)


def _print_detail(opened: "Runtime", run_id: str) -> None:
    from traces.errors import LedgerError

    try:
        print_json(_detail(opened, run_id))
    except LedgerError:
        return  # the error that is being told says why


def _show(opened: "Runtime", run_id: str, streamed: str, as_json: bool) -> None:
    detail = _detail(opened, run_id)
    if as_json:
        print_json(detail)
        return
    from tui.lines.blocks import pretty

    if streamed.strip() != str(detail.answer).strip():
        console().print("\n".join(_clean(pretty(detail.answer))))
    say(ending(detail.run))


def _clean(text: str) -> list[str]:
    from tui.lines.cells import clean

    return [clean(line) for line in text.split("\n")]


def read_input() -> str:
    """All of standard input as text.

    Raises:
        UsageError: it is not UTF-8.
    """
    from agents.errors import UsageError

    raw = sys.stdin.buffer.read()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"standard input is not UTF-8 text (byte {error.start})",
            hint="Convert it first, for example with: iconv -f latin1 -t utf-8",
        ) from error
