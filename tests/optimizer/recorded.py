"""Recorded outcomes of public agent runs, as pairs; where they are not present the tests that need them say so."""

import csv
import os
from functools import cache
from pathlib import Path

import pytest

from optimizer.gate import Pair

ROOT = Path(__file__).resolve().parents[2]
PLACE = Path(os.environ.get("STROP_SHARED_DATA", ROOT.parent / "shared" / "data"))

needs_recorded = pytest.mark.skipif(
    not (PLACE / "workbench_runs.csv").is_file(), reason=f"recorded runs are not in {PLACE} (STROP_SHARED_DATA)"
)


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (PLACE / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def workbench(a: str, b: str, *, parts: bool = False) -> list[Pair]:
    """The 690 tasks of two configurations; with `parts`, the write strata and the side-effect guard too."""
    before = {row["task_id"]: row for row in _rows("workbench_runs.csv") if row["config"] == a}
    after = {row["task_id"]: row for row in _rows("workbench_runs.csv") if row["config"] == b}
    return [
        Pair(
            task=task,
            cluster=row["template_id"],
            before=float(row["correct"]),
            after=float(after[task]["correct"]),
            stratum=row["needs_write"] if parts else None,
            guards={"side_effect_error": _both(row, after[task], "side_effect_error")} if parts else {},
        )
        for task, row in before.items()
    ]


def airline(a: str, b: str) -> list[Pair]:
    """The 50 airline tasks, trial `a` against trial `b` of the same agent."""
    rewards = {(row["trial"], row["task_id"]): float(row["reward"]) for row in _rows("tau_airline_runs.csv")}
    tasks = sorted({task for _, task in rewards})
    return [Pair(task, task, rewards[a, task], rewards[b, task]) for task in tasks]


def _both(before: dict[str, str], after: dict[str, str], column: str) -> tuple[float, float]:
    return float(before[column]), float(after[column])
