"""Reading the example's JSONL files for the tests."""

from __future__ import annotations

import json
from typing import Any

from tests.examples.insurer.oracle import EXAMPLE


def read_lines(folder: str, agent: str) -> list[dict[str, Any]]:
    """The rows of `tasks/AGENT.jsonl` or `corrections/AGENT.jsonl`."""
    text = (EXAMPLE / folder / f"{agent}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def split_of(rows: list[dict[str, Any]], split: str) -> list[dict[str, Any]]:
    """The rows of one split, `dev` or `heldout`."""
    return [row for row in rows if row["split"] == split]
