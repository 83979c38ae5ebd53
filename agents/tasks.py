"""Tasks with known right answers and reviewers' packaged corrections: workspace files, one JSON object a line."""

import json
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from agents.errors import WorkspaceError


class Row(BaseModel):
    """Base of the rows: a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ExpectedCall(Row):
    """A tool call that must have been made; a list in `arguments` means any of its values."""

    tool: str
    arguments: dict[str, JsonValue] = {}


class Expected(Row):
    """What is known about the right answer. Each part is optional."""

    output: dict[str, JsonValue] = {}
    calls: tuple[ExpectedCall, ...] = ()
    no_calls: tuple[str, ...] = ()


class Task(Row):
    """One conversation to be played: the customer's turns, and what is right in the end."""

    id: str
    family: str
    split: Literal["dev", "heldout"]
    turns: tuple[str, ...] = Field(min_length=1)
    expected: Expected = Expected()
    changes_state: bool = False


class Correction(Row):
    """A reviewer's judgement on the answer to one task."""

    task: str
    reviewer: str
    score: float = Field(ge=0, le=1)
    label: str | None = None
    correction: JsonValue = None
    comment: str = ""


RowT = TypeVar("RowT", bound=Row)


def load_tasks(root: Path, agent: str, split: Literal["dev", "heldout"] | None = None) -> list[Task]:
    """The tasks of an agent, in the order of their file; empty when there is no file."""
    tasks = _rows(root / "tasks" / f"{agent}.jsonl", Task)
    return [task for task in tasks if split is None or task.split == split]


def load_corrections(root: Path, agent: str) -> dict[str, Correction]:
    """The packaged corrections of an agent by task id."""
    return {row.task: row for row in _rows(root / "corrections" / f"{agent}.jsonl", Correction)}


def _rows(path: Path, shape: type[RowT]) -> list[RowT]:
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            rows.append(shape.model_validate(_parsed(line)))
        except (ValidationError, ValueError) as error:
            what = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise WorkspaceError(f"{path}:{number}: {what}", hint="Mend that line.") from error
    return rows


def _parsed(line: str) -> Any:
    return json.loads(line)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise WorkspaceError(
            f"{path}: not UTF-8 text (byte {error.start})", hint="Save the file in UTF-8."
        ) from error
