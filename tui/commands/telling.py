"""How a command ends when something goes wrong: one line on stderr, a hint, and the error's own exit code.

Prevents: a stack trace on a user's screen for what is not a bug, and a bug that leaves no trace to report.

    0    done
    1    the run failed          2  the request is wrong     3  a file of the workspace is wrong
    4    no model                5  no tool server           6  waits for a person, or owned by another worker
    7    the database            70 a bug                    130 stopped with Ctrl-C
"""

import tempfile
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from agents.errors import StropError
from agents.models.errors import ModelError
from tools.errors import ToolServerError
from traces.errors import BadInput, LedgerError

USAGE, MODEL, SERVER, LEDGER, BUG, INTERRUPTED = 2, 4, 5, 7, 70, 130

FOLDER: Final = "strop.folder"
"""Key in `Context.meta`: the workspace that the command works on, once it is known."""


@dataclass(frozen=True)
class Told:
    """What a person gets to read, and the exit code."""

    message: str
    hint: str
    exit_code: int
    notes: tuple[str, ...] = ()


class Failure(click.ClickException):
    """A command that ends with an error that was told."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.message)
        self.told = told
        self.exit_code = told.exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: Any = None) -> None:
        """Write the error, its hint and its notes to stderr."""
        click.echo(click.style("error: ", fg="red", bold=True) + " ".join(self.told.message.split("\n")), err=True)
        for line in (self.told.hint, *self.told.notes):
            if line:
                click.echo(click.style("hint: ", fg="cyan") + line, err=True)


class Root(click.Group):
    """A group in which every error of a verb is told."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse bytes that are not text before any verb stores them."""
        for number, arg in enumerate(args, 1):
            if any("\ud800" <= letter <= "\udfff" for letter in arg):
                raise Failure(Told(f"argument {number} is not UTF-8 text: {arg!a}", "Give it in UTF-8.", 2))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; whatever it raises becomes one told error."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            place = error.ctx.command_path if error.ctx is not None else ctx.command_path
            raise Failure(Told(error.format_message(), f"See `{place} --help`.", 2)) from error
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt as error:
            notes = tuple(getattr(error, "__notes__", ()))
            raise Failure(
                Told("stopped with Ctrl-C; what is recorded stays recorded", "", INTERRUPTED, notes)
            ) from error
        except Exception as error:
            raise Failure(tell(error) or unexpected(error, ctx.meta.get(FOLDER))) from error


def tell(error: BaseException) -> Told | None:
    """The words and the exit code for an error that is not a bug; None for one that is."""
    notes = tuple(getattr(error, "__notes__", ()))
    match error:
        case StropError():
            return Told(_without(str(error), error.hint), error.hint, error.exit_code, notes)
        case BadInput():
            return Told(str(error), error.hint, USAGE, notes)
        case LedgerError():
            return Told(str(error), error.hint, LEDGER, notes)
        case ModelError():
            return Told(_without(str(error), error.hint), error.hint, MODEL, notes)
        case ToolServerError():
            return Told(str(error), "Check its entry in mcp.json and its log in .strop/.", SERVER, notes)
        case OSError(filename=str() | bytes() as name, strerror=str(why)):
            return Told(f"{str(name)!r}: {why}", "", 1, notes)
        case BaseExceptionGroup(exceptions=[first, *_]):
            return tell(first)
        case _:
            return None


def unexpected(error: BaseException, folder: Path | None) -> Told:
    """A bug in one line, with the place of the whole story."""
    line = f"unexpected {type(error).__name__}: {error}"
    text = "".join(traceback.format_exception(error))
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    for place in (*((folder / ".strop",) if folder else ()), Path(tempfile.gettempdir())):
        try:
            place.mkdir(exist_ok=True)
            (place / name).write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return Told(line, f"This is a bug in Strop. The traceback is in {str(place / name)!r}.", BUG)
    return Told(line, "This is a bug in Strop; its traceback could not be written anywhere:\n" + text, BUG)


def _without(message: str, hint: str) -> str:
    """The message without the hint that some errors carry at its end."""
    return message.removesuffix(hint).rstrip(" .") if hint else message
