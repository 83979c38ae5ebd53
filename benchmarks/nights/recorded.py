"""The gate on recorded runs of public agents: the verdicts that are right are known from outside.

Where the recordings are not on this machine (STROP_SHARED_DATA names their folder) it says so and measures nothing.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.gate_csv import GateOptions, run_gate_csv

PLACE = Path(os.environ.get("STROP_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))

WORKBENCH: dict[str, Any] = {
    "arm": "config", "task": "task_id", "cluster": "template_id", "outcome": "correct", "stratum": "needs_write",
    "guards": ("side_effect_error",),
}  # fmt: skip

EXPECTED = (
    ("gpt-4/all", "gpt-4/domains", True),
    ("gpt-4/domains", "gpt-4/all", False),
    ("mistral-8x7B/all", "mistral-8x7B/domains", False),
    ("gpt-3.5/domains", "gpt-4/domains", True),
)
"""(incumbent, candidate, whether it is to be accepted), by templates as families."""


def measure() -> dict[str, Any]:
    """Each pair with its verdict; `right` counts those that came out as they should."""
    if not (PLACE / "workbench_runs.csv").is_file():
        print(f"  skipped: no recorded runs in {PLACE} (STROP_SHARED_DATA names the folder)")
        return {"skipped": True}
    found = list(_judged())
    for one in found:
        mark = "as expected" if one["right"] else "NOT AS EXPECTED"
        told = f"{one['pair']:44} {one['verdict']:15} {one['delta']:+.2f} points {one['interval']}"
        print(f"  {told}  {mark}")
    return {"skipped": False, "right": sum(one["right"] for one in found), "of": len(found), "pairs": found}


def _judged() -> Iterator[dict[str, Any]]:
    for a, b, accepted in EXPECTED:
        yield _told(PLACE / "workbench_runs.csv", GateOptions(a=a, b=b, **WORKBENCH), accepted)
    for a, b in (("0", "1"), ("1", "0")):
        options = GateOptions(a=a, b=b, arm="trial", task="task_id", outcome="reward", stratum="needs_write")
        yield _told(PLACE / "tau_airline_runs.csv", options, False)


def _told(path: Path, options: GateOptions, accepted: bool) -> dict[str, Any]:
    evidence = run_gate_csv(path, options)
    low, high = evidence.interval.low, evidence.interval.high
    return {
        "pair": f"{options.a} -> {options.b}", "verdict": evidence.verdict, "delta": round(100 * evidence.delta, 2),
        "interval": f"[{100 * low:+.1f}, {100 * high:+.1f}]", "right": (evidence.verdict == "better") == accepted,
    }  # fmt: skip
