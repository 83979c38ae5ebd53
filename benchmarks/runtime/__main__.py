"""`make bench-runtime`: what durability costs. The last line is one JSON object of figures and goals.

Ratios compare what was measured in turn in the same run; CPU is processor time, so a busy machine matters less.

DBOS is measured where it is installed (`pip install dbos`), in a process of its own, as its library wants it.

Each section can be measured by itself, and ends with its default size within about three minutes on two idle cores.
"""

import argparse
import asyncio
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.runtime import conversation, cpu, flight, memory, served, stopping, takeover
from benchmarks.runtime.figures import Figure, as_json
from tests.postgres import PostgresUnavailable, running_postgres

RATIO_GOAL = 1.5


def main() -> None:
    """Measure the sections that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", default=[], help=f"of {', '.join(SECTIONS)}; none: all")
    parser.add_argument("--runs", type=int, default=15, help="of each contender for CPU")
    parser.add_argument("--flight", type=int, default=1000, help="runs in flight at once")
    parser.add_argument("--memory", type=int, default=20_000, help="short runs for the slope of memory")
    parser.add_argument("--requests", type=int, default=600, help="over HTTP, 200 at once")
    parser.add_argument("--calls", type=int, default=1000, help="model calls of the long conversation")
    given = parser.parse_args()
    unknown = set(given.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}: there are {', '.join(SECTIONS)}")
    figures: list[Figure] = []
    for name in given.sections or SECTIONS:
        with tempfile.TemporaryDirectory(prefix="strop-bench-") as folder:
            found = SECTIONS[name](Path(folder), given)
        for figure in found:
            print(figure.line(), flush=True)
        figures += found
    print(json.dumps(as_json(figures)))


def _cpu(folder: Path, given: argparse.Namespace) -> list[Figure]:
    """Every contender on both databases, as far as they are here."""
    with ExitStack() as stack:
        urls = {"sqlite": f"sqlite:///{folder / 'ledger.db'}"}
        other = {"sqlite": f"sqlite:///{folder / 'dbos.db'}"}
        try:
            server = stack.enter_context(running_postgres())
        except PostgresUnavailable as reason:
            print(f"without PostgreSQL: {reason}")
        else:
            urls["postgresql"] = stack.enter_context(server.fresh_database())
            other["postgresql"] = stack.enter_context(server.fresh_database())
        measured = asyncio.run(cpu.measure(folder, urls, given.runs))
        figures = [Figure(f"cpu.{name}", value, "ms") for name, value in measured["cpu_ms"].items()]
        figures += [
            Figure(f"cpu.{name}_ratio", value, goal=RATIO_GOAL if name == "sqlite" else None)
            for name, value in measured["cpu_ratio"].items()
        ]
        for name, url in other.items():
            ratio = _dbos(url, given.runs)
            if ratio is not None:
                figures.append(Figure(f"cpu.dbos_{name}_ratio", ratio))
    return figures


def _takeover(folder: Path, given: argparse.Namespace) -> list[Figure]:
    try:
        with running_postgres() as server, server.fresh_database() as url:
            return takeover.measure(folder, url)
    except PostgresUnavailable as reason:
        print(f"without PostgreSQL: {reason}; on SQLite")
        return takeover.measure(folder, f"sqlite:///{folder / 'ledger.db'}")


def _dbos(url: str, runs: int) -> float | None:
    if importlib.util.find_spec("dbos") is None:
        print("without DBOS: it is not installed")
        return None
    command = [sys.executable, "-m", "benchmarks.runtime.dbos_work", str(runs), url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"DBOS failed: {done.stderr[-300:]}")
        return None
    return float(json.loads(done.stdout.splitlines()[-1])["ratio"])


SECTIONS: dict[str, Callable[[Path, argparse.Namespace], list[Figure]]] = {
    "cpu": _cpu,
    "served": lambda folder, given: asyncio.run(served.measure(folder, 200, given.requests)),
    "flight": lambda folder, given: asyncio.run(flight.measure(folder, given.flight)),
    "memory": lambda folder, given: asyncio.run(memory.measure(folder, given.memory)),
    "conversation": lambda folder, given: asyncio.run(conversation.measure(folder, given.calls, 200 * given.calls)),
    "takeover": _takeover,
    "cancel": lambda folder, given: asyncio.run(stopping.cancelling(folder)),
    "cold_start": lambda folder, given: stopping.cold_start(folder),
}

if __name__ == "__main__":
    main()
