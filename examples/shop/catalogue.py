"""Finding: which products and which person a few words mean. Reads only.

Prevents two ways of missing a product: that customers say "detective story" where the catalogue says "crime",
and that something a person is allergic to, owns or cannot be sent is offered because it matched so well.
"""

from __future__ import annotations

import re
import sqlite3
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import cast

SHOWN = 5  # lines in one answer; a 1.5B model reads about 40 tokens in a second
_WORDS = tomllib.loads((Path(__file__).resolve().parent / "data" / "words.toml").read_text(encoding="utf-8"))
IDLE = frozenset(_WORDS["idle"])
MEANS = {said: word for word, sayings in _WORDS["means"].items() for said in sayings}


@dataclass(frozen=True)
class Wish:
    """What is asked of a product. Empty words and zero mean: does not matter."""

    words: tuple[str, ...]
    category: str = ""
    max_cents: int = 0
    avoid: tuple[str, ...] = ()


def words_of(text: str) -> tuple[str, ...]:
    """The telling words of `text`: lower case, without accents, in the catalogue's terms, idle words left out."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = (MEANS.get(word, word) for word in re.findall(r"[a-z]+|[rcp]\d{2,3}|\d+", plain))
    return tuple(dict.fromkeys(word for word in found if word not in IDLE and not word.isdigit()))


def split_unwanted(text: str) -> tuple[str, tuple[str, ...]]:
    """What is asked for, and what it must not contain: "candles without any perfume" is a wish and a ban."""
    ban = re.compile(r"\b(?:without|no|free of)\s+(?:any\s+)?(\w+)|\b(\w+)[ -]free\b", re.IGNORECASE)
    unwanted = [word for found in ban.findall(text) for word in found if word]
    return ban.sub(" ", text), words_of(" ".join(unwanted))


def find_person(db: sqlite3.Connection, who: str) -> sqlite3.Row | None:
    """The person with this id or name (first name is enough), else None."""
    asked = set(re.findall(r"\w+", who.casefold()))
    people = db.execute("SELECT * FROM profiles ORDER BY id").fetchall()
    for person in people:
        if person["id"].casefold() in asked:
            return cast("sqlite3.Row", person)
    return max((p for p in people if _named(p, asked)), key=lambda p: _named(p, asked), default=None)


def list_recipients(db: sqlite3.Connection, customer_id: str) -> list[sqlite3.Row]:
    """Those a customer buys presents for."""
    return db.execute("SELECT * FROM profiles WHERE relation LIKE ? ORDER BY id", (f"%({customer_id})",)).fetchall()


def find_product(db: sqlite3.Connection, product_id: str) -> sqlite3.Row | None:
    """The product with this id, or with exactly this name; else None."""
    asked = "SELECT * FROM products WHERE id = upper(trim(?1)) OR lower(name) = lower(trim(?1))"
    row: sqlite3.Row | None = db.execute(asked, (product_id,)).fetchone()
    return row


def list_products(db: sqlite3.Connection, wish: Wish) -> list[sqlite3.Row]:
    """Products that fit the wish, the best match first; of equal ones, those in stock first."""
    rows = db.execute("SELECT * FROM products ORDER BY id").fetchall()
    scored = [(score(row, wish.words), row) for row in rows if not objections(row, wish)]
    scored = [(points, row) for points, row in scored if points or not wish.words]
    return [row for _, row in sorted(scored, key=lambda s: (-s[0], s[1]["stock"] == 0, s[1]["id"]))]


def score(row: sqlite3.Row, words: tuple[str, ...]) -> int:
    """How well a product matches: a tag counts 3, name and category 2, the description 1, for each word once."""
    fields = ((row["tags"], 3), (row["name"], 2), (row["category"], 2), (row["about"] + row["materials"], 1))
    known = [(set(words_of(text)), weight) for text, weight in fields]
    return sum(max((weight for field, weight in known if _in(word, field)), default=0) for word in words)


def objections(row: sqlite3.Row, wish: Wish) -> list[str]:
    """Why this product may not be offered, in words; empty if it may."""
    found = []
    if wish.max_cents and row["cents"] > wish.max_cents:
        found.append("too expensive")
    has = {*row["contains"].split(), *row["materials"].split()}
    found += [f"contains {thing}" for thing in wish.avoid if thing in has]
    if wish.category and wish.category != row["category"]:
        found.append("other category")
    return found


def unfit(row: sqlite3.Row, person: sqlite3.Row) -> list[str]:
    """Why this person cannot be given this product, in words; empty if nothing speaks against it."""
    has = {*row["contains"].split(), *row["materials"].split()}
    found = [f"contains {thing}" for thing in person["avoid"].split() if thing in has]
    if row["id"] in person["owns"].split():
        found.append("already owned")
    if not row["age_from"] <= person["age"] <= row["age_to"]:
        found.append(f"for ages {row['age_from']}-{row['age_to']}")
    if person["country"] not in row["ships"].split():
        found.append(f"not sent to {person['country']}")
    if row["sizes"] and not size_for(row, person):
        found.append("not in the right size")
    return found


def size_for(row: sqlite3.Row, person: sqlite3.Row) -> str:
    """The size of this product that the person wears, or an empty string."""
    worn = set(re.findall(r"(?:clothing|shoes) (\w+)", person["sizes"]))
    for size in row["sizes"].split():
        first, _, last = size.partition("-")
        span = {str(n) for n in range(int(first), int(last) + 1)} if last.isdigit() else {first}
        if size == "one-size" or worn & span:
            return str(size)
    return ""


def _in(word: str, field: set[str]) -> bool:
    if word in field:
        return True
    # "knitted" finds "knitting", "ceramic" finds "ceramics"; short words must match whole ("tea" is not "teapot").
    return len(word) > 4 and any(len(other) > 4 and other[:5] == word[:5] for other in field)


def _named(person: sqlite3.Row, asked: set[str]) -> int:
    first, *rest = re.findall(r"\w+", person["name"].casefold())
    plain = unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode()
    # A family name alone means nobody: several people share it.
    return 1 + sum(part in asked for part in rest) if first in asked or plain in asked else 0
