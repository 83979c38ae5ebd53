"""Builds the insurer's database from the readable files in data/.

The database is a product of those files: same files, same rows. It is written beside its final place and
linked there when it is whole, so that a server killed while it seeds never leaves half a database behind.
"""

from __future__ import annotations

import datetime
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"

SCHEMA = """
CREATE TABLE products (
    product TEXT PRIMARY KEY, name TEXT NOT NULL, line TEXT NOT NULL, terms TEXT NOT NULL  -- JSON, see products.yaml
);
CREATE TABLE policies (
    policy TEXT PRIMARY KEY, holder TEXT NOT NULL, town TEXT NOT NULL,
    product TEXT NOT NULL REFERENCES products, start TEXT NOT NULL, end TEXT NOT NULL, lapsed TEXT,
    deductible REAL, claim_limit REAL, sum_insured REAL, value REAL
);
CREATE TABLE claims (
    claim TEXT PRIMARY KEY, policy TEXT NOT NULL REFERENCES policies, cause TEXT NOT NULL, item TEXT NOT NULL,
    age INTEGER NOT NULL, loss TEXT NOT NULL, reported TEXT NOT NULL, claimed REAL NOT NULL, statement TEXT NOT NULL
);
CREATE TABLE documents (
    document TEXT PRIMARY KEY, claim TEXT NOT NULL REFERENCES claims, kind TEXT NOT NULL, author TEXT NOT NULL,
    dated TEXT NOT NULL, text TEXT NOT NULL,
    says TEXT NOT NULL                        -- JSON: the date, cause, amount or item that the paper states
);
CREATE TABLE signals (claim TEXT NOT NULL REFERENCES claims, points INTEGER NOT NULL, words TEXT NOT NULL);
CREATE TABLE regulations (id TEXT PRIMARY KEY, title TEXT NOT NULL, words TEXT NOT NULL);
CREATE TABLE decisions (
    claim TEXT PRIMARY KEY REFERENCES claims, decision TEXT NOT NULL, amount REAL NOT NULL,
    explanation TEXT NOT NULL, regulatory_note TEXT NOT NULL, revision INTEGER NOT NULL
);
-- One row per effect that was asked for: received counts the calls, applied what they changed (never more than 1).
CREATE TABLE effects (
    idempotency_key TEXT PRIMARY KEY, claim TEXT NOT NULL REFERENCES claims, request TEXT NOT NULL,
    answer TEXT NOT NULL, received INTEGER NOT NULL, applied INTEGER NOT NULL
);
"""


def write_database(path: Path) -> None:
    """Writes the seeded database to `path`, in one move; an existing file is left alone."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        connection = sqlite3.connect(part)
        with connection:
            connection.executescript(SCHEMA)
            fill(connection)
        connection.close()
        os.link(part, path)
    except FileExistsError:
        pass  # another server of the same workspace was first; its file is the same
    finally:
        part.unlink(missing_ok=True)


def fill(connection: sqlite3.Connection) -> None:
    """Inserts everything that data/ holds; the caller owns the transaction."""
    for key, product in _load("products.yaml").items():
        terms = {name: value for name, value in product.items() if name not in ("name", "line")}
        row = (key, product["name"], product["line"], json.dumps(terms, sort_keys=True))
        connection.execute("INSERT INTO products VALUES (?, ?, ?, ?)", row)
    for policy in _load("policies.yaml"):
        connection.execute("INSERT INTO policies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _policy_row(policy))
    for regulation in _load("regulations.yaml"):
        words = (regulation["id"], regulation["title"], regulation["words"])
        connection.execute("INSERT INTO regulations VALUES (?, ?, ?)", words)
    for claim in _claims():
        _fill_claim(connection, claim)


def _fill_claim(connection: sqlite3.Connection, claim: dict[str, Any]) -> None:
    number = claim["id"]
    facts = (claim["cause"], claim["item"], claim.get("age", 0), _day(claim["loss"]), _day(claim["reported"]))
    row = (number, claim["policy"], *facts, claim["claimed"], claim["statement"])
    connection.execute("INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    for points, words in claim["signals"]:
        connection.execute("INSERT INTO signals VALUES (?, ?, ?)", (number, points, words))
    for index, paper in enumerate(claim["documents"], start=1):
        says = {name: _day(value) for name, value in paper["says"].items()}
        paper_id = f"D-{number.removeprefix('CL-')}-{index}"
        head = (paper_id, number, paper["kind"], paper["by"], _day(paper["dated"]))
        connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)", (*head, paper["text"], json.dumps(says))
        )


def _policy_row(policy: dict[str, Any]) -> tuple[Any, ...]:
    fixed = [policy[name] for name in ("policy", "holder", "town", "product")]
    days = [_day(policy.get(name)) for name in ("start", "end", "lapsed")]
    own = [policy.get(name) for name in ("deductible", "limit", "sum_insured", "value")]
    return (*fixed, *days, *own)


def _claims() -> Iterator[dict[str, Any]]:
    for path in sorted((DATA / "claims").glob("*.yaml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8"))


def _load(name: str) -> Any:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def _day(value: Any) -> Any:
    """YAML reads 2025-02-03 as a date; SQLite keeps it as ISO text."""
    return value.isoformat() if isinstance(value, datetime.date) else value
