"""The two example companies as applications: whole conversations over HTTP, with a model that says what it is told.

Only the model is scripted. Service, agents' files, tool servers and their databases are those that are shipped.
"""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.service.app import create_app
from tests.builders import open_workspace, scripted_runtime
from tests.examples.shop.workspace import SHOP
from tests.fakes import Call, ScriptedModel
from traces.db import open_database

pytestmark = pytest.mark.anyio

Ask = Callable[..., Any]


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio."""
    return "asyncio"


@asynccontextmanager
async def company(
    source: Path, root: Path, plan: Callable[[str, int], Call | str]
) -> AsyncIterator[httpx.AsyncClient]:
    """A service over a copy of the company's workspace."""
    shutil.copytree(source, root, ignore=shutil.ignore_patterns(".strop", "__pycache__"))
    workspace = open_workspace(root, PATH="/usr/bin:/bin")
    database = open_database(workspace.database_url)
    app = create_app(workspace, scripted_runtime(workspace, database, ScriptedModel(plan)))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://strop", timeout=120) as http:
            yield http
    database.close()


async def ask(http: httpx.AsyncClient, agent: str, text: str, conversation: str) -> Any:
    """One turn, to its end."""
    body = {"agent": agent, "input": text, "conversation_id": conversation, "wait": True}
    response = await http.post("/v1/runs", json=body)
    assert response.status_code == 200, response.text
    assert response.json()["run"]["status"] == "finished", response.text
    return response.json()


def results(events: list[Any]) -> list[str]:
    """What the tools of a run gave, in order."""
    return [str(one["data"]["result"].get("result")) for one in events if one["kind"] == "tool_returned"]


async def test_a_customer_finds_changes_and_buys_a_gift(tmp_path: Path) -> None:
    """Five turns of one conversation; the basket is the conversation's, the order is placed once."""
    steps: dict[str, list[Call | str]] = {
        "something about the sea": [Call("search_products", {"query": "sea", "max_price": 20}), "P101 for 14.90 EUR"],
        "I take it": [Call("add_to_basket", {"product_id": "P101"}), "P101 is in your basket"],
        "and the poems": [Call("add_to_basket", {"product_id": "P104"}), "P104 too"],
        "no, not the novel": [Call("remove_from_basket", {"product_id": "P101"}), "taken out"],
        "buy it": [Call("place_order", {"total": 16.0}), "ordered"],
    }
    async with company(SHOP, tmp_path / "shop", lambda prompt, reply: steps[prompt][reply]) as http:
        runs = [await ask(http, "gifts", text, "conv_gift") for text in steps]
        conversation = (await http.get("/v1/conversations/conv_gift")).json()
        told = [results((await http.get(f"/v1/runs/{run['run']['id']}/events")).json()["items"]) for run in runs]
    assert [run["answer"] for run in runs] == [step[1] for step in steps.values()]
    assert conversation["conversation"]["turns"] == 5
    assert "P101" in told[0][0]
    with sqlite3.connect(tmp_path / "shop" / ".strop" / "shop.db") as db:
        tools = [row[0] for row in db.execute("SELECT tool FROM effects WHERE basket = 'conv_gift' ORDER BY id")]
    assert tools == ["add_to_basket", "add_to_basket", "remove_from_basket", "place_order"]


DECIDED = {
    "decision": "approve", "compensation": 2800.0, "explanation": "We pay 2800 EUR for the water damage.",
    "regulatory_note": "burst pipe is insured",
}  # fmt: skip
CLAIM = {"claim_id": "CL-2001"}


async def test_a_claim_is_decided_through_the_desk(tmp_path: Path) -> None:
    """The desk asks the claims assistant, which reads, computes and records: decision, money, letter, legal note."""
    record = {**CLAIM, "decision": "approve", "amount": 2800.0, "explanation": DECIDED["explanation"]}
    claims: list[Call | str] = [
        Call("get_claim", CLAIM),
        Call("read_document", {"document_id": "CL-2001"}),
        Call("get_policy", {"policy": "H-7001", "date_of_loss": "2025-01-14", "cause": "burst pipe"}),
        Call("fraud_signals", CLAIM),
        Call("compute_compensation", {**CLAIM, "damage": 3100}),
        Call("record_decision", {**record, "regulatory_note": DECIDED["regulatory_note"]}),
        Call("final_result", DECIDED),
    ]
    desk: list[Call | str] = [
        Call("ask_claims_assistant", {"request": "Decide CL-2001."}),
        Call("final_result", {"team": "Plover", "reply": "We pay 2800 EUR."}),
    ]
    scripts = {"Decide CL-2001.": claims, "What about CL-2001?": desk}
    insurer = SHOP.parent / "insurer"
    async with company(insurer, tmp_path / "insurer", lambda prompt, reply: scripts[prompt][reply]) as http:
        run = await ask(http, "desk", "What about CL-2001?", "conv_claim")
        (child,) = run["children"]
        events = (await http.get(f"/v1/runs/{child['id']}/events")).json()["items"]
        detail = (await http.get(f"/v1/runs/{child['id']}")).json()
    assert run["answer"] == {"team": "Plover", "reply": "We pay 2800 EUR."}
    assert detail["answer"] == DECIDED
    told = results(events)
    assert len(told) == 6
    with sqlite3.connect(tmp_path / "insurer" / ".strop" / "insurer.db") as db:
        (row,) = db.execute("SELECT * FROM decisions WHERE claim = 'CL-2001'").fetchall()
    assert DECIDED["explanation"] in row
    assert DECIDED["regulatory_note"] in row
    assert 2800.0 in row
