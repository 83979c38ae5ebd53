"""The gift finder as Strop runs it: definition, server, effects fit together; a basket belongs to a conversation."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

from agents.starting import Start
from tests.builders import open_workspace, scripted_runtime
from tests.examples.shop.workspace import SHOP
from tests.fakes import Call, ScriptedModel
from traces.db import open_database


def test_a_basket_lasts_a_conversation_and_no_longer(tmp_path: Path) -> None:
    """A later turn orders what an earlier one put in; another conversation has an empty basket. Writes have keys."""
    root = tmp_path / "shop"
    shutil.copytree(SHOP, root, ignore=shutil.ignore_patterns(".strop", "__pycache__"))
    workspace = open_workspace(root, PATH="/usr/bin:/bin")

    def plan(prompt: str, reply: int) -> str | Call:
        calls = {"add": Call("add_to_basket", {"product_id": "P106"}), "order": Call("place_order", {"total": 22.0})}
        return calls[prompt] if reply == 0 else "Done."

    async def scene() -> None:
        runtime = scripted_runtime(workspace, open_database(workspace.database_url), ScriptedModel(plan))
        try:
            for conversation, prompt in (("conv_a", "add"), ("conv_b", "order"), ("conv_a", "order")):
                await runtime.run(Start("gifts", prompt, conversation))
        finally:
            await runtime.close()

    asyncio.run(scene())
    with sqlite3.connect(root / ".strop" / "shop.db") as db:
        effects = db.execute("SELECT basket, tool FROM effects ORDER BY id").fetchall()
        assert effects == [("conv_a", "add_to_basket"), ("conv_a", "place_order")]
        assert db.execute("SELECT count(DISTINCT key) FROM effects WHERE key <> ''").fetchone() == (2,)
