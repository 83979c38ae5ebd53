"""Reading the insurer's database: one function per question, each `(connection, key) -> value`.

A number that does not exist is told in words with the shape of a right one, because the reader is a
language model that may have invented it.
"""

from __future__ import annotations

import json
import re
import sqlite3

from terms import Contract

DOCUMENT = re.compile(r"D-\d{4}-\d+")


class NotFoundError(Exception):
    """There is no such claim, policy or document; the message says what a number looks like."""


def get_claim_row(db: sqlite3.Connection, claim_id: str) -> sqlite3.Row:
    """The claim's row; raises NotFoundError."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM claims WHERE claim = ?", (claim_id.strip().upper(),)
    ).fetchone()
    if row is None:
        raise NotFoundError(f"There is no claim {claim_id!r}. A claim number looks like CL-2001.")
    return row


def get_contract(db: sqlite3.Connection, policy: str) -> Contract:
    """The policy with its product's terms; raises NotFoundError."""
    query = "SELECT p.*, name, line, terms FROM policies p JOIN products USING (product) WHERE policy = ?"
    row = db.execute(query, (policy.strip().upper(),)).fetchone()
    if row is None:
        raise NotFoundError(f"There is no policy {policy!r}. A policy number looks like H-7001; get_claim names it.")
    terms = json.loads(row["terms"])
    deductible = row["deductible"] if row["deductible"] is not None else terms["deductible"]
    limit = row["claim_limit"] if row["claim_limit"] is not None else terms["limit"]
    return Contract(
        policy=row["policy"], product=row["name"], line=row["line"], holder=row["holder"],
        start=row["start"], end=row["end"], lapsed=row["lapsed"], deductible=deductible, limit=limit,
        sum_insured=row["sum_insured"], value=row["value"], terms=terms,
    )  # fmt: skip


def list_papers(db: sqlite3.Connection, number: str) -> list[sqlite3.Row]:
    """One document (D-2001-1) or all documents of a claim (CL-2001); raises NotFoundError."""
    wanted = number.strip().upper()
    column = "document" if DOCUMENT.fullmatch(wanted) else "claim"
    rows = db.execute(f"SELECT * FROM documents WHERE {column} = ? ORDER BY document", (wanted,)).fetchall()
    if not rows:
        raise NotFoundError(
            f"There is no document {number!r}. Give a document (D-2001-1) or a claim (CL-2001) for its whole file."
        )
    return rows


def list_signals(db: sqlite3.Connection, claim_id: str) -> list[tuple[int, str]]:
    """The fraud screening's findings on a claim: (points, words), the heaviest first."""
    claim = get_claim_row(db, claim_id)["claim"]
    query = "SELECT points, words FROM signals WHERE claim = ? ORDER BY points DESC, words"
    return [(row["points"], row["words"]) for row in db.execute(query, (claim,))]


def find_policies(db: sqlite3.Connection, words: str, limit: int = 5) -> list[sqlite3.Row]:
    """Policies whose number, holder or town contains every word; at most `limit`."""
    parts = words.split()
    clause = " AND ".join("policy || ' ' || holder || ' ' || town LIKE ?" for _ in parts) or "0"
    query = (
        "SELECT policy, holder, town, name, line, start, end, lapsed FROM policies "
        f"JOIN products USING (product) WHERE {clause} ORDER BY policy LIMIT ?"
    )
    return db.execute(query, (*(f"%{part}%" for part in parts), limit)).fetchall()


def list_claims_of(db: sqlite3.Connection, policy: str) -> list[str]:
    """The claim numbers of a policy."""
    query = "SELECT claim FROM claims WHERE policy = ? ORDER BY claim"
    return [row["claim"] for row in db.execute(query, (policy,))]


def find_regulations(db: sqlite3.Connection, words: str, limit: int = 2) -> list[sqlite3.Row]:
    """The regulations that share most words with the question, best first; none if no word is shared."""
    asked = set(re.findall(r"[a-z]{4,}", words.lower()))
    scored = []
    for row in db.execute("SELECT * FROM regulations ORDER BY id"):
        title, text = (set(re.findall(r"[a-z]{4,}", row[part].lower())) for part in ("title", "words"))
        scored.append((3 * len(asked & title) + len(asked & text), row))
    best = sorted((entry for entry in scored if entry[0]), key=lambda entry: -entry[0])
    return [row for _, row in best[:limit]]
