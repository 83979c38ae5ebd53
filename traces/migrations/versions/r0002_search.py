"""Full-text search and the tools of runs: both are computed from events, here for those that were there before."""

import json
import re
import unicodedata
import zlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SQLITE = "CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, detail=none, tokenize=\"ascii\")"
_POSTGRESQL = (
    "CREATE TABLE words (id BIGINT PRIMARY KEY, text TSVECTOR NOT NULL)",
    "CREATE INDEX words_text ON words USING gin (text) WITH (fastupdate = off)",
)
_INSERT = {
    "sqlite": "INSERT INTO words(rowid, text) VALUES (:id, :text)",
    "postgresql": "INSERT INTO words(id, text) VALUES (:id, array_to_tsvector(string_to_array(:text, ' ')))",
}


def upgrade() -> None:
    """Make both and fill them."""
    op.create_table(
        "run_tools",
        sa.Column("tool", sa.String(200), primary_key=True),
        sa.Column("run_id", sa.String(120), primary_key=True),
        sqlite_with_rowid=False,
        comment="Which runs called which tools: computed from events, for the filter language.",
    )
    connection = op.get_bind()
    name = connection.dialect.name
    for statement in (_SQLITE,) if name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
    for event_id, words in _words(connection):
        connection.execute(sa.text(_INSERT[name]), {"id": event_id, "text": words})
    for stream, tool in _tools(connection):
        insert = "INSERT INTO run_tools(tool, run_id) VALUES (:tool, :run) ON CONFLICT DO NOTHING"
        connection.execute(sa.text(insert), {"tool": tool, "run": stream})


_FIELDS = {"run_started": "input", "model_replied": "response", "run_finished": "output"}


def _events(connection: sa.Connection, kinds: tuple[str, ...]) -> Iterator[Any]:
    """A page at a time: a ledger may be larger than the memory."""
    after = 0
    query = sa.text(
        "SELECT id, stream, kind, payload FROM events WHERE id > :after AND kind IN :kinds ORDER BY id LIMIT 500"
    ).bindparams(sa.bindparam("kinds", expanding=True))
    while rows := connection.execute(query, {"after": after, "kinds": kinds}).all():
        yield from rows
        after = rows[-1].id


def _words(connection: sa.Connection) -> Iterator[tuple[int, str]]:
    for row in _events(connection, tuple(_FIELDS)):
        value = _filled(connection, json.loads(row.payload).get(_FIELDS[row.kind]))
        words = sorted({word[:60] for word in _split(_text(row.kind, value)[:400_000])})
        if words:
            yield row.id, " ".join(words)


def _tools(connection: sa.Connection) -> Iterator[tuple[str, str]]:
    for row in _events(connection, ("tool_called", "run_delegated")):
        yield row.stream, str(json.loads(row.payload)["tool"])[:200]


def _filled(connection: sa.Connection, value: Any) -> Any:
    if not (isinstance(value, dict) and value.keys() == {"$blob", "bytes"}):
        return value
    query = sa.text("SELECT data FROM blobs WHERE digest = :digest")
    data = connection.execute(query, {"digest": value["$blob"]}).scalar()
    return "" if data is None else json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))


def _text(kind: str, value: Any) -> str:
    if kind == "model_replied":
        parts = value.get("parts", ()) if isinstance(value, dict) else ()
        said = (part.get("content") for part in parts if part.get("part_kind") in {"text", "thinking"})
        return "\n".join(text for text in said if isinstance(text, str))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _split(text: str) -> list[str]:
    if not text.isascii():
        spread = unicodedata.normalize("NFKD", text)
        text = "".join(sign for sign in spread if not unicodedata.combining(sign)).casefold()
    return re.findall(r"[^\W_]+", text.lower())
