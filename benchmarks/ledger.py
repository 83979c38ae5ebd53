"""`make bench-ledger RUNS=10000`: what the ledger costs to write, what it stores, and how long it takes to ask it.

Everything is measured beside a bare store of the same bytes in the same process: one table of SQLite, a row a run
with the spans' JSON compressed, synchronous=FULL, one commit a request. Ratios are to that. Ingest is in CPU seconds,
medians of five rounds that share the runs between them, by the functions the service calls, and of a whole service
that spans are sent to over HTTP; queries are in wall milliseconds (p50), over all the runs.
The last line is one JSON object: each figure with its goal and whether it is met, both null where there is no goal.
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
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

from agents.service.facts import event_page
from agents.service.views import run_detail
from benchmarks import sent
from benchmarks.population import long_run, made_up_bundles
from benchmarks.reading import measure_folder, p50
from benchmarks.workload import AGENTS, RARE, RUNS_A_REQUEST, SPANS, START, requests, trace_id
from traces.bulk import write_streams
from traces.db import Database, open_database
from traces.filters import conditions
from traces.otlp.receive import receive
from traces.otlp.wire import decode_protobuf
from traces.recorder import Recorder
from traces.stats import aggregate
from traces.store import list_runs, read_events

GOALS: Final = {
    "ingest_cpu_s_per_1000_spans": 0.5, "sent_cpu_s_per_1000_spans_64_a_request": 0.5,
    "stored_bytes_per_run": 30_000, "latest_50_ms": 10,
    "failed_of_agent_in_a_day_ms": 15, "one_trace_ms": 20, "rare_word_ms": 100, "common_word_ms": 100,
    "long_trace_opens_ms": 1_000, "whole_tables_read": [],
}  # fmt: skip
"""At most so much."""

ROUNDS: Final = 5
LONG: Final = 10_000
"""Steps of the long run: twice as many facts and more."""

SENT: Final = 1_000
"""The most runs that are sent to a service as well."""

PAGE: Final = 1_000
"""Facts that the service answers with when a run is opened; the rest is asked for page by page."""


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

    def add_long_run(self, steps: int) -> str:
        """Put one more run on record, of so many steps; gives its id."""
        bundle = made_up_bundles()["search"][0]
        stream = long_run(bundle, datetime.fromtimestamp(START / 1e9, UTC), steps)
        with self.database.writing() as session:
            write_streams(session, [stream])
        return stream[0]

    def opens(self, run_id: str) -> None:
        """What opening a run asks for: the run with its answer, and the first page of its facts."""
        with self.database.reading() as session:
            run_detail(session, run_id)
            assert event_page(session, run_id, limit=PAGE).items

    def pages(self, run_id: str) -> int:
        """All facts of a run, page by page, as a client asks for them; gives how many."""
        seen = 0
        with self.database.reading() as session:
            while items := event_page(session, run_id, after=seen, limit=PAGE).items:
                seen = items[-1].seq or 0
        return seen

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


def ingest(store: Bare | Ledger, bodies: Iterable[bytes]) -> float:
    """CPU seconds: only the store's own time counts, not the making of the requests."""
    spent = 0.0
    for body in bodies:
        start = time.process_time()
        store.take(body)
        spent += time.process_time() - start
    return spent


def fill(bare: Bare, ledger: Ledger, runs: int) -> dict[str, float]:
    """Record so many runs in both stores, in rounds; CPU seconds per 1,000 spans and their ratio, medians."""
    source = requests(runs)
    rounds: list[tuple[float, float]] = []
    needed = -(-runs // RUNS_A_REQUEST)
    ends = [min(runs, needed * number // ROUNDS * RUNS_A_REQUEST) for number in range(ROUNDS + 1)]
    for first, end in pairwise(ends):
        mine, spent = islice(source, -(-(end - first) // RUNS_A_REQUEST)), [0.0, 0.0]
        while some := list(islice(mine, 50)):  # in turns, so that both meet the same machine
            spent[0] += ingest(bare, some)
            spent[1] += ingest(ledger, some)
        if end > first:
            thousands = (end - first) * SPANS / 1000
            rounds.append((spent[0] / thousands, spent[1] / thousands))
    return {
        "ingest_cpu_s_per_1000_spans": round(statistics.median(strop for _, strop in rounds), 3),
        "bare_cpu_s_per_1000_spans": round(statistics.median(plain for plain, _ in rounds), 3),
        "ingest_ratio": round(statistics.median(strop / plain for plain, strop in rounds), 2),
    }


def measure(folder: Path, runs: int, times: int) -> dict[str, Any]:
    """The figures of one ledger with so many runs."""
    bare, ledger = Bare(folder), Ledger(folder)
    found: dict[str, Any] = fill(bare, ledger, runs)
    day = _day(runs)
    middle = trace_id(runs // 2)
    found |= {
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
    found |= sent.measure(folder, min(runs, SENT))
    ledger = Ledger(folder)
    long = ledger.add_long_run(LONG)  # after the file's size is taken
    found["long_trace_opens_ms"] = p50(lambda: ledger.opens(long), times)
    found["long_trace_all_facts"] = ledger.pages(long)
    found["long_trace_all_ms"] = p50(lambda: ledger.pages(long), min(times, 3))
    ledger.close()
    return found


def told(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each figure with its goal and whether it is met; None where there is no goal."""
    return {
        name: {"value": value, "goal": GOALS.get(name), "met": value <= GOALS[name] if name in GOALS else None}
        for name, value in found.items()
    }


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
    parser.add_argument(
        "folder", nargs="?", type=Path, help="a workspace of `make generate`: only reading is measured"
    )
    given = parser.parse_args(arguments)
    if given.folder is not None:
        _print(measure_folder(given.folder, given.times), "ledger-reading")
        return
    folder = Path(tempfile.mkdtemp(prefix="strop-bench-"))
    try:
        found = measure(folder, given.runs, given.times)
    finally:
        shutil.rmtree(folder)
    _print({"runs": given.runs, **found}, "ledger")


def _print(found: dict[str, Any], benchmark: str) -> None:
    runs = found.pop("runs")
    figures = told(found)
    for name, one in figures.items():
        said = "" if one["goal"] is None else f"  goal {one['goal']}: {'met' if one['met'] else 'NOT MET'}"
        print(f"{name:40} {one['value']!s:>12}{said}")
    print(json.dumps({"benchmark": benchmark, "runs": runs, "figures": figures}))


if __name__ == "__main__":
    main()
