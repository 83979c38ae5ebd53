"""What no ledger can go below: pydantic-ai's durable surface with nothing behind it, and with the least that records.

The least is one table, one row for each request and each result, and a commit before whatever is sent, as ours has:
no redaction, no chain, no list of runs, no words to search for. What Strop costs above it is what those cost.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic_ai import Agent
from pydantic_ai.durable_exec import (
    BaseDurabilityCapability,
    DurabilityEngineSpec,
    DurableOperation,
    DurableOperationBackend,
    durable_unit_scope,
)

from agents.durability import JournalDurability
from benchmarks.runtime.work import INSTRUCTIONS, drain, scripted, toolset

Note = Callable[[str, Any], None]
"""Takes what is asked (before it is sent) or what came of it."""


class Rows:
    """The least ledger: what came of one operation is committed with the question of the next."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE rows (at, text)")
        self._kept: list[tuple[str, str]] = []

    def note(self, what: str, value: Any) -> None:
        """Keep a result for the next commit; commit a question at once."""
        self._kept.append((what, json.dumps(value, default=str)))
        if what != "result":
            self.commit()

    def commit(self) -> None:
        """One transaction for all that was kept."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT INTO rows VALUES (?, ?)", self._kept)
        self._db.execute("COMMIT")
        self._kept.clear()


class _Bound:
    def __init__(self, operation: DurableOperation[Any, Any, Any], note: Note | None) -> None:
        self.operation = operation
        self._note = note

    async def __call__(self, params: Any, *, config: object | None = None) -> Any:
        codec, name = self.operation.result_codec, type(self.operation.operation_id).__name__
        noted = self._note if name.startswith(("ModelRequest", "ToolsetCallTool")) else None
        if noted is not None:
            noted(name, getattr(params, "tool_args", None))
        with durable_unit_scope():
            payload = codec.dump(await self.operation.handler(params))
        if noted is not None:
            noted("result", payload)
        return codec.load(payload)


class _Backend(DurableOperationBackend[None]):
    def __init__(self, note: Note | None) -> None:
        self._note = note

    def bind(self, operation: DurableOperation[Any, Any, Any]) -> Any:
        return _Bound(operation, self._note)

    def config_for_tool(self, operation: Any, *, tool: Any, tool_name: str) -> None:
        return None

    def registrations(self) -> Sequence[Callable[..., object]]:
        return ()


class _Durability(BaseDurabilityCapability[Any]):
    engine_spec: ClassVar[DurabilityEngineSpec] = JournalDurability.engine_spec

    def __init__(self, note: Note | None) -> None:
        super().__init__(event_stream_handler=drain)
        self._backend = _Backend(note)

    @property
    def in_durable_context(self) -> bool:
        return True

    def get_durable_operation_backend(self) -> DurableOperationBackend[Any]:
        return self._backend


def durable_agent(name: str, rows: Rows | None = None) -> Agent[Any, Any]:
    """The same work over the durable surface; with `rows`, recorded there."""
    note = None if rows is None else rows.note
    return Agent(
        scripted(), name=name, instructions=INSTRUCTIONS, toolsets=[toolset(name)], capabilities=[_Durability(note)]
    )
