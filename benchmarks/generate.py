"""`python -m benchmarks.generate --runs 1000000 FOLDER`: a workspace with so many runs on record, in minutes.

Makes the workspace where there is none (five agents, three versions each) and adds to one that this program made.
`STROP_DATABASE_URL` puts the runs into PostgreSQL instead. What it writes is what the recorder would have written, so
`strop verify` proves it whole; `--steps` and `--bytes` add one run that is very long and one that is very large.
"""

import argparse
import gc
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from agents.config import Workspace, load_workspace
from agents.prompts.store import add_bundle
from agents.selection import live_bundle, own_bundle
from benchmarks.population import AGENTS, INSTRUCTION, Population, large_run, long_run
from traces.bulk import Rows, rows_of, write_rows, write_streams
from traces.db import Database, open_database
from traces.recorder import Recorder
from traces.search import POSTGRESQL

PART: Final = 1_000
"""Runs a transaction, and runs whose conversations are among themselves: some ten megabytes."""

AGENT: Final = """\
name: {name}
description: One of five agents of a small company, for measuring.
model: test
instructions: |
  You are {name}. {instructions}
"""


def open_workspace(folder: Path) -> Workspace:
    """The workspace in the folder, made where there is none."""
    if not (folder / "strop.toml").exists():
        (folder / "agents").mkdir(parents=True, exist_ok=True)
        (folder / "strop.toml").write_text('[workspace]\nname = "generated"\n')
        for agent in AGENTS:
            text = AGENT.format(name=agent.name, instructions=INSTRUCTION)
            (folder / "agents" / f"{agent.name}.yaml").write_text(text)
    return load_workspace(folder)


def add_versions(database: Database, workspace: Workspace) -> dict[str, list[str]]:
    """Digests of three versions of each agent, oldest first; the definition's own is live."""
    recorder = Recorder(database)
    found: dict[str, list[str]] = {}
    with database.writing() as session:
        for agent in AGENTS:
            definition = workspace.agent(agent.name)
            own, live = own_bundle(workspace, definition), live_bundle(session, recorder, workspace, definition)
            older = [own.with_(instructions=f"{own.instructions} Draft {number}.") for number in (1, 2)]
            names = [add_bundle(session, one, author="generate", author_kind="file") for one in older]
            found[agent.name] = [*names, live.digest]
    return found


@contextmanager
def without_word_index(database: Database) -> Iterator[None]:
    """PostgreSQL sorts an index faster than it adds to one: it is made again at the end. SQLite keeps its own."""
    if database.is_sqlite:
        yield
        return
    with database.writing() as session:
        session.execute(sa.text("DROP INDEX IF EXISTS words_text"))
    try:
        yield
    finally:
        with database.writing() as session:
            session.execute(sa.text("SET LOCAL maintenance_work_mem = '512MB'"))
            session.execute(sa.text(POSTGRESQL[1]))
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))


def fill(database: Database, rows: Iterator[Rows], total: int) -> int:
    """Write them, a part a transaction, and say how far it is; gives the number of facts."""
    facts, done, start = 0, 0, time.monotonic()
    for some in rows:
        with database.writing() as session:
            facts += write_rows(session, some)
        done += len(some.runs)
        rate = done / (time.monotonic() - start)
        print(f"\r{done:,} of {total:,} runs, {facts:,} facts, {rate:,.0f} runs/s ", end="", file=sys.stderr)
    print(file=sys.stderr)
    return facts


def in_parts(people: Population, runs: int, jobs: int) -> Iterator[Rows]:
    """The rows of all runs in order, made by so many processes beside this one, which is busy with writing them."""
    parts = [(first, min(PART, runs - first)) for first in range(0, runs, PART)]
    if jobs == 0 or len(parts) == 1:
        yield from (rows_of(people.part(*part)) for part in parts)
        return
    with ProcessPoolExecutor(jobs, initializer=_begin, initargs=(people,)) as pool:
        waiting = deque(pool.submit(_part, *part) for part in parts[: jobs + 1])
        for part in [*parts[jobs + 1 :], *[None] * len(waiting)]:
            yield waiting.popleft().result()
            if part is not None:  # never more in memory than are being made
                waiting.append(pool.submit(_part, *part))


_PEOPLE: list[Population] = []


def _begin(people: Population) -> None:
    gc.freeze()
    _PEOPLE[:] = [people]


def _part(first: int, count: int) -> Rows:
    gc.disable()
    try:
        return rows_of(_PEOPLE[0].part(first, count))
    finally:
        gc.enable()


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill the workspace's ledger."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--days", type=float, default=90, help="from the oldest run to now")
    parser.add_argument("--seed", type=int, default=7, help="another one adds other runs")
    parser.add_argument("--steps", type=int, default=0, help="one more run, of so many steps")
    parser.add_argument("--bytes", type=int, default=0, help="one more run, whose tool gave so much back")
    parser.add_argument("--jobs", type=int, default=1, help="processes that make rows, beside the one that writes")
    given = parser.parse_args(arguments)
    workspace = open_workspace(given.folder)
    database = open_database(workspace.database_url)
    try:
        bundles = add_versions(database, workspace)
        now = datetime.now(UTC) - timedelta(minutes=2)  # the newest runs have ended, as far as they end
        people = Population(bundles, given.runs, end=now, days=given.days, seed=given.seed)
        with without_word_index(database):
            fill(database, in_parts(people, given.runs, given.jobs), given.runs)
            special = []
            if given.steps:
                special.append(long_run(bundles["search"][-1], now - timedelta(days=20), given.steps))
            if given.bytes:
                special.append(large_run(bundles["search"][-1], now - timedelta(hours=1), given.bytes))
            if special:
                with database.writing() as session:
                    write_streams(session, special)
        for name, facts in special:
            print(f"{name}: {len(facts):,} facts")
    finally:
        database.close()


if __name__ == "__main__":
    main()
