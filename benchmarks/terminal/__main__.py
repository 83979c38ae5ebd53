"""`make bench-terminal RUNS=1000000`: what the terminal costs on a ledger of that size. The last line is JSON.

The service and the terminal are processes of their own; what a key costs is the CPU time of both, the bytes are the
terminal's. FOLDER keeps the ledger for the next time; without one it is made for this time alone.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from agents.config import load_workspace
from benchmarks import generate
from benchmarks.terminal.tty import Tty, cpu_of, memory_of
from traces.bulk import write_streams
from traces.db import Database, open_database
from traces.events import Event, ModelReplied, ModelRequested, RunFinished, RunStarted, ToolCalled, ToolReturned
from traces.ids import new_id
from traces.recorder import Recorder
from traces.store import list_runs

STROP: Final = (sys.executable, "-c", "from tui.cli import main; main()")
SIZE: Final = (120, 40)
STEPS: Final = 5_000
THOUGHT: Final = "I count the sheep that came over the hill, and then I count them again to be sure of it. " * 3
"""Times STEPS more than a megabyte of reasoning."""
RATE, LIVE_SECONDS, IDLE_SECONDS = 500, 10.0, 10.0
DOWN, UP, PAGE_DOWN, PAGE_UP, HOME, END, ESCAPE = "\x1b[B", "\x1b[A", "\x1b[6~", "\x1b[5~", "\x1b[H", "\x1b[F", "\x1b"

GOALS: Final[dict[str, tuple[float, str]]] = {
    "first_paint_cpu_s": (1.0, "CPU of the terminal until its frame is painted"),
    "first_rows_cpu_s": (0.9, "CPU of terminal and service from there to the first rows"),
    "cursor_p95_ms": (25, "CPU of a cursor key"),
    "cursor_p95_bytes": (1000, "bytes of a cursor key"),
    "page_p95_ms": (120, "CPU of a page down, what it fetches included"),
    "end_ms": (250, "CPU of the End key on all runs"),
    "home_ms": (250, "CPU of the Home key"),
    "goto_ms": (250, "CPU of a jump to a time"),
    "long_run_ms": (300, "CPU until a run of 5,000 steps and a megabyte of reasoning is there to be read"),
    "live_core_percent": (15, "of a core while 500 facts a second happen"),
    "live_paints_per_s": (10, "paints a second meanwhile"),
    "idle_core_percent": (0.5, "of a core while nothing happens"),
    "memory_mb": (80, "after 400 pages, 40 runs read, ends and jumps"),
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


class Writer(threading.Thread):
    """Writes RATE facts a second, of runs that begin, think and end, in this process and not the terminal's."""

    def __init__(self, database: Database, bundle: str) -> None:
        super().__init__(daemon=True)
        self._recorder, self._bundle, self._ended = Recorder(database), bundle, threading.Event()
        self.count = 0

    def run(self) -> None:
        """Until it is stopped: every tenth of a second a batch in one transaction."""
        due = time.monotonic()
        while not self._ended.is_set():
            with self._recorder.database.writing() as session:
                for _ in range(RATE // 10 // 6 + 1):
                    self._one_run(session)
            due += 0.1
            self._ended.wait(max(due - time.monotonic(), 0))

    def _one_run(self, session: Any) -> None:
        run_id = new_id("run")
        reply = {"parts": [{"part_kind": "text", "content": "good morning"}], "kind": "response"}
        facts = [
            RunStarted(agent="search", bundle=self._bundle, conversation_id=new_id("conv"), input="good morning"),
            ModelRequested(op="model/1", step=1, model="m", fingerprint="f"),
            ModelReplied(op="model/1", step=1, model="m", response=reply, input_tokens=9, output_tokens=6,
                         seconds=0.1),
            ToolCalled(op="t1", step=1, tool="look", server="s", arguments={}, call_id="c", effect="read",
                       idempotency_key="k"),
            ToolReturned(op="t1", step=1, tool="look", result="one more", size=10, seconds=0.1),
            RunFinished(output="one", seconds=0.2),  # or the service would take it for abandoned and go on with it
        ]  # fmt: skip
        for fact in facts:
            self._recorder.append_in(session, run_id, fact)
            self.count += 1

    def stop(self) -> None:
        """Stop, and wait for it."""
        self._ended.set()
        self.join()


@contextmanager
def service(folder: Path) -> Iterator[tuple[int, str]]:
    """(process id, socket) of a service of the workspace."""
    place = str(Path(tempfile.mkdtemp(prefix="strop")) / "s")
    command = [*STROP, "serve", "--socket", place, "--workspace", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process.pid, place
        finally:
            process.terminate()


class Bench:
    """One terminal on one service, and what was measured."""

    def __init__(self, place: str, serving: int, size: tuple[int, int] = SIZE) -> None:
        code = f"from tui.app import run_app; run_app(None, {place!r}, None, False)"
        self.tty, self.serving = Tty([sys.executable, "-c", code], *size), serving
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


def measure(bench: Bench, database: Database, bundle: str, long_id: str, *, pages: int) -> None:
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
    bench.key(ESCAPE)
    bench.found["idle_core_percent"] = bench.share(IDLE_SECONDS)
    live(bench, database, bundle)
    hour(bench, pages)


def live(bench: Bench, database: Database, bundle: str) -> None:
    """While facts happen."""
    writer = Writer(database, bundle)
    writer.start()
    bench.tty.listen(1.0)
    bench.tty.bursts, count, begun = 0, writer.count, time.monotonic()
    bench.found["live_core_percent"] = bench.share(LIVE_SECONDS)
    bench.told["live_facts_per_s"] = (writer.count - count) / (time.monotonic() - begun)
    bench.found["live_paints_per_s"] = bench.tty.bursts / LIVE_SECONDS
    writer.stop()
    bench.rest()


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
    bench.found["memory_mb"] = memory_of(tty.pid)


def report(found: dict[str, float], told_only: dict[str, float], runs: int) -> dict[str, Any]:
    """Print each figure beside its goal; gives the last line."""
    rows = []
    for name, (goal, told) in GOALS.items():
        value = found.get(name)
        met = value is not None and value <= goal
        rows.append({"figure": name, "value": None if value is None else round(value, 3), "goal": goal, "met": met})
        shown = "-" if value is None else f"{value:.3g}"
        print(f"{name:20} {shown:>8}  goal {goal:>6g}  {'met' if met else 'NOT MET':8} {told}")
    for name, value in told_only.items():
        print(f"{name:20} {value:>8.3g}  (only told)")
    return {"bench": "terminal", "runs": runs, "columns": SIZE[0], "rows": SIZE[1], "figures": rows,
            "met": all(row["met"] for row in rows)}  # fmt: skip


def main() -> None:
    """Make or open the ledger, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.terminal", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=None, metavar="FOLDER")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=400)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strop-bench")))
        if not (folder / "strop.toml").exists():
            generate.main([str(folder), "--runs", str(given.runs)])
        database = stack.enter_context(_closing(open_database(load_workspace(folder).database_url)))
        with database.reading() as session:
            bundle = list_runs(session, limit=1).items[0].bundle
        long_id, facts = long_run(bundle, datetime.now(UTC) - timedelta(days=1))
        with database.writing() as session:
            write_streams(session, [(long_id, facts)])
        serving, place = stack.enter_context(service(folder))
        bench = Bench(place, serving)
        stack.callback(bench.tty.close)
        measure(bench, database, bundle, long_id, pages=given.pages)
        print(json.dumps(report(bench.found, bench.told, given.runs)))


@contextmanager
def _closing(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.close()


if __name__ == "__main__":
    main()
