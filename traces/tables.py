"""The tables of the ledger. Three of them: events (the record), blobs (large bodies), runs (a fold of the events).

`runs` holds nothing that cannot be computed again from `events`; `traces.verify` computes it again and compares.
Times are microseconds since 1970 UTC, payloads are JSON text exactly as it was hashed.
"""

from collections.abc import Sequence
from typing import Any, Final

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

KIND_OF_STREAM: Final = EVENTS.c.kind.concat("")
"""The kind, where the streams are named: as it stands SQLite would rather read every fact of that kind there is."""

BLOBS: Final = sa.Table(
    "blobs",
    METADATA,
    sa.Column("digest", sa.String(80), primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False, comment="bytes of the text before compression"),
    sa.Column("codec", sa.String(10), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)


def _some(name: str, what: Any, where: str) -> sa.Index:
    """An index over some of the rows alone."""
    return sa.Index(name, what, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _ended(name: str, what: Any) -> sa.Index:
    return _some(name, what, "ended_at IS NOT NULL")


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
    sa.Column("model", sa.String(200), nullable=False, server_default=sa.text("''"), comment="that replied last"),
    # In the order of lists. `origin` stands at the end, so that a night's many runs are passed over in the index.
    sa.Index("runs_newest", "started_at", "id", "origin"),
    sa.Index("runs_by_agent", "agent", "started_at", "id", "origin"),
    sa.Index("runs_by_status", "status", "started_at", "id", "origin"),
    sa.Index("runs_by_agent_and_status", "agent", "status", "started_at", "id", "origin"),
    sa.Index("runs_by_model", "model", "started_at", "id", "origin"),
    # By their beginnings, whatever the language of a PostgreSQL server is.
    sa.Index(
        "runs_by_conversation", "conversation_id", "started_at",
        postgresql_ops={"conversation_id": "text_pattern_ops"},
    ),
    sa.Index("runs_by_bundle", "bundle", "started_at", "origin", postgresql_ops={"bundle": "text_pattern_ops"}),
    # Delegated runs alone: SQLite takes "no parent" for one value among many, and would go through all of these.
    _some("runs_by_parent", "parent_run_id", "parent_run_id IS NOT NULL"),
    # Of runs that ended: while one goes on, its figures change with each step, and these stay as they are.
    _ended("runs_by_cost", "cost"),
    _ended("runs_by_steps", "steps"),
    _ended("runs_by_calls", "tool_calls"),
    _ended("runs_by_tokens", sa.text("(input_tokens + output_tokens)")),
    _ended("runs_by_seconds", sa.text("(ended_at - started_at)")),
    _some("runs_open", "started_at", "ended_at IS NULL"),
    _some("runs_by_score", "score", "score IS NOT NULL"),
    _some("runs_judged", "started_at", "feedback > 0"),
    _some("runs_diverged", "started_at", "divergences > 0"),
    _some("runs_with_error", "started_at", "error IS NOT NULL"),
)  # fmt: skip

Where = Sequence[sa.ColumnElement[bool]]
"""Conditions over the runs table: which runs are meant, or may be seen."""

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

LOSSES: Final = sa.Table(
    "losses",
    METADATA,
    sa.Column("day", sa.String(10), primary_key=True, comment="UTC, such as 2026-01-31"),
    sa.Column("what", sa.String(20), primary_key=True, comment="spans, requests or writes"),
    sa.Column("why", sa.String(40), primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("last_at", UtcTimestamp, nullable=False),
    sa.Column("example", sa.Text, nullable=False, comment="what was said of the newest"),
    comment="What could not be stored, counted. Not of the chain: what is not there has no place in it.",
)
