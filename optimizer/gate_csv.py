"""The gate for anybody's results: a CSV with one row per arm and task becomes paired outcomes and a verdict.

Prevents a silent wrong comparison: a missing column, a task only one arm ran, a row given twice or a text where a
number belongs ends in one error that names the line and what to change.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from optimizer.evidence import Baseline, Evidence, NoiseFloor
from optimizer.gate import GateContext, GateInputError, GateRules, Pair, gate, noise_floor

SHOWN = 5  # names listed in an error before "and N more"


class GateOptions(BaseModel):
    """Which columns hold what, and how strict to be.

    `a` and `b` are values of column `arm`. Without `cluster` every task counts as its own family. With `replica`
    several rows per arm and task are averaged. `baselines` are further values of `arm`, only shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    a: str
    b: str
    arm: str = "arm"
    task: str = "task"
    outcome: str = "outcome"
    cluster: str | None = None
    stratum: str | None = None
    replica: str | None = None
    guards: tuple[str, ...] = ()
    cost: str | None = None
    tokens: str | None = None
    baselines: tuple[str, ...] = ()
    candidates: int = Field(default=1, ge=1)
    openings: int = Field(default=1, ge=1)
    proposals: int = Field(default=0, ge=0)
    rules: GateRules = GateRules()

    def columns(self) -> tuple[str, ...]:
        """The columns the file must have."""
        optional = (self.cluster, self.stratum, self.replica, self.cost, self.tokens, *self.guards)
        return (self.arm, self.task, self.outcome, *(name for name in optional if name is not None))


@dataclass(frozen=True, slots=True)
class Observation:
    """One row: one run of one task by one arm. `numbers` holds outcome, guards, cost and tokens by column."""

    line: int
    arm: str
    task: str
    cluster: str
    stratum: str | None
    replica: str
    numbers: Mapping[str, float]


def run_gate_csv(path: Path | str, options: GateOptions) -> Evidence:
    """Read `path` (UTF-8 CSV with a header) and compare arm `a` (incumbent) with arm `b` (candidate).

    Raises GateInputError, with the line where there is one, for a file that cannot be read, missing columns,
    unknown arms, unpaired or repeated tasks and values that are not numbers in range.
    """
    arms = _by_arm(Path(path), options)
    pairs = _paired(arms[options.a], arms[options.b], options)
    context = GateContext(
        a=options.a,
        b=options.b,
        metric=options.outcome,
        candidates=options.candidates,
        openings=options.openings,
        proposals=options.proposals,
        noise=_noise(arms[options.a], options),
        baselines=tuple(_baseline(name, arms[name], options) for name in options.baselines),
        notes=() if options.cluster else ("no cluster column: tasks are taken as independent of one another",),
    )
    return gate(pairs, options.rules, context)


Tasks = dict[str, list[Observation]]


def _by_arm(path: Path, options: GateOptions) -> dict[str, Tasks]:
    if options.a == options.b:
        raise GateInputError(f"--a and --b are both {options.a!r}: name two different arms")
    found: dict[str, Tasks] = defaultdict(lambda: defaultdict(list))
    wanted = {options.a, options.b, *options.baselines}
    others: set[str] = set()
    for row in _observations(path, options, wanted, others):
        found[row.arm][row.task].append(row)
    for arm in (options.a, options.b, *options.baselines):
        if arm not in found:
            raise GateInputError(
                f"no row has {arm!r} in column {options.arm!r}; it holds {listed(sorted(others | set(found)))}"
            )
        _check_arm(arm, found[arm], options)
    return found


def _observations(path: Path, options: GateOptions, wanted: set[str], others: set[str]) -> Iterator[Observation]:
    """The rows of wanted arms; names of the other arms are added to `others`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _check_columns(path, reader.fieldnames, options)
            for row in reader:
                if row[options.arm] in wanted:
                    yield _observation(reader.line_num, row, options)
                else:
                    others.add(str(row[options.arm]))
    except OSError as error:
        raise GateInputError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise GateInputError(f"{str(path)!r} is not UTF-8 text (byte {error.start}): save it as UTF-8") from error
    except csv.Error as error:
        raise GateInputError(f"{str(path)!r} is not a CSV file: {error}") from error


def _check_columns(path: Path, header: Sequence[str] | None, options: GateOptions) -> None:
    if not header:
        raise GateInputError(f"{str(path)!r} is empty: a header and one row per arm and task are needed")
    missing = [name for name in options.columns() if name not in header]
    if missing:
        raise GateInputError(f"{str(path)!r} has no column {listed(missing)}; it has {listed(header, limit=30)}")


def _observation(line: int, row: Mapping[str, str | None], options: GateOptions) -> Observation:
    numeric = (options.outcome, *options.guards, *(name for name in (options.cost, options.tokens) if name))
    spent = {options.cost, options.tokens}
    task = _text(line, row, options.task)
    return Observation(
        line=line,
        arm=_text(line, row, options.arm),
        task=task,
        cluster=_text(line, row, options.cluster) if options.cluster else task,
        stratum=_text(line, row, options.stratum) if options.stratum else None,
        replica=_text(line, row, options.replica) if options.replica else "",
        numbers={name: _number(line, row, name, share=name not in spent) for name in numeric},
    )


def _text(line: int, row: Mapping[str, str | None], column: str) -> str:
    value = row[column]
    if value is None or not value.strip():
        raise GateInputError(f"line {line}: column {column!r} is empty")
    return value.strip()


def _number(line: int, row: Mapping[str, str | None], column: str, *, share: bool) -> float:
    text = _text(line, row, column)
    words = {"true": "1", "false": "0"}
    try:
        value = float(words.get(text.lower(), text))
    except ValueError:
        raise GateInputError(f"line {line}: {text!r} in column {column!r} is not a number") from None
    if not math.isfinite(value) or value < 0 or (share and value > 1):
        span = "0..1; rescale it first" if share else "0 and more"
        raise GateInputError(f"line {line}: {text!r} in column {column!r} is outside {span}")
    return value


def _check_arm(arm: str, tasks: Tasks, options: GateOptions) -> None:
    for task, rows in tasks.items():
        seen: set[str] = set()
        for row in rows:
            if row.replica in seen:
                again = f"replica {row.replica!r} of " if options.replica else ""
                advice = "" if options.replica else "; name the column that tells repeated runs apart (--replica)"
                raise GateInputError(f"line {row.line}: {again}task {task!r} of arm {arm!r} again{advice}")
            seen.add(row.replica)


def _paired(a: Tasks, b: Tasks, options: GateOptions) -> list[Pair]:
    only = {options.a: sorted(set(a) - set(b)), options.b: sorted(set(b) - set(a))}
    lone = [f"{len(tasks)} only in {arm!r} ({listed(tasks)})" for arm, tasks in only.items() if tasks]
    if lone:
        raise GateInputError(f"tasks without a partner: {'; '.join(lone)}; run both arms on the same tasks")
    return [_pair(task, a[task], b[task], options) for task in sorted(a)]


def _pair(task: str, before: list[Observation], after: list[Observation], options: GateOptions) -> Pair:
    for column, values in (
        (options.cluster, {row.cluster for row in (*before, *after)}),
        (options.stratum, {row.stratum for row in (*before, *after)}),
    ):
        if len(values) > 1:
            shown = listed(sorted(str(value) for value in values))
            raise GateInputError(f"task {task!r} has several values in column {column!r}: {shown}")
    cost, tokens = options.cost, options.tokens
    return Pair(
        task=task,
        cluster=before[0].cluster,
        stratum=before[0].stratum,
        before=_mean(before, options.outcome),
        after=_mean(after, options.outcome),
        guards={name: (_mean(before, name), _mean(after, name)) for name in options.guards},
        cost=(_mean(before, cost), _mean(after, cost)) if cost else None,
        tokens=(_mean(before, tokens), _mean(after, tokens)) if tokens else None,
        replicas=min(len(before), len(after)),
    )


def _mean(rows: Sequence[Observation], column: str) -> float:
    return math.fsum(row.numbers[column] for row in rows) / len(rows)


def _noise(a: Tasks, options: GateOptions) -> NoiseFloor | None:
    """The A/A figure from the incumbent's own replicas: the first against the second of each task."""
    if any(len(rows) < 2 for rows in a.values()):
        return None
    same = []
    for task, rows in a.items():
        first, second, *_ = sorted(rows, key=lambda row: row.replica)
        same.append(Pair(task, first.cluster, first.numbers[options.outcome], second.numbers[options.outcome]))
    return noise_floor(same, seed=options.rules.seed)


def _baseline(name: str, tasks: Tasks, options: GateOptions) -> Baseline:
    scores = [_mean(rows, options.outcome) for rows in tasks.values()]
    return Baseline(name=name, score=math.fsum(scores) / len(scores))


def listed(names: Sequence[str], *, limit: int = SHOWN) -> str:
    """Quoted names, the first few."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(repr(name) for name in names[:limit]) + more
