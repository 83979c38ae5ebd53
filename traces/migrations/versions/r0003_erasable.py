"""The chain covers the digest of a payload instead of its text, so that a payload can be erased later.

Each payload gets a salt, and each hash now covers the operation, step and attempt too. The old chain is proven before
it is replaced: a ledger that somebody changed must not be made to look whole.
"""

import hashlib
import secrets
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_GENESIS = "0" * 64
_PAGE = 500


def upgrade() -> None:
    """Prove each event under the old rule and write its payload and hash by the new one.

    Raises:
        RuntimeError: the ledger is not whole; nothing is changed.
    """
    connection = op.get_bind()
    update = sa.text("UPDATE events SET payload = :payload, hash = :hash WHERE id = :id")
    stream, seq, old, new = None, 0, _GENESIS, _GENESIS
    for page in _pages(connection):
        changed = []
        for row in page:
            if row.stream != stream:
                stream, seq, old, new = row.stream, 0, _GENESIS, _GENESIS
            if row.seq != seq + 1 or row.hash != _old_hash(old, row):
                raise RuntimeError(
                    f"{stream} event {row.seq} ({row.kind}) does not fit the events before it: it was changed",
                    "The database is as it was. Restore a backup that the `strop verify` of before calls whole.",
                )
            payload = _salted(row.payload)
            seq, old, new = row.seq, row.hash, _new_hash(new, row, payload)
            changed.append({"id": row.id, "payload": payload, "hash": new})
        connection.execute(update, changed)


def _pages(connection: sa.Connection) -> Iterator[list[Any]]:
    """All events, streams one after the other; a page at a time, for a ledger may be larger than the memory."""
    query = sa.text(
        "SELECT id, stream, seq, kind, op, step, attempt, at, payload, hash FROM events"
        " WHERE stream > :stream OR (stream = :stream AND seq > :seq) ORDER BY stream, seq LIMIT :page"
    )
    last = {"stream": "", "seq": 0}
    while rows := list(connection.execute(query, {**last, "page": _PAGE})):
        last = {"stream": rows[-1].stream, "seq": rows[-1].seq}
        yield rows


def _salted(payload: str) -> str:
    rest = payload[1:]
    return f'{{"$salt":"{secrets.token_urlsafe(12)}"{"" if rest == "}" else ","}{rest}'


def _old_hash(previous: str, row: Any) -> str:
    return _sha("\n".join((previous, row.stream, str(row.seq), row.kind, str(row.at), row.payload)))


def _new_hash(previous: str, row: Any, payload: str) -> str:
    op = "" if row.op is None else "=" + row.op
    place = (row.seq, row.kind, row.at, row.step, row.attempt, row.stream, op)
    return _sha("\n".join((previous, _sha(payload), *map(str, place))))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
