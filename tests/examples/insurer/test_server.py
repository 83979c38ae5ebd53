"""The insurer's MCP server as a process of its own: it answers, it sums right, and it pays nobody twice."""

from __future__ import annotations

import contextlib
import os
import runpy
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import RequestParamsMeta

from tests.examples.insurer.oracle import EXAMPLE, House, cause_of, damage_of

META = cast(RequestParamsMeta, {"strop/idempotencyKey": "run-1/6"})
DECISION = {
    "claim_id": "CL-2001",
    "decision": "approve",
    "amount": 2800.0,
    "explanation": "We pay for the damage from the burst pipe.",
    "regulatory_note": "R-12",
}


@pytest.fixture
def anyio_backend() -> str:
    """MCP runs on asyncio here."""
    return "asyncio"


@contextlib.asynccontextmanager
async def insurer(database: Path) -> AsyncIterator[Client]:
    """A running server with its database at `database`."""
    environment = {**os.environ, "INSURER_DB": str(database)}
    server = StdioServerParameters(command=sys.executable, args=["server.py"], cwd=EXAMPLE, env=environment)
    async with Client(stdio_client(server)) as client:
        yield client


async def words(client: Client, tool: str, **arguments: Any) -> str:
    """The text a tool answers; fails the test on an error result."""
    result = await client.call_tool(tool, arguments)
    text = "".join(part.text for part in result.content if part.type == "text")
    assert not result.is_error, text
    return text


def effects(database: Path) -> list[tuple[str, int, int]]:
    """(claim, received, applied) of every effect."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        return db.execute("SELECT claim, received, applied FROM effects ORDER BY rowid").fetchall()


@pytest.mark.anyio
async def test_tools_are_described_and_honest_about_writing(tmp_path: Path) -> None:
    """Every tool and argument has a description; only record_decision says that it writes."""
    async with insurer(tmp_path / "insurer.db") as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools if not (tool.annotations and tool.annotations.read_only_hint)} == {
        "record_decision"
    }
    assert len(tools) == 9
    for tool in tools:
        assert tool.description
        for name, argument in tool.input_schema["properties"].items():
            assert "description" in argument or "enum" in argument, (tool.name, name)


@pytest.mark.anyio
async def test_answers_lead_to_the_right_decision(tmp_path: Path) -> None:
    """For every claim the tools' sentences carry the facts the rules need; the sums agree with the oracle."""
    house = House.read()
    async with insurer(tmp_path / "insurer.db") as client:
        for number, claim in house.claims.items():
            rule = house.judge(number).rule
            loss = claim["loss"].isoformat()
            cover = await words(
                client, "get_policy", policy=claim["policy"], date_of_loss=loss, cause=cause_of(claim)
            )
            refused = rule in ("not in force", "waiting period", "cause not insured")
            assert cover.startswith("Cover check: NOT INSURED" if refused else "Cover check: INSURED"), number
            screening = await words(client, "fraud_signals", claim_id=number)
            assert ("AT OR ABOVE" in screening) == (sum(points for points, _ in claim["signals"]) >= 70)
            sum_ = await words(client, "compute_compensation", claim_id=number, damage=damage_of(claim))
            if rule == "insured":
                assert f"is {house.judge(number).amount:.2f} EUR" in sum_, number
            if rule == "below the deductible":
                assert "reject" in sum_, number


@pytest.mark.anyio
async def test_the_same_key_decides_once(tmp_path: Path) -> None:
    """A second identical call with the same key changes nothing, across a restart too, and gets the same answer."""
    database = tmp_path / "insurer.db"
    answers = []
    for _ in range(2):
        async with insurer(database) as client:
            for _ in range(2):
                result = await client.call_tool("record_decision", DECISION, meta=META)
                answers.append(result.content)
    assert answers[1:] == answers[:-1]
    assert effects(database) == [("CL-2001", 4, 1)]


@pytest.mark.anyio
async def test_a_key_is_not_reused_for_another_decision(tmp_path: Path) -> None:
    """The same key with another decision is refused and records nothing."""
    database = tmp_path / "insurer.db"
    other = {**DECISION, "decision": "reject", "amount": 0.0}
    async with insurer(database) as client:
        await client.call_tool("record_decision", DECISION, meta=META)
        refused = await client.call_tool("record_decision", other, meta=META)
        await words(client, "record_decision", **other)
    assert refused.is_error
    assert effects(database) == [("CL-2001", 1, 1), ("CL-2001", 1, 1)]


MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("get_claim", {"claim_id": "2001"}, "looks like CL-2001"),
    ("get_policy", {"policy": "H-1", "date_of_loss": "2025-01-01", "cause": "fire"}, "looks like H-7001"),
    ("get_policy", {"policy": "H-7001", "date_of_loss": "yesterday", "cause": "fire"}, "YYYY-MM-DD"),
    ("read_document", {"document_id": "report"}, "D-2001-1"),
    ("record_decision", {**DECISION, "amount": 0.0}, "needs an amount above 0"),
    ("record_decision", {**DECISION, "decision": "reject"}, "must be 0"),
]


@pytest.mark.anyio
async def test_mistakes_are_told_with_a_remedy(tmp_path: Path) -> None:
    """An invented number or an impossible decision is an error in words that says what is right."""
    async with insurer(tmp_path / "insurer.db") as client:
        for tool, arguments, remedy in MISTAKES:
            result = await client.call_tool(tool, arguments)
            assert result.is_error, arguments
            assert remedy in str(result.content)
    assert effects(tmp_path / "insurer.db") == []


@pytest.mark.anyio
async def test_people_and_regulations_are_found(tmp_path: Path) -> None:
    """The search tools answer by name, town and subject."""
    async with insurer(tmp_path / "insurer.db") as client:
        assert "H-7001" in await words(client, "find_policy", words="riedl lörrach")
        assert "CL-2001" in await words(client, "find_customer", name="Anton Riedl")
        assert "R-03" in await words(client, "search_regulations", question="late notice")
        assert "No customer" in await words(client, "find_customer", name="Nobody Atall")


def test_the_server_stands_alone() -> None:
    """The example's programs import nothing of Strop."""
    rooms = ("traces", "tools", "agents", "optimizer", "tui")
    for path in EXAMPLE.glob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert not line.startswith(tuple(f"{verb} {room}" for verb in ("import", "from") for room in rooms))


def test_seeding_is_deterministic(tmp_path: Path) -> None:
    """Two seeds of the same data hold the same rows."""
    seed = runpy.run_path(str(EXAMPLE / "seed.py"))
    dumps = []
    for name in ("one.db", "two.db"):
        seed["write_database"](tmp_path / name)
        with contextlib.closing(sqlite3.connect(tmp_path / name)) as db:
            dumps.append("\n".join(db.iterdump()))
    assert dumps[0] == dumps[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.db", "two.db"]
