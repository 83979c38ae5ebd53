"""The tables of the ledger. Three of them: events (the record), blobs (large bodies), runs (a fold of the events).

`runs` holds nothing that cannot be computed again from `events`; `traces.verify` computes it again and compares.
Times are microseconds since 1970 UTC, payloads are JSON text exactly as it was hashed.
"""

from typing import Final

import sqlalchemy as sa

from traces.db import METADATA, UtcTimestamp

# SQLite makes only a plain INTEGER primary key an alias of its row id.
_ROW_ID: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")

EVENTS: Final = sa.Table(
    "events",
    METADATA,
    sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True, comment="order of arrival over all streams"),
    sa.Column("stream", sa.String(120), nullable=False, comment="a run, an agent's decisions, or a night"),
    sa.Column("seq", sa.Integer, nullable=False, comment="1, 2, 3 … without a gap within the stream"),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("step", sa.Integer),
    sa.Column("op", sa.String(300)),
    sa.Column("attempt", sa.Integer),
    sa.Column("at", UtcTimestamp, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, comment="SHA-256 over the previous hash and this row"),
    sa.UniqueConstraint("stream", "seq", name="events_stream_seq"),
    # The fence: of two owners of one run, the second fails at its first write.
    sa.UniqueConstraint("stream", "op", "kind", "attempt", name="events_operation"),
    sa.Index("events_kind", "kind", "id"),
    sqlite_autoincrement=True,
)

BLOBS: Final = sa.Table(
    "blobs",
    METADATA,
    sa.Column("digest", sa.String(80), primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False, comment="bytes of the text before compression"),
    sa.Column("codec", sa.String(10), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

RUNS: Final = sa.Table(
    "runs",
    METADATA,
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("agent", sa.String(120), nullable=False),
    sa.Column("bundle", sa.String(80), nullable=False),
    sa.Column("conversation_id", sa.String(120), nullable=False),
    sa.Column("parent_run_id", sa.String(120)),
    sa.Column("origin", sa.String(20), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("started_at", UtcTimestamp, nullable=False),
    sa.Column("ended_at", UtcTimestamp),
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
    sa.Column("erased_at", UtcTimestamp, comment="when its words were erased"),
    sa.Index("runs_newest", "started_at", "id"),
    sa.Index("runs_by_agent", "agent", "started_at"),
    sa.Index("runs_by_status", "status", "started_at"),
    sa.Index("runs_by_conversation", "conversation_id", "started_at"),
    sa.Index("runs_by_parent", "parent_run_id"),
)

RUN_TOOLS: Final = sa.Table(
    "run_tools",
    METADATA,
    sa.Column("tool", sa.String(200), primary_key=True),
    sa.Column("run_id", sa.String(120), primary_key=True),
    sqlite_with_rowid=False,
    comment="Which runs called which tools: computed from events, for the filter language.",
)

RUN_MARKS: Final = sa.Table(
    "run_marks",
    METADATA,
    sa.Column("mark", sa.String(200), primary_key=True, comment="signal:…, outcome:… or label:…"),
    sa.Column("run_id", sa.String(120), primary_key=True),
    sa.Index("run_marks_by_run", "run_id"),
    sqlite_with_rowid=False,
    comment="What was noticed or said of runs in a word: computed from events, for the filter language.",
)

LEASES: Final = sa.Table(
    "leases",
    METADATA,
    sa.Column("name", sa.String(160), primary_key=True, comment="what is owned: a run or a night"),
    sa.Column("owner", sa.String(120), nullable=False),
    sa.Column("until", UtcTimestamp, nullable=False),
    comment="Who works on what right now. Not history: it may be lost without loss.",
)
