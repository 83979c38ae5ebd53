"""Recording decisions on claims, the one place of this insurer that writes.

A decision pays money, so it is applied at most once for each idempotency key: the key and the decision are
written in one transaction, and a repeated call gets the first answer again. The table `effects` counts the
calls that came and what they changed, so that anybody can check it afterwards.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import asdict, dataclass

DECISIONS = ("approve", "reject", "investigate")


class RefusedError(Exception):
    """The decision cannot be recorded as it stands; the message says what to change."""


@dataclass(frozen=True)
class Decision:
    """What was decided on one claim; `amount` in EUR."""

    claim: str
    decision: str
    amount: float
    explanation: str
    regulatory_note: str

    def check(self) -> None:
        """Raises RefusedError if the parts do not fit together."""
        if self.decision not in DECISIONS:
            raise RefusedError(f"decision must be one of {', '.join(DECISIONS)}, not {self.decision!r}.")
        if self.decision == "approve" and self.amount <= 0:
            raise RefusedError(
                "An approved claim needs an amount above 0. With nothing to pay the decision is reject."
            )
        if self.decision != "approve" and self.amount != 0:
            raise RefusedError(f"The amount of a claim with the decision {self.decision!r} must be 0.")


def record(db: sqlite3.Connection, decision: Decision, key: str | None) -> str:
    """Writes `decision` once for `key` and returns the answer in words; without a key each call is a new effect.

    A claim that was decided before gets a new revision, as a clerk would write one.
    """
    decision.check()
    request = json.dumps(asdict(decision), sort_keys=True)
    db.execute("BEGIN IMMEDIATE")
    try:
        answer = _apply(db, decision, request, key or f"none:{uuid.uuid4()}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
    return answer


def _apply(db: sqlite3.Connection, decision: Decision, request: str, key: str) -> str:
    known = db.execute("SELECT request, answer FROM effects WHERE idempotency_key = ?", (key,)).fetchone()
    if known is not None:
        if known["request"] != request:
            raise RefusedError(f"The idempotency key {key!r} belongs to another decision; nothing was recorded.")
        db.execute("UPDATE effects SET received = received + 1 WHERE idempotency_key = ?", (key,))
        return str(known["answer"])
    revision = _next_revision(db, decision.claim)
    values = (*asdict(decision).values(), revision)
    db.execute("INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?, ?, ?)", values)
    answer = f"Recorded for {decision.claim}: {decision.decision}, {decision.amount:.2f} EUR (revision {revision})."
    db.execute("INSERT INTO effects VALUES (?, ?, ?, ?, 1, 1)", (key, decision.claim, request, answer))
    return answer


def _next_revision(db: sqlite3.Connection, claim: str) -> int:
    row = db.execute("SELECT revision FROM decisions WHERE claim = ?", (claim,)).fetchone()
    return 1 if row is None else int(row["revision"]) + 1
