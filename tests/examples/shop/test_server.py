"""The shop's server keeps its promises over MCP, as a process of its own over its own database."""

import asyncio
import re
import sqlite3
from pathlib import Path
from typing import Any

from tests.examples.shop.workspace import SHOP, ask, attempt, serving


def test_tools_say_what_they_do_to_the_world(tmp_path: Path) -> None:
    """Every tool is described and marked, listed in the order of work; only buying is not repeatable."""

    async def scene() -> None:
        async with serving(tmp_path / "shop.db") as client:
            tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools][:2] == ["get_profile", "search_products"]
        marks = {tool.name: tool.annotations for tool in tools}
        assert all(tool.description and mark for tool, mark in zip(tools, marks.values(), strict=True))
        assert {name for name, mark in marks.items() if mark and mark.read_only_hint} == {
            "get_profile",
            "search_products",
            "get_product",
            "get_basket",
        }
        assert {name for name, mark in marks.items() if mark and not mark.idempotent_hint} == {"place_order"}
        for tool in tools:
            assert all("description" in field for field in tool.input_schema["properties"].values())

    asyncio.run(scene())


def test_search_for_a_person_leaves_out_what_they_cannot_have(tmp_path: Path) -> None:
    """A seven-year-old is offered neither what she owns, nor what is too dear, nor what is for older children."""

    async def scene() -> None:
        async with serving(tmp_path / "shop.db") as client:
            profile = await ask(client, "get_profile", person="my niece Lina")
            found = await ask(client, "search_products", query="gift for Lina", person="R01")
        assert "R01" in profile
        assert "nuts" in profile
        assert re.findall(r"P\d+", found) == ["P116", "P115"]

    asyncio.run(scene())


def test_an_order_with_the_same_key_happens_once(tmp_path: Path) -> None:
    """The second call with a key gets the first one's answer, also from another process, and has no effect."""

    async def scene() -> list[str]:
        said = []
        for _ in range(2):
            async with serving(tmp_path / "shop.db") as client:
                await ask(client, "add_to_basket", _meta("add"), product_id="P106")
                said.append(await ask(client, "place_order", _meta("buy"), total=22.0))
                assert (await ask(client, "get_basket", _meta("look"))) == "The basket is empty."
        return said

    first, second = asyncio.run(scene())
    assert first == second
    with sqlite3.connect(tmp_path / "shop.db") as db:
        assert db.execute("SELECT key, tool FROM effects").fetchall() == [
            ("add", "add_to_basket"),
            ("buy", "place_order"),
        ]
        assert db.execute("SELECT count(*) FROM orders").fetchone() == (1,)


def test_one_key_for_two_different_calls_is_refused(tmp_path: Path) -> None:
    """A key names one call: using it for another does nothing and says so."""

    async def scene() -> None:
        async with serving(tmp_path / "shop.db") as client:
            await ask(client, "add_to_basket", _meta("k"), product_id="P106")
            text, refused = await attempt(client, "add_to_basket", _meta("k"), product_id="P107")
            assert refused
            assert "Nothing was done" in text
            assert "P107" not in await ask(client, "get_basket", _meta("look"))

    asyncio.run(scene())


def test_an_order_wants_the_total_of_this_basket(tmp_path: Path) -> None:
    """Neither an empty basket nor a wrong total buys anything, and the refusal names the right total."""

    async def scene() -> None:
        async with serving(tmp_path / "shop.db") as client:
            assert (await attempt(client, "place_order", _meta("a"), total=0))[1]
            await ask(client, "add_to_basket", _meta("b"), product_id="P190", quantity=2)
            text, refused = await attempt(client, "place_order", _meta("c"), total=32)
            assert refused
            assert "64.00 EUR" in text
            await ask(client, "place_order", _meta("c"), total=64)

    asyncio.run(scene())


def test_what_cannot_be_delivered_does_not_get_into_the_basket(tmp_path: Path) -> None:
    """Sold out, too many, no such size, no such product: refused in words, and no effect is noted."""
    wrong: list[dict[str, Any]] = [
        {"product_id": "P118"},
        {"product_id": "P268", "quantity": 6},
        {"product_id": "P231", "size": "L"},
        {"product_id": "P999"},
    ]

    async def scene() -> None:
        async with serving(tmp_path / "shop.db") as client:
            for arguments in wrong:
                assert (await attempt(client, "add_to_basket", _meta("x"), **arguments))[1], arguments
            assert await ask(client, "get_basket", _meta("y")) == "The basket is empty."
            assert "42-44" in await ask(client, "add_to_basket", _meta("z"), product_id="P228", size="43")

    asyncio.run(scene())
    with sqlite3.connect(tmp_path / "shop.db") as db:
        assert db.execute("SELECT count(*) FROM effects").fetchone() == (1,)


def test_each_conversation_has_its_own_basket(tmp_path: Path) -> None:
    """What one conversation puts in, another does not see."""

    async def scene() -> None:
        async with serving(tmp_path / "shop.db") as client:
            await ask(client, "add_to_basket", {"strop/conversationId": "one"}, product_id="P106")
            assert await ask(client, "get_basket", {"strop/conversationId": "two"}) == "The basket is empty."

    asyncio.run(scene())


def test_two_servers_starting_at_once_build_one_shop(tmp_path: Path) -> None:
    """Both answer, and the catalogue is there once."""

    async def scene() -> tuple[str, str]:
        async def one() -> str:
            async with serving(tmp_path / "shop.db") as client:
                return await ask(client, "get_product", product_id="P101")

        return await asyncio.gather(one(), one())

    first, second = asyncio.run(scene())
    assert first == second
    rows = len((SHOP / "data" / "products.psv").read_text(encoding="utf-8").splitlines()) - 1
    with sqlite3.connect(tmp_path / "shop.db") as db:
        assert db.execute("SELECT count(*) FROM products").fetchone() == (rows,)


def test_the_server_imports_nothing_of_strop() -> None:
    """The example stands for a customer's own program: it must run where Strop is not installed."""
    ours = re.compile(r"^\s*(?:from|import)\s+(?:traces|tools|agents|optimizer|tui)\b", re.MULTILINE)
    for module in ("server", "basket", "catalogue", "seed"):
        assert not ours.search((SHOP / f"{module}.py").read_text(encoding="utf-8"))


def _meta(key: str) -> dict[str, str]:
    return {"strop/conversationId": "c1", "strop/idempotencyKey": key}
