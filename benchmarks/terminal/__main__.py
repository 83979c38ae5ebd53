"""`make bench-terminal RUNS=1000000`: what the terminal costs on a ledger of that size. The last line is JSON.

The service and the terminal are processes of their own, started as a person starts them; the terminal is opened when
the service has done what it does first (the hourly look over the last days). What a key costs is the CPU time of
both, the bytes are the terminal's. `--folder` measures a workspace that is there (one run is added to it, and
some thousand while facts happen); without it one is made for this time alone.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from agents.config import load_workspace
from benchmarks import generate
from benchmarks.terminal.tty import PATIENCE, Tty, cpu_of, memory_of
from traces.bulk import write_streams
from traces.db import Database, open_database
from traces.events import Event, ModelReplied, ModelRequested, RunFinished, RunStarted, ToolCalled, ToolReturned
from traces.ids import new_id
from traces.store import last_event_id, list_runs
from traces.tables import RUNS

STROP: Final = (sys.executable, "-c", "from tui.cli import main; main()")
SIZE: Final = (120, 40)
STEPS: Final = 5_000
THOUGHT: Final = "I count the sheep that came over the hill, and then I count them again to be sure of it. " * 3
"""Times STEPS more than a megabyte of reasoning."""
RATE, LIVE_SECONDS, IDLE_SECONDS = 500, 10.0, 10.0
DOWN, UP, PAGE_DOWN, PAGE_UP, HOME, END, ESCAPE = "\x1b[B", "\x1b[A", "\x1b[6~", "\x1b[5~", "\x1b[H", "\x1b[F", "\x1b"

GOALS: Final[dict[str, tuple[float, str]]] = {
    # (at most; a negative one: at least), what it is.
    "first_paint_cpu_s": (1.0, "CPU of the terminal until its frame is painted"),
    "first_rows_cpu_s": (0.9, "CPU of terminal and service from there to the first rows"),
    "cursor_p95_ms": (25, "CPU of a cursor key"),
    "cursor_p95_bytes": (1000, "bytes of a cursor key"),
    "page_p95_ms": (120, "CPU of a page down, what it fetches included"),
    "end_ms": (250, "CPU of the End key on all runs"),
    "home_ms": (250, "CPU of the Home key"),
    "goto_ms": (250, "CPU of a jump to a time"),
    "long_run_ms": (300, "CPU until a run of 5,000 steps and a megabyte of reasoning is there to be read"),
    "live_facts_per_s": (-0.95 * RATE, "facts a second that happened meanwhile, of 500"),
    "live_core_percent": (15, "of a core meanwhile"),
    "live_paints_per_s": (10, "paints a second meanwhile"),
    "idle_core_percent": (0.5, "of a core while nothing happens"),
    "memory_mb": (80, "after 400 pages, 40 runs read, the long one too, ends, jumps and every screen"),
}


def long_run(bundle: str, at: datetime) -> tuple[str, list[tuple[datetime, Event]]]:
    """A run of STEPS steps, each with a thought and a call."""
    started = RunStarted(agent="search", bundle=bundle, conversation_id=new_id("conv"), input="count all sheep")
    facts: list[tuple[datetime, Event]] = [(at, started)]
    for step in range(1, STEPS + 1):
        at += timedelta(seconds=1)
        call = {"part_kind": "tool-call", "tool_name": "look", "args": {"hill": step}, "tool_call_id": f"c{step}"}
        reply = {"parts": [{"part_kind": "thinking", "content": THOUGHT}, call], "kind": "response"}
        op, asked = f"model/{step}", ModelRequested(op=f"model/{step}", step=step, model="m", fingerprint="f")
        facts += [
            (at, asked),
            (at, ModelReplied(op=op, step=step, model="m", response=reply, input_tokens=90, output_tokens=60,
                              seconds=0.5)),
            (at, ToolCalled(op=f"t{step}", step=step, tool="look", server="s", arguments={"hill": step},
                            call_id=f"c{step}", effect="read", idempotency_key="k")),
            (at, ToolReturned(op=f"t{step}", step=step, tool="look", result="one more", size=10, seconds=0.1)),
        ]  # fmt: skip
    return new_id("run"), [*facts, (at, RunFinished(output="many", seconds=float(STEPS)))]


@contextmanager
def service(folder: Path) -> Iterator[int]:
    """Process id of a service of the workspace, at the workspace's own socket."""
    command = [*STROP, "serve", "--workspace", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            if not process.stdout.readline():
                sys.exit("the service did not start: `strop serve` says why")
            yield process.pid
        finally:
            process.terminate()


def until_calm(pid: int) -> None:
    """Wait until a process has done next to nothing for two seconds; at most PATIENCE."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        before = cpu_of(pid)
        time.sleep(2.0)
        if cpu_of(pid) - before < 0.1:
            return


class Bench:
    """One terminal on one service, and what was measured."""

    def __init__(self, folder: Path, serving: int, size: tuple[int, int] = SIZE) -> None:
        self.tty, self.serving = Tty([*STROP, "tui", "--workspace", str(folder)], *size), serving
        self.found: dict[str, float] = {}
        self.told: dict[str, float] = {}

    def cpu(self) -> float:
        """CPU seconds of both."""
        return cpu_of(self.tty.pid) + cpu_of(self.serving)

    def start(self) -> None:
        """First paint and first rows."""
        before = cpu_of(self.serving)
        self.tty.until("Help")
        painted, self.told["first_paint_s"] = cpu_of(self.tty.pid), time.monotonic() - self.tty.begun
        self.found["first_paint_cpu_s"] = painted
        self.tty.until("finished")
        self.found["first_rows_cpu_s"] = cpu_of(self.tty.pid) - painted + cpu_of(self.serving) - before
        self.told["first_rows_s"] = time.monotonic() - self.tty.begun
        self.rest()
        self.told["memory_at_first_mb"] = memory_of(self.tty.pid)

    def rest(self) -> None:
        """Until both have nothing to do."""
        self.tty.settle(self.serving)

    def key(self, keys: str, until: str = "") -> tuple[float, int]:
        """(milliseconds of CPU, bytes) of a key until all is painted, or until a text is there."""
        before, written = self.cpu(), self.tty.written
        self.tty.press(keys)
        if until:
            self.tty.until(until)
        else:
            self.rest()
        cost = 1000 * (self.cpu() - before), self.tty.written - written
        self.rest()
        return cost

    def many(self, name: str, keys: str, times: int) -> None:
        """The 95th percentile of a key."""
        costs = [self.key(keys) for _ in range(times)]
        self.found[f"{name}_p95_ms"] = _p95([cost for cost, _ in costs])
        if f"{name}_p95_bytes" in GOALS:
            self.found[f"{name}_p95_bytes"] = _p95([size for _, size in costs])

    def share(self, seconds: float) -> float:
        """Percent of a core that the terminal took while it was left alone."""
        before, begun = cpu_of(self.tty.pid), time.monotonic()
        self.tty.listen(seconds)
        return 100 * (cpu_of(self.tty.pid) - before) / (time.monotonic() - begun)


def _p95(values: list[float] | list[int]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def measure(bench: Bench, folder: Path, database: Database, long_id: str, *, pages: int) -> None:
    """All figures, in the order of a person's hour."""
    tty = bench.tty
    bench.start()
    bench.many("cursor", DOWN, 30)
    bench.many("page", PAGE_DOWN, 40)
    bench.found["end_ms"], _ = bench.key(END)
    for _ in range(5):
        bench.key(PAGE_UP)
    bench.found["home_ms"], _ = bench.key(HOME)
    bench.key(":")
    tty.press("goto 20d")
    bench.rest()
    bench.found["goto_ms"], _ = bench.key("\r")
    bench.key(HOME)
    bench.key(":")
    tty.press(f"run {long_id}")
    bench.rest()
    bench.found["long_run_ms"], _ = bench.key("\r", until="count all sheep")
    bench.key(DOWN * 6)
    bench.told["fold_ms"], _ = bench.key("z")
    bench.key("z")
    bench.told["memory_in_long_run_mb"] = memory_of(tty.pid)
    bench.key(ESCAPE)
    bench.found["idle_core_percent"] = bench.share(IDLE_SECONDS)
    live(bench, folder, database)
    hour(bench, pages)


def live(bench: Bench, folder: Path, database: Database) -> None:
    """While facts happen, as many as were promised: how many there were is read from the ledger."""
    seconds = LIVE_SECONDS + 4
    program = [sys.executable, "-m", "benchmarks.terminal.load", str(folder), str(RATE), str(seconds)]
    with subprocess.Popen(program) as load:
        count, end = _last(database), time.monotonic() + PATIENCE
        while _last(database) == count and time.monotonic() < end:
            bench.tty.listen(0.2)
        bench.tty.listen(1.0)
        bench.tty.bursts, bench.tty.written = 0, 0
        count, begun, serving = _last(database), time.monotonic(), cpu_of(bench.serving)
        bench.found["live_core_percent"] = bench.share(LIVE_SECONDS)
        passed = time.monotonic() - begun
        bench.found["live_facts_per_s"] = (_last(database) - count) / passed
        bench.found["live_paints_per_s"] = bench.tty.bursts / passed
        bench.told["live_bytes_per_s"] = bench.tty.written / passed
        bench.told["live_service_core_percent"] = 100 * (cpu_of(bench.serving) - serving) / passed
        load.wait()
    bench.rest()


def _last(database: Database) -> int:
    with database.reading() as session:
        return last_event_id(session)


def hour(bench: Bench, pages: int) -> None:
    """As much as somebody looks at in an hour: pages down, runs read on the way, ends and jumps."""
    tty = bench.tty
    for page in range(pages):
        tty.press(PAGE_DOWN)
        bench.tty.settle(bench.serving, quiet=0.03)
        if page % 10 == 0:
            bench.key("\r")
            bench.key(ESCAPE)
        if page % 100 == 99:
            bench.key(END)
            bench.key(HOME)
            for screen in "23456781":
                bench.key(screen)
    bench.found["memory_mb"] = memory_of(tty.pid)


def report(found: dict[str, float], told_only: dict[str, float], runs: int) -> dict[str, Any]:
    """Print each figure beside its goal; gives the last line."""
    rows = []
    for name, (goal, told) in GOALS.items():
        value, least = found.get(name), goal < 0
        met = value is not None and (value >= -goal if least else value <= goal)
        side = ">=" if least else "<="
        rows.append({"figure": name, "value": None if value is None else round(value, 3),
                     "goal": f"{side} {abs(goal):g}", "met": met})  # fmt: skip
        shown = "-" if value is None else f"{value:.3g}"
        print(f"{name:20} {shown:>8}  goal {side} {abs(goal):<6g}  {'met' if met else 'NOT MET':8} {told}")
    for name, value in told_only.items():
        print(f"{name:20} {value:>8.3g}  (only told)")
    return {"bench": "terminal", "runs": runs, "columns": SIZE[0], "rows": SIZE[1], "figures": rows,
            "told": {name: round(value, 3) for name, value in told_only.items()},
            "met": all(row["met"] for row in rows)}  # fmt: skip


def main() -> None:
    """Make or open the ledger, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.terminal", description=__doc__)
    parser.add_argument("--folder", type=Path, default=None, help="a workspace; filled where it has no runs yet")
    parser.add_argument("--runs", type=int, default=10_000, help="how many, where they have to be made")
    parser.add_argument("--pages", type=int, default=400, help="of an hour")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strop-bench")))
        if not (folder / "strop.toml").exists():
            generate.main([str(folder), "--runs", str(given.runs)])
        database = stack.enter_context(_closing(open_database(load_workspace(folder).database_url)))
        with database.reading() as session:
            bundle = list_runs(session, limit=1).items[0].bundle
            runs = session.scalar(sa.select(sa.func.count()).select_from(RUNS)) or 0
        long_id, facts = long_run(bundle, datetime.now(UTC) - timedelta(days=1))
        with database.writing() as session:
            write_streams(session, [(long_id, facts)])
        serving = stack.enter_context(service(folder))
        until_calm(serving)
        bench = Bench(folder, serving)
        bench.told["service_first_cpu_s"] = cpu_of(serving)
        stack.callback(bench.tty.close)
        measure(bench, folder, database, long_id, pages=given.pages)
        print(json.dumps(report(bench.found, bench.told, runs)))


@contextmanager
def _closing(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.close()


if __name__ == "__main__":
    main()
