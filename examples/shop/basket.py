"""Buying: the basket, the order, and the list of effects that proves how often each of them happened.

Prevents a second effect: every write runs in one transaction that also notes the caller's idempotency key and
the answer; the same key again gets that answer and nothing else happens. Stock is the warehouse's count and is
not lowered here: the warehouse reports it anew when it has packed an order.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import catalogue

MOST = 20  # pieces of one product in a basket; more is a matter for the wholesale desk


class Refused(Exception):
    """The shop did nothing, for a reason the buyer can act on."""


def once(
    db: sqlite3.Connection, basket: str, key: str | None, tool: str, asked: dict[str, Any], do: Callable[[], str]
) -> str:
    """Run `do` and note its effect, or give the noted answer if `key` was seen. A refusal leaves no trace.

    Raises `Refused` from `do`, or when the key was used for another call.
    """
    arguments = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    db.execute("BEGIN IMMEDIATE")
    try:
        seen = db.execute("SELECT tool, arguments, answer FROM effects WHERE key = ?", (key,)).fetchone()
        if seen and (seen["tool"], seen["arguments"]) != (tool, arguments):
            raise Refused(f"The idempotency key {key!r} was used for another call. Nothing was done.")
        answer = str(seen["answer"]) if seen else do()
        if not seen:
            row = (key, tool, arguments, basket, answer, datetime.now(UTC).isoformat(timespec="seconds"))
            db.execute(
                "INSERT INTO effects (key, tool, arguments, basket, answer, at) VALUES (?, ?, ?, ?, ?, ?)", row
            )
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
    return answer


def add(db: sqlite3.Connection, basket: str, product_id: str, quantity: int, size: str) -> str:
    """Put a product in, or set its quantity and size if it is in. Returns the basket in words."""
    row = catalogue.find_product(db, product_id)
    if row is None:
        raise Refused(f"There is no product {product_id!r}. Nothing was added. Take an id from search_products.")
    if row["stock"] < quantity:
        left = f"only {row['stock']} are left" if row["stock"] else "it is out of stock"
        raise Refused(f"{row['id']} {row['name']} was not added: {left}. Offer another product.")
    offered = row["sizes"].split()
    chosen = _size(offered, size)
    if offered and not chosen:
        raise Refused(f"{row['id']} {row['name']} was not added: choose a size of {', '.join(offered)}.")
    line = (basket, row["id"], quantity, chosen)
    db.execute("INSERT OR REPLACE INTO basket_lines (basket, product_id, quantity, size) VALUES (?, ?, ?, ?)", line)
    return f"Added {row['id']} {row['name']}. {show(db, basket)}"


def remove(db: sqlite3.Connection, basket: str, product_id: str) -> str:
    """Take a product out. Returns the basket in words."""
    row = catalogue.find_product(db, product_id)
    wanted = (basket, row["id"] if row else product_id)
    if not db.execute("DELETE FROM basket_lines WHERE basket = ? AND product_id = ?", wanted).rowcount:
        raise Refused(f"{product_id!r} is not in the basket. {show(db, basket)}")
    return f"Removed {wanted[1]}. {show(db, basket)}"


def order(db: sqlite3.Connection, basket: str, total: float) -> str:
    """Buy the basket if `total`, in euro, is its total: who does not know the sum has not looked at it."""
    lines, cents = _lines(db, basket)
    if not lines:
        raise Refused("The basket is empty, so nothing was ordered.")
    if round(total * 100) != cents:
        raise Refused(f"Not ordered: the total is {cents / 100:.2f} EUR, not {total:.2f} EUR. {show(db, basket)}")
    bought = json.dumps([[line["id"], line["quantity"], line["size"]] for line in lines])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    number = db.execute(
        "INSERT INTO orders (basket, cents, lines, at) VALUES (?, ?, ?, ?)", (basket, cents, bought, now)
    ).lastrowid
    db.execute("DELETE FROM basket_lines WHERE basket = ?", (basket,))
    days = max(line["days"] for line in lines)
    return f"Order {number} is placed: {_listed(lines)}, {cents / 100:.2f} EUR. It arrives in {days} days."


def show(db: sqlite3.Connection, basket: str) -> str:
    """The basket in words, with its total."""
    lines, cents = _lines(db, basket)
    return f"The basket holds {_listed(lines)}. Total {cents / 100:.2f} EUR." if lines else "The basket is empty."


def _lines(db: sqlite3.Connection, basket: str) -> tuple[list[sqlite3.Row], int]:
    lines = db.execute(
        "SELECT p.id, p.name, p.cents, p.days, l.quantity, l.size FROM basket_lines l "
        "JOIN products p ON p.id = l.product_id WHERE l.basket = ? ORDER BY l.rowid",
        (basket,),
    ).fetchall()
    return lines, sum(line["cents"] * line["quantity"] for line in lines)


def _listed(lines: list[sqlite3.Row]) -> str:
    return ", ".join(
        f"{line['quantity']} x {line['id']} {line['name']}" + (f" (size {line['size']})" if line["size"] else "")
        for line in lines
    )


def _size(offered: list[str], asked: str) -> str:
    if offered == ["one-size"]:
        return offered[0]
    plain = asked.strip().upper().removeprefix("SIZE ")
    for size in offered:
        first, _, last = size.partition("-")
        within = last.isdigit() and plain.isdigit() and int(first) <= int(plain) <= int(last)
        if plain == size.upper() or within:
            return size
    return ""
