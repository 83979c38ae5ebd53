"""The shop's data: turns the two readable files in `data/` into one SQLite file, the same every time.

Owns the tables. It prevents a shop that two starting servers build at once or leave half built: tables and rows
come in one transaction that only one of them can hold.
"""

from __future__ import annotations

import csv
import sqlite3
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"

# EU parcels do not pay customs; Switzerland and Great Britain do, so some goods are not sent there.
REGIONS = {"all": "AT CH DE FR GB IT NL PL", "EU": "AT DE FR IT NL PL", "DE": "DE"}

TABLES = """
CREATE TABLE products (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, cents INTEGER NOT NULL, stock INTEGER NOT NULL,
    age_from INTEGER NOT NULL, age_to INTEGER NOT NULL, contains TEXT NOT NULL, materials TEXT NOT NULL,
    sizes TEXT NOT NULL, days INTEGER NOT NULL, ships TEXT NOT NULL, tags TEXT NOT NULL, about TEXT NOT NULL);
CREATE TABLE profiles (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, relation TEXT NOT NULL, age INTEGER NOT NULL,
    country TEXT NOT NULL, likes TEXT NOT NULL, avoid TEXT NOT NULL, sizes TEXT NOT NULL,
    budget INTEGER NOT NULL, owns TEXT NOT NULL);
CREATE TABLE basket_lines (
    basket TEXT NOT NULL, product_id TEXT NOT NULL REFERENCES products(id), quantity INTEGER NOT NULL,
    size TEXT NOT NULL, PRIMARY KEY (basket, product_id));
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, basket TEXT NOT NULL, cents INTEGER NOT NULL, lines TEXT NOT NULL, at TEXT NOT NULL);
-- One row for each effect that really happened. A repeated call with a known key adds none and gets `answer` again.
CREATE TABLE effects (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE, tool TEXT NOT NULL, arguments TEXT NOT NULL, basket TEXT NOT NULL,
    answer TEXT NOT NULL, at TEXT NOT NULL);
"""


def read_products(path: Path = DATA / "products.psv") -> list[dict[str, str]]:
    """The catalogue, one dict of strings for each product, in the file's order."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="|", quoting=csv.QUOTE_NONE))


def read_profiles(path: Path = DATA / "profiles.toml") -> list[dict[str, Any]]:
    """The people the shop knows, in the file's order."""
    with path.open("rb") as file:
        people: list[dict[str, Any]] = tomllib.load(file)["profile"]
    return people


def build(path: Path) -> None:
    """Fill the shop's database at `path` unless it is filled. Safe when several servers start at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'products'").fetchone():
            _fill(db)
        db.execute("COMMIT")
    finally:
        db.close()


def _fill(db: sqlite3.Connection) -> None:
    # One statement at a time: executescript would commit what stands open.
    for statement in TABLES.split(";\n"):
        db.execute(statement)
    db.executemany(f"INSERT INTO products VALUES ({','.join('?' * 14)})", map(_product, read_products()))
    db.executemany(f"INSERT INTO profiles VALUES ({','.join('?' * 10)})", map(_profile, read_profiles()))


def _product(row: dict[str, str]) -> tuple[object, ...]:
    first, last = row["ages"].split("-")
    return (
        row["id"],
        row["name"],
        row["category"],
        round(float(row["price"]) * 100),
        int(row["stock"]),
        int(first),
        int(last),
        row["contains"],
        row["materials"],
        row["sizes"],
        int(row["days"]),
        REGIONS[row["ships"]],
        row["tags"],
        row["about"],
    )


def _profile(person: dict[str, Any]) -> tuple[object, ...]:
    return (
        person["id"],
        person["name"],
        person.get("relation", "customer"),
        person["age"],
        person["country"],
        " ".join(person["likes"]),
        " ".join(person["avoid"]),
        ", ".join(f"{kind} {size}" for kind, size in person["sizes"].items()),
        person["budget"],
        " ".join(person["owns"]),
    )
