"""From a worker's death to the first fact that another one writes about its runs: three workers, one is killed.

Two cases: the others can see that its process has ended (one machine), and they cannot (another machine), where its
leases have to run out. Runs are in the middle of a model's reply when it dies.
"""

import os
import signal
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agents.runtime import Runtime
from agents.starting import Start
from benchmarks.runtime.figures import Figure, progress
from benchmarks.runtime.processes import program
from benchmarks.runtime.work import scripted, workspace
from traces.db import Database, open_database
from traces.events import RunCancelled
from traces.leases import list_held
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_streams

WORKERS: Final = 3
RUNS: Final = 12
REPLY_SECONDS: Final = 600
LONGEST: Final = 300.0


def measure(folder: Path, url: str) -> list[Figure]:
    """Both cases, one after the other, on one database."""
    same = _seconds(folder / "same", url, [""] * WORKERS)
    other = _seconds(folder / "other", url, [f"elsewhere-{number}" for number in range(WORKERS)])
    return [
        Figure("takeover.runs", len(same) + len(other)),
        Figure("takeover.same_machine_median", statistics.median(same), "s"),
        Figure("takeover.same_machine_most", max(same), "s", goal=15.0),
        Figure("takeover.other_machine_median", statistics.median(other), "s"),
        Figure("takeover.other_machine_most", max(other), "s", goal=15.0),
    ]


def _seconds(folder: Path, url: str, names: list[str]) -> list[float]:
    """For each run of the killed worker, the time until another one recorded that it goes on."""
    database = open_database(url)
    runtime = Runtime(workspace(folder), database, make_model=lambda _: scripted(), worker="people")
    with ExitStack() as stack:
        living: dict[str, subprocess.Popen[bytes]] = {}
        for name in names:
            process = stack.enter_context(program("worker", folder, url, name, "--delay", REPLY_SECONDS))
            assert process.stdout is not None
            living[process.stdout.readline().decode().strip()] = process
        runs = [runtime.start(Start("worker", "go")) for _ in range(RUNS)]
        owners = _owners(database, runs)
        victim, _ = Counter(owners[run] for run in runs).most_common(1)[0]
        lost = [run for run in runs if owners[run] == victim]
        killed = datetime.now(UTC)
        os.kill(living[victim].pid, signal.SIGKILL)
        living[victim].wait()
        progress("takeover", f"{victim} is dead, {len(lost)} runs are left")
        _until(lambda: len(_resumed(database, lost, killed)) == len(lost), "runs that nobody takes over")
        taken = _resumed(database, lost, killed)
        for run in runs:
            Recorder(database).append(run, RunCancelled(provenance=Provenance(by="bench"), seconds=0.0))
    database.close()
    return list(taken.values())


def _until(condition: Callable[[], bool], told: str) -> None:
    end = time.monotonic() + LONGEST
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{told} within {LONGEST:g} s")
        time.sleep(0.05)


def _owners(database: Database, runs: list[str]) -> dict[str, str]:
    """Who works on which run, as soon as the model of each has been asked."""
    owners: dict[str, str] = {}

    def all_asked() -> bool:
        with database.reading() as session:
            owners.update(list_held(session, datetime.now(UTC)))
            asked = read_streams(session, runs, ["model_requested"])
        return all(run in owners and asked[run] for run in runs)

    _until(all_asked, "runs that nobody takes up")
    return owners


def _resumed(database: Database, runs: list[str], killed: datetime) -> dict[str, float]:
    with database.reading() as session:
        facts = read_streams(session, runs, ["run_resumed"])
    first = {run: [one.at for one in found if one.at > killed] for run, found in facts.items()}
    return {run: (min(times) - killed).total_seconds() for run, times in first.items() if times}
