"""The shop as an MCP server over stdio: find a gift, put it into the basket, order it.

    SHOP_DB=shop.db python server.py

Owns the tools' names, descriptions and answers. They are written for small models: the order of the tools is
the order of work, answers are sentences, ids stand in front, and whoever a gift is for is named to the search,
which then leaves out what that person cannot have. Of a request's `_meta` it reads `strop/conversationId`
(whose basket) and `strop/idempotencyKey`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import basket as baskets
import catalogue
import seed
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

SHOP_DB = Path(os.environ.get("SHOP_DB") or seed.HERE / ".strop" / "shop.db")
READ = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
BASKET = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
# Without an idempotency key a second call may buy a second basket, so the honest hint is: not idempotent.
ORDER = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False)

# A small model repeats its last call unless the answer says what comes next.
OFFER = "(Now answer, or add_to_basket the best one if told to.)"
ANSWER = "(Now answer.)"
REPLACE = "(Now answer, or search_products for what is wanted instead.)"

shop = MCPServer("shop", version="1.0", log_level="WARNING")

Product = Annotated[
    str,
    Field(pattern="^P[0-9]{3}$", description="id of one product, copied from the customer or from search_products"),
]
Person = Annotated[str, Field(description="name or id of the person the gift is for; empty if not known")]


@shop.tool(annotations=READ, structured_output=False)
def get_profile(
    person: Annotated[str, Field(description="name or id of the person who GETS the gift")],
) -> str:
    """The person the gift is for, if the customer names them: tastes, allergies, sizes, budget, what they own."""
    with _open() as db:
        found = _person(db, person)
        others = catalogue.list_recipients(db, found["id"])
        owned = [_named(row) for row in (catalogue.find_product(db, own) for own in found["owns"].split()) if row]
    facts = [
        f"{found['name']} ({found['id']}), {found['relation']}, {found['age']} years old, in {found['country']}.",
        f"Likes: {_words(found['likes'])}.",
        f"Must not get: {_words(found['avoid'])}." if found["avoid"] else "",
        f"Budget: up to {found['budget']} EUR." if found["budget"] else "",
        f"Sizes: {found['sizes']}.",
        f"Already owns: {', '.join(owned)}." if owned else "",
        f"Buys for: {', '.join(_recipient(row) for row in others)}." if others else "",
        _advice(found, others),
    ]
    return " ".join(fact for fact in facts if fact)


@shop.tool(annotations=READ, structured_output=False)
def search_products(
    query: Annotated[str, Field(description="one word for the taste or the kind of thing")],
    person: Person = "",
    max_price: Annotated[float, Field(ge=0, description="highest price in EUR, 0 for no limit")] = 0,
    avoid: Annotated[str, Field(description="allergens or materials that must not be in it; else empty")] = "",
    category: Annotated[str, Field(description="usually empty")] = "",
) -> str:
    """Products that fit, best first, with id and price. Leaves out what the person cannot have."""
    with _open() as db:
        # "gift for Lina" without `person` means Lina all the same.
        known = catalogue.find_person(db, person) or catalogue.find_person(db, query)
        wish = _wish(query, max_price, avoid, category, known)
        # A wrong guess at the category must not hide what the words find.
        rows = catalogue.list_products(db, wish) or catalogue.list_products(db, replace(wish, category=""))
        reasons = {row["id"]: catalogue.unfit(row, known) if known else [] for row in rows}
    fit = [row for row in rows if not reasons[row["id"]]]
    whose = f" that {known['name']} can have" if known else ""
    if not fit:
        return f"Nothing found for {query!r}{whose}. Try one other word, or tell the customer there is nothing."
    more = f" (the best {catalogue.SHOWN} of {len(fit)})" if len(fit) > catalogue.SHOWN else ""
    lines = [f"Products{whose}{more}:", *map(_line, fit[: catalogue.SHOWN]), OFFER]
    return "\n".join(lines)


@shop.tool(annotations=READ, structured_output=False)
def get_product(product_id: Product) -> str:
    """Answers any question about one product id: in stock or sold out, price, sizes, materials, delivery."""
    with _open() as db:
        row = catalogue.find_product(db, product_id)
    if row is None:
        raise ToolError(f"There is no product {product_id!r}. Take an id from search_products.")
    facts = [
        f"{_named(row)}, {row['category']}, {row['cents'] / 100:.2f} EUR.",
        f"{row['stock']} in stock." if row["stock"] else "OUT OF STOCK.",
        row["about"],
        f"Contains: {_words(row['contains'])}." if row["contains"] else "Contains no declared allergens.",
        f"Made of {_words(row['materials'])}." if row["materials"] else "",
        f"Sizes: {_words(row['sizes'])}." if row["sizes"] else "",
        f"For ages {row['age_from']} to {row['age_to']}." if row["age_to"] < 99 else f"From {row['age_from']} years.",
        f"Delivery in {row['days']} days, to {_words(row['ships'])}.",
        ANSWER,
    ]
    return " ".join(fact for fact in facts if fact)


@shop.tool(annotations=READ, structured_output=False)
def get_basket(ctx: Context) -> str:
    """What is in the basket now, and its total."""
    with _open() as db:
        return baskets.show(db, _basket(ctx))


@shop.tool(annotations=BASKET, structured_output=False)
def add_to_basket(
    ctx: Context,
    product_id: Product,
    quantity: Annotated[int, Field(ge=1, le=baskets.MOST, description="how many pieces")] = 1,
    size: Annotated[str, Field(description="for clothing only; else empty")] = "",
) -> str:
    """Put one product into the basket. Only when the customer asked for it. This is not an order."""
    asked = {"product_id": product_id, "quantity": quantity, "size": size}
    return _write(ctx, "add_to_basket", asked, lambda db, mine: baskets.add(db, mine, product_id, quantity, size))


@shop.tool(annotations=BASKET, structured_output=False)
def remove_from_basket(ctx: Context, product_id: Product) -> str:
    """Take one product out of the basket, when the customer does not want it any more."""
    asked = {"product_id": product_id}
    return _write(ctx, "remove_from_basket", asked, lambda db, mine: baskets.remove(db, mine, product_id))


@shop.tool(annotations=ORDER, structured_output=False)
def place_order(
    ctx: Context, total: Annotated[float, Field(description="the total in EUR, as the basket says")]
) -> str:
    """Buy what is in the basket. Costs money: only when the customer says to order, never on your own."""
    return _write(ctx, "place_order", {"total": total}, lambda db, mine: baskets.order(db, mine, total))


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(SHOP_DB, timeout=30, isolation_level=None)
    db.row_factory = sqlite3.Row
    try:
        yield db
    finally:
        db.close()


def _write(ctx: Context, tool: str, asked: dict[str, Any], do: Any) -> str:
    mine, key = _basket(ctx), _meta(ctx, "strop/idempotencyKey")
    with _open() as db:
        try:
            done = baskets.once(db, mine, key, tool, asked, lambda: str(do(db, mine)))
            return f"{done} {REPLACE if tool == 'remove_from_basket' else ANSWER}"
        except baskets.Refused as why:
            raise ToolError(str(why)) from None


def _basket(ctx: Context) -> str:
    """Each conversation has its own basket; a client that names none shares the one on the counter."""
    return _meta(ctx, "strop/conversationId") or "counter"


def _meta(ctx: Context, key: str) -> str | None:
    value = (ctx.request_context.meta or {}).get(key)
    return str(value) if value else None


def _person(db: sqlite3.Connection, who: str) -> sqlite3.Row:
    found = catalogue.find_person(db, who)
    if found is None:
        raise ToolError(
            f"Nobody called {who!r} is known here. Ask for tastes and allergies, or search without person."
        )
    return found


def _wish(query: str, max_price: float, avoid: str, category: str, known: sqlite3.Row | None) -> catalogue.Wish:
    query, unwanted = catalogue.split_unwanted(query)
    words = catalogue.words_of(query)
    if known:
        names = catalogue.words_of(known["name"])
        # "gift for Lina" says nothing about taste: then what Lina likes is searched for.
        words = tuple(word for word in words if word not in names) or tuple(known["likes"].split())
    cents = round(max_price * 100) or (known["budget"] * 100 if known else 0)
    return catalogue.Wish(words, category.strip().lower(), cents, (*catalogue.words_of(avoid), *unwanted))


def _line(row: sqlite3.Row) -> str:
    stock = "" if row["stock"] else ", OUT OF STOCK"
    ages = f", ages {row['age_from']}-{row['age_to']}" if row["age_to"] < 99 else ""
    contains = f", contains {_words(row['contains'])}" if row["contains"] else ""
    sizes = f", sizes {_words(row['sizes'])}" if row["sizes"] else ""
    return f"{_named(row)}, {row['cents'] / 100:.2f} EUR{stock}{ages}{contains}{sizes}, {row['days']} days"


def _advice(person: sqlite3.Row, others: list[sqlite3.Row]) -> str:
    if others:
        return f'(Now get_profile of the one who gets the gift, such as person="{others[0]["id"]}".)'
    likes = person["likes"].split()[0]
    return f'(Now search_products with query="{likes}", person="{person["id"]}".)'


def _named(row: sqlite3.Row) -> str:
    return f"{row['id']} {row['name']}"


def _recipient(row: sqlite3.Row) -> str:
    return f"{row['name']} ({row['id']}, {row['relation'].split(' of ')[0]})"


def _words(text: str) -> str:
    return ", ".join(text.split())


if __name__ == "__main__":
    seed.build(SHOP_DB)
    shop.run("stdio")
