"""Recorded replies as a cache of identical requests, for agents that opted in.

The reply itself stays in the ledger and nowhere else: a file here names the run and operation that has it, so what is
removed there is gone here too. The folder may be deleted at any time. Prevents: a second copy of what a model said.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traces.db import Database
from traces.errors import LedgerError
from traces.events import ModelReplied
from traces.store import read_events


@dataclass(frozen=True)
class CachedReply:
    """A recorded reply: its payload, and the run that paid for it."""

    payload: dict[str, Any]
    run_id: str


@dataclass(frozen=True)
class ReplyCache:
    """Where replies are found by the digest of their request; `seconds` is the age up to which one is used."""

    folder: Path
    database: Database
    seconds: float

    def find(self, key: str) -> CachedReply | None:
        """The reply to the same request, or None."""
        path = self._path(key)
        try:
            if time.time() - path.stat().st_mtime > self.seconds:
                return None
            run_id, op = json.loads(path.read_text(encoding="utf-8"))
            with self.database.reading() as session:
                events = [stored.event for stored in read_events(session, run_id, kinds=["model_replied"])]
        except (OSError, ValueError, LedgerError):
            return None
        for event in events:
            if isinstance(event, ModelReplied) and event.op == op and isinstance(event.response, dict):
                # Nothing was read or written for it this time: neither tokens nor money count again.
                return CachedReply({**event.response, "usage": {}}, run_id)
        return None

    def put(self, key: str, run_id: str, op: str) -> None:
        """Remember who has the reply. A folder that cannot be written costs the cache, not the run."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}")
            part.write_text(json.dumps([run_id, op]), encoding="utf-8")
            part.replace(path)
        except OSError:
            return

    def _path(self, key: str) -> Path:
        name = key.rpartition(":")[2]
        return self.folder / name[:2] / f"{name}.json"
