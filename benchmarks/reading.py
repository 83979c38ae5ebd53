"""How long a ledger that is there takes to answer: `make bench-ledger FOLDER=generated`, after `make generate`.

Wall and CPU milliseconds (p50) of the functions that the service calls, beside the same rows asked of the same file
by SQLite's driver alone. Nothing is written but what opening brings up to date. Plans are looked at too: a question
that reads a whole table of runs or facts is named.
"""

import json
import sqlite3
import statistics
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.config import load_workspace
from agents.retention import Rules, find_due
from agents.service.facts import event_page
from agents.service.views import run_detail
from benchmarks.population import AGENTS
from benchmarks.workload import RARE
from traces.bodies import BLOB_KEY
from traces.db import Database, open_database
from traces.filters import conditions
from traces.pieces import read_piece
from traces.store import list_runs, read_events, read_stream
from traces.tables import RUNS

PAGE: Final = 1_000

SCANS: Final = ("SCAN runs", "SCAN events", "SCAN blobs")
"""What stands in a plan of SQLite that reads a whole table. With an index behind it, it follows the list's order."""


def measure_folder(folder: Path, times: int) -> dict[str, Any]:
    """The figures of one generated workspace on SQLite."""
    workspace = load_workspace(folder)
    database = open_database(workspace.database_url)
    plain = sqlite3.connect(f"file:{database.engine.url.database}?mode=ro", uri=True)
    try:
        return _Reading(database, plain, times).figures()
    finally:
        plain.close()
        database.close()


class _Reading:
    def __init__(self, database: Database, plain: sqlite3.Connection, times: int) -> None:
        self._database, self._plain, self._times = database, plain, times
        self._scans: list[str] = []

    def figures(self) -> dict[str, Any]:
        with self._database.reading() as session:
            total, newest = session.execute(sa.select(sa.func.count(), sa.func.max(RUNS.c.started_at))).one()
            before = sa.and_(RUNS.c.started_at < newest - timedelta(days=30), RUNS.c.status == "finished")
            ordered = sa.select(RUNS.c.id).where(before).order_by(RUNS.c.started_at.desc())
            middle = session.execute(ordered.limit(1)).scalar_one()
            most = (
                sa.select(RUNS.c.id, RUNS.c.steps).where(RUNS.c.ended_at.is_not(None)).order_by(RUNS.c.steps.desc())
            )
            longest, steps = session.execute(most.limit(1)).one()
            common = list_runs(session, limit=1).items[0].input.split()[0]
        day = f"since:{newest - timedelta(days=8):%Y-%m-%dT%H:%M} until:{newest - timedelta(days=7):%Y-%m-%dT%H:%M}"
        since = newest - timedelta(days=60)
        asked = {
            "latest_50": "",
            "failed_of_agent_in_a_day": f"agent:{AGENTS[0].name} status:failed {day}",
            "rare_word": RARE,
            "common_word": common,
            "example": f"agent:claims status:failed tool:refund score<0.6 cost>0.001 since:{since:%Y-%m-%d}",
        }
        found: dict[str, Any] = {"runs": int(total)}
        for name, query in asked.items():
            found |= self._timed(name, lambda session, query=query: self._page(session, query))
            self._scans += [f"{name}: {scan}" for scan in self._plan(query)]
        found |= self._timed("one_trace", lambda session: read_events(session, middle))
        found |= self._timed("one_run_opened", lambda session: _opened(session, middle))
        found |= self._timed("long_trace_opens", lambda session: _opened(session, longest))
        found["long_trace_steps"] = int(steps)
        piece = _piece(self._database)
        found |= self._timed("large_body_piece", piece) if piece else {"large_body_piece_ms": None}
        oldest = Rules(days=(datetime.now(UTC) - newest).total_seconds() / 86_400 + 89)
        found |= self._timed("retention_looks", lambda session: find_due(session, oldest, datetime.now(UTC)))
        found |= {
            "driver_latest_50_ms": p50(lambda: self._plain.execute(_LATEST).fetchall(), self._times),
            "driver_one_trace_ms": p50(lambda: _bare_trace(self._plain, middle), self._times),
        }
        return {**found, "whole_tables_read": self._scans}

    def _page(self, session: Session, query: str) -> int:
        return len(list_runs(session, where=conditions(query, session=session)).items)

    def _timed(self, name: str, act: Callable[[Session], Any]) -> dict[str, float]:
        def once() -> None:
            with self._database.reading() as session:
                act(session)

        once()
        wall, cpu = [], []
        for _ in range(self._times):
            start, used = time.perf_counter(), time.process_time()
            once()
            wall.append((time.perf_counter() - start) * 1000)
            cpu.append((time.process_time() - used) * 1000)
        return {f"{name}_ms": round(statistics.median(wall), 2), f"{name}_cpu_ms": round(statistics.median(cpu), 2)}

    def _plan(self, query: str) -> list[str]:
        """The tables that the list's query would read whole."""
        with self._database.reading() as session:
            asked = sa.select(RUNS).where(*conditions(query, session=session))
            asked = asked.order_by(RUNS.c.started_at.desc(), RUNS.c.id.desc()).limit(50)
            text = str(asked.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
            plan = [
                str(row[-1]) for row in session.execute(sa.text("EXPLAIN QUERY PLAN " + text.replace(":", r"\\:")))
            ]
        return [line for line in plan if line.startswith(SCANS) and "INDEX" not in line]


def p50(act: Callable[[], Any], times: int) -> float:
    """Milliseconds, median of so many goes after one that warms up."""
    act()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(found), 2)


def _opened(session: Session, run_id: str) -> None:
    """What opening a run asks for: the run with its answer, and the first page of its facts."""
    run_detail(session, run_id)
    assert event_page(session, run_id, limit=PAGE).items


def _piece(database: Database) -> Callable[[Session], Any] | None:
    """A piece in the middle of the body of the run that `--bytes` made; None in a folder that has no such run."""
    with database.reading() as session:
        large = list_runs(session, where=conditions("conversation:conv_large"), limit=1).items
        if not large:
            return None
        (returned,) = read_stream(session, large[0].id, kinds=["tool_returned"], large=PAGE)
    body: Any = getattr(returned.event, "result")  # noqa: B009  # left as its reference
    return lambda session: read_piece(session, body[BLOB_KEY], offset=body["bytes"] // 2, limit=64 * 1024)


_LATEST: Final = (
    "SELECT * FROM runs WHERE origin NOT IN ('evaluation', 'shadow') ORDER BY started_at DESC, id DESC LIMIT 50"
)
_FACTS: Final = "SELECT payload FROM events WHERE stream = ? ORDER BY seq"


def _bare_trace(plain: sqlite3.Connection, run_id: str) -> list[Any]:
    """The same facts by the driver alone: payloads and bodies, read as JSON."""
    facts = [
        json.loads(row[0])
        for row in plain.execute("SELECT payload FROM events WHERE stream = ? ORDER BY seq", (run_id,))
    ]
    digests = [
        value["$blob"] for fact in facts for value in fact.values() if isinstance(value, dict) and "$blob" in value
    ]
    for digest in digests:
        (data,) = plain.execute("SELECT data FROM blobs WHERE digest = ?", (digest,)).fetchone()
        json.loads(zlib.decompress(data))
    return facts
