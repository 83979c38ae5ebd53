"""`make bench-ledger RUNS=10000`: what the ledger costs to write, what it stores, and how long it takes to ask it.

Everything is measured beside a bare store of the same bytes in the same process: one table of SQLite, a row a run
with the spans' JSON compressed, synchronous=FULL, one commit a request. Ratios are to that. Ingest is in CPU seconds,
queries in wall milliseconds (p50). The last line is one JSON object.
"""

import argparse
import json
import shutil
import sqlite3
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.workload import AGENTS, RARE, SPANS, START, requests, trace_id
from traces.db import Database, open_database
from traces.filters import conditions
from traces.otlp.receive import receive
from traces.otlp.wire import decode_protobuf
from traces.recorder import Recorder
from traces.stats import aggregate
from traces.store import list_runs, read_events

GOALS: Final = {
    "ingest_cpu_s_per_1000_spans": 0.5, "stored_bytes_per_run": 30_000, "latest_50_ms": 10,
    "failed_of_agent_in_a_day_ms": 15, "one_trace_ms": 20, "rare_word_ms": 100, "common_word_ms": 100,
}  # fmt: skip


class Bare:
    """The named baseline: what must be paid to parse the same requests and have them on disk."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bare.db"
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")
        self.connection.execute("CREATE TABLE runs (id TEXT PRIMARY KEY, started INTEGER, agent TEXT, spans BLOB)")
        self.connection.execute("CREATE INDEX newest ON runs (started)")

    def take(self, body: bytes) -> None:
        """Parse a request and store its runs with one commit."""
        runs: dict[str, list[dict[str, Any]]] = {}
        for span in decode_protobuf(body).spans:
            runs.setdefault(span.trace_id, []).append(span.data)
        rows = [(name, spans[0]["start"], spans[-1]["name"], _pack(spans)) for name, spans in runs.items()]
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany("INSERT INTO runs VALUES (?, ?, ?, ?)", rows)
        self.connection.execute("COMMIT")

    def latest(self) -> None:
        """The newest fifty."""
        self.connection.execute("SELECT id, started, agent FROM runs ORDER BY started DESC LIMIT 50").fetchall()

    def one(self, name: str) -> None:
        """One run with its spans."""
        (packed,) = self.connection.execute("SELECT spans FROM runs WHERE id = ?", (name,)).fetchone()
        json.loads(zlib.decompress(packed))

    def close(self) -> None:
        """Everything into the one file."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.close()


def _pack(spans: list[dict[str, Any]]) -> bytes:
    return zlib.compress(json.dumps(spans, ensure_ascii=False).encode(), 3)


class Ledger:
    """Strop's ledger, through the functions that the service calls."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "strop.db"
        self.database: Database = open_database(f"sqlite:///{self.path}")
        self.recorder = Recorder(self.database)

    def take(self, body: bytes) -> None:
        """Parse a request and record its runs: durable when this returns."""
        decoded = decode_protobuf(body)
        receive(self.recorder, decoded.spans, decoded.refused)

    def find(self, query: str) -> Callable[[], int]:
        """A page of runs by the filter language."""

        def asked() -> int:
            with self.database.reading() as session:
                return len(list_runs(session, where=conditions(query, session=session)).items)

        return asked

    def one(self, run_id: str) -> None:
        """One run's facts."""
        with self.database.reading() as session:
            assert read_events(session, run_id)

    def aggregate(self) -> None:
        """Figures by agent over everything."""
        with self.database.reading() as session:
            aggregate(session, by="agent")

    def close(self) -> None:
        """Everything into the one file."""
        with self.database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self.database.close()


def ingest(store: Bare | Ledger, bodies: Iterable[bytes]) -> tuple[float, int]:
    """(CPU seconds, requests): only the store's own time counts, not the making of the requests."""
    spent, done = 0.0, 0
    for body in bodies:
        start = time.process_time()
        store.take(body)
        spent += time.process_time() - start
        done += 1
    return spent, done


def p50(act: Callable[[], Any], times: int) -> float:
    """Milliseconds, median of so many goes after one that warms up."""
    act()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(found), 2)


def measure(folder: Path, runs: int, times: int) -> dict[str, Any]:
    """The figures of one ledger with so many runs."""
    bare, ledger = Bare(folder), Ledger(folder)
    source = requests(runs)
    cpu = {"bare": 0.0, "strop": 0.0}
    while some := list(islice(source, 50)):  # in turns, so that both meet the same machine
        cpu["bare"] += ingest(bare, some)[0]
        cpu["strop"] += ingest(ledger, some)[0]
    day = _day(runs)
    middle = trace_id(runs // 2)
    found = {
        "runs": runs,
        "ingest_cpu_s_per_1000_spans": round(cpu["strop"] / (runs * SPANS) * 1000, 3),
        "bare_cpu_s_per_1000_spans": round(cpu["bare"] / (runs * SPANS) * 1000, 3),
        "ingest_ratio": round(cpu["strop"] / cpu["bare"], 2),
        "latest_50_ms": p50(ledger.find(""), times),
        "bare_latest_50_ms": p50(bare.latest, times),
        "failed_of_agent_in_a_day_ms": p50(ledger.find(f"agent:{AGENTS[0]} status:failed {day}"), times),
        "one_trace_ms": p50(lambda: ledger.one(f"run_{middle}"), times),
        "bare_one_trace_ms": p50(lambda: bare.one(middle), times),
        "rare_word_ms": p50(ledger.find(RARE), times),
        "common_word_ms": p50(ledger.find(_common(ledger)), times),
        "tool_ms": p50(ledger.find("tool:tool_1"), times),
        "stats_by_agent_ms": p50(ledger.aggregate, min(times, 3)),
    }
    bare.close()
    ledger.close()
    found["stored_bytes_per_run"] = ledger.path.stat().st_size // runs
    found["bare_bytes_per_run"] = bare.path.stat().st_size // runs
    return found


def _common(ledger: Ledger) -> str:
    with ledger.database.reading() as session:
        return list_runs(session, limit=1).items[0].input.split()[0]


def _day(runs: int) -> str:
    middle = START // 1_000_000_000 + runs // 2 * 60
    start = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(middle - 86_400))
    return f"since:{start} until:{time.strftime('%Y-%m-%dT%H:%M', time.gmtime(middle))}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; a goal that is not met is said so and is no error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=15)
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="strop-bench-"))
    try:
        found = measure(folder, given.runs, given.times)
    finally:
        shutil.rmtree(folder)
    for name, value in found.items():
        goal = GOALS.get(name)
        told = "" if goal is None else f"  goal {goal:g}: {'met' if value <= goal else 'NOT MET'}"
        print(f"{name:32} {value:>12}{told}")
    print(json.dumps({"benchmark": "ledger", **found}))


if __name__ == "__main__":
    main()
