"""Runs as files: JSON Lines (a run a line) and Parquet (a folder of parts), written and read.

A file that was cut off is gone on with: a line counts when its end is there, a part when its last table is. Prevents:
an export of a large ledger that has to begin again, and one that holds half a run.
"""

import json
import os
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from traces.carry import COLUMNS, FORMAT, Carried, version_in
from traces.errors import BadInput
from traces.ids import ordered_json
from traces.store import find_run

Format = Literal["jsonl", "parquet"]

PART: Final = 500
"""Runs of one part of a Parquet folder."""


# --- JSON Lines ----------------------------------------------------------------------------------------------------


def line_of(carried: Carried, summary: dict[str, Any]) -> str:
    """A run as one line, without its end. `summary` is for those who read the file; nobody else needs it."""
    facts = [{**dict(zip(COLUMNS, fact, strict=True)), "payload": _value(str(fact[6]))} for fact in carried.facts]
    bodies = {digest: _value(text) for digest, text in carried.bodies.items()}
    told = {"strop": FORMAT, "run": carried.run, "summary": summary, "facts": facts, "bodies": bodies}
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"))


def read_line(line: str, number: int) -> Carried:
    """The run of a line.

    Raises:
        BadInput: it holds none; says which line.
    """
    try:
        told = json.loads(line)
        if told["strop"] > FORMAT:
            raise BadInput(f"line {number} was written by a newer Strop")
        facts = [
            tuple(_text(fact[name]) if name == "payload" else fact[name] for name in COLUMNS)
            for fact in told["facts"]
        ]
        bodies = {str(digest): _text(value) for digest, value in told["bodies"].items()}
        if not facts:
            raise KeyError("facts")
        return Carried(str(told["run"]), facts, bodies)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(
            f"line {number} holds no run of an export: {error!r}", hint="Is it cut off? Export again."
        ) from error


def _value(text: str) -> Any:
    """A JSON text as a value that gives the same text again, or else as that text, marked."""
    value = json.loads(text)
    return value if ordered_json(value) == text else {"$text": text}


def _text(value: Any) -> str:
    return str(value["$text"]) if isinstance(value, dict) and value.keys() == {"$text"} else ordered_json(value)


def cut_line(path: Path) -> str | None:
    """The last run that is whole in a file of lines; what stands behind it is cut off. None in an empty one."""
    if not path.exists():
        return None
    last, end = None, 0
    with path.open("r+b") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            last, end = line, end + len(line)
        file.truncate(end)
    return None if last is None else read_line(last.decode(), 1).run


# --- Parquet -------------------------------------------------------------------------------------------------------


def write_part(folder: Path, number: int, runs: Iterable[Carried], summaries: list[dict[str, Any]]) -> None:
    """Three tables: facts and bodies, then the list of runs, with which the part is there.

    Raises:
        BadInput: the library is not installed.
    """
    arrow, parquet = _library()
    facts, bodies = [], {}
    for carried in runs:
        facts += [{"run": carried.run, **dict(zip(COLUMNS, fact, strict=True))} for fact in carried.facts]
        bodies.update(carried.bodies)
    told = [{"digest": digest, "text": text} for digest, text in bodies.items()]
    schemas = {"facts": _FACTS, "bodies": {"digest": "string", "text": "large_string"}}
    for name, rows in (("facts", facts), ("bodies", told)):
        schema = arrow.schema([(field, getattr(arrow, kind)()) for field, kind in schemas[name].items()])
        _put(parquet, arrow.Table.from_pylist(rows, schema), folder / f"{name}-{number:06}.parquet")
    _put(parquet, arrow.Table.from_pylist(summaries), folder / f"runs-{number:06}.parquet")


def read_parts(folder: Path) -> Iterator[Carried]:
    """The runs of a folder, part by part.

    Raises:
        BadInput: a part is not whole, or the library is not installed.
    """
    _, parquet = _library()
    for listed in sorted(folder.glob("runs-*.parquet")):
        number = listed.stem.rpartition("-")[2]
        try:
            facts = parquet.read_table(folder / f"facts-{number}.parquet", columns=["run", *COLUMNS]).to_pylist()
            told = parquet.read_table(folder / f"bodies-{number}.parquet").to_pylist()
        except (OSError, ValueError, KeyError) as error:
            raise BadInput(f"part {number} of {str(folder)!r} cannot be read: {error}") from error
        texts = {row["digest"]: row["text"] for row in told}
        by_run: dict[str, list[tuple[Any, ...]]] = {}
        for row in facts:
            by_run.setdefault(row["run"], []).append(tuple(row[name] for name in COLUMNS))
        for run, rows in by_run.items():
            yield Carried(run, rows, _needed(rows, texts))


def last_part(folder: Path) -> tuple[int, str | None]:
    """(number, last run) of the newest part that is there; (0, None) before the first."""
    parts = sorted(folder.glob("runs-*.parquet"))
    if not parts:
        return 0, None
    _, parquet = _library()
    runs = parquet.read_table(parts[-1], columns=["id"]).to_pylist()
    return int(parts[-1].stem.rpartition("-")[2]), runs[-1]["id"]


_FACTS: Final = {
    "run": "string", "seq": "int64", "kind": "string", "step": "int64", "op": "string", "attempt": "int64",
    "at": "int64", "payload": "large_string", "hash": "string",
}  # fmt: skip


def _needed(facts: list[tuple[Any, ...]], texts: dict[str, str]) -> dict[str, str]:
    from traces.erase import digests_in

    wanted = {digest for fact in facts for digest in digests_in(str(fact[6]))}
    wanted.add(version_in(str(facts[0][6])) or "")
    return {digest: texts[digest] for digest in sorted(wanted & texts.keys())}


def _put(parquet: Any, table: Any, path: Path) -> None:
    part = path.with_suffix(f".{os.getpid()}")
    parquet.write_table(table, part, compression="zstd")
    part.replace(path)


def _library() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise BadInput("Parquet needs pyarrow", hint='Install it: pip install "strop[parquet]".') from error


def summary_of(session: Session, run: str) -> dict[str, Any]:
    """The run's line of the runs list, for those who read a file."""
    found = find_run(session, run)
    return {} if found is None else dict(vars(found))
