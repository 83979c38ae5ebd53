"""The first release: the ledger, the registry, the leases.

Databases of before had these tables without a revision. What is there already is kept as it is: making only what is
missing is right for an empty database and for one of those.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_METADATA = sa.MetaData()
_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

sa.Table(
    "events",
    _METADATA,
    sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True, comment="order of arrival over all streams"),
    sa.Column("stream", sa.String(120), nullable=False, comment="a run, an agent's decisions, or a night"),
    sa.Column("seq", sa.Integer, nullable=False, comment="1, 2, 3 … without a gap within the stream"),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("step", sa.Integer),
    sa.Column("op", sa.String(300)),
    sa.Column("attempt", sa.Integer),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, comment="SHA-256 over the previous hash and this row"),
    sa.UniqueConstraint("stream", "seq", name="events_stream_seq"),
    sa.UniqueConstraint("stream", "op", "kind", "attempt", name="events_operation"),
    sa.Index("events_kind", "kind", "id"),
    sqlite_autoincrement=True,
)
sa.Table(
    "blobs",
    _METADATA,
    sa.Column("digest", sa.String(80), primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False, comment="bytes of the text before compression"),
    sa.Column("codec", sa.String(10), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
sa.Table(
    "runs",
    _METADATA,
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("agent", sa.String(120), nullable=False),
    sa.Column("bundle", sa.String(80), nullable=False),
    sa.Column("conversation_id", sa.String(120), nullable=False),
    sa.Column("parent_run_id", sa.String(120)),
    sa.Column("origin", sa.String(20), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("tool_calls", sa.Integer, nullable=False),
    sa.Column("input_tokens", sa.BigInteger, nullable=False),
    sa.Column("output_tokens", sa.BigInteger, nullable=False),
    sa.Column("cost", sa.Float),
    sa.Column("divergences", sa.Integer, nullable=False),
    sa.Column("feedback", sa.Integer, nullable=False, comment="number of judgements"),
    sa.Column("score", sa.Float, comment="the newest score given"),
    sa.Column("error", sa.Text),
    sa.Column("input", sa.Text, nullable=False, comment="the first characters, for lists"),
    sa.Column("output", sa.Text, comment="the first characters, for lists"),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Index("runs_newest", "started_at", "id"),
    sa.Index("runs_by_agent", "agent", "started_at"),
    sa.Index("runs_by_status", "status", "started_at"),
    sa.Index("runs_by_conversation", "conversation_id", "started_at"),
    sa.Index("runs_by_parent", "parent_run_id"),
)
sa.Table(
    "leases",
    _METADATA,
    sa.Column("name", sa.String(160), primary_key=True, comment="what is owned: a run or a night"),
    sa.Column("owner", sa.String(120), nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    comment="Who works on what right now. Not history: it may be lost without loss.",
)
sa.Table(
    "bundles",
    _METADATA,
    sa.Column("digest", sa.String(80), primary_key=True),
    sa.Column("agent", sa.String(120), nullable=False),
    sa.Column("content", sa.Text, nullable=False, comment="JSON text; the digest is taken over it"),
    sa.Column("parent", sa.String(80)),
    sa.Column("author", sa.String(120), nullable=False),
    sa.Column("author_kind", sa.String(20), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("evidence", sa.String(80), comment="digest of the newest evidence"),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("bundles_by_agent", "agent", "created_at"),
)
sa.Table(
    "live_bundles",
    _METADATA,
    sa.Column("agent", sa.String(120), primary_key=True),
    sa.Column("digest", sa.String(80), nullable=False),
    sa.Column("source", sa.String(80), nullable=False, comment="digest of the definition it grew from"),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
)


def upgrade() -> None:
    """Make the tables that are missing.

    Raises:
        RuntimeError: a table of another program has one of our names; nothing is changed.
    """
    connection = op.get_bind()
    there = sa.inspect(connection)
    for name in sorted(_METADATA.tables.keys() & set(there.get_table_names())):
        found = {column["name"] for column in there.get_columns(name)}
        missing = set(_METADATA.tables[name].columns.keys()) - found
        if missing:
            raise RuntimeError(f"there is a table {name!r} that is not Strop's: it has no column {min(missing)!r}")
    _METADATA.create_all(connection)
