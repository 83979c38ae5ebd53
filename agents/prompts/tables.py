"""The tables of the registry: bundles (only ever added) and the pointer to the live one of each agent.

The history of states is not here: it is the agent's decision stream in the ledger, and `bundles.state` is its fold.
"""

from typing import Final

import sqlalchemy as sa

from traces.db import METADATA, UtcTimestamp

BUNDLES: Final = sa.Table(
    "bundles",
    METADATA,
    sa.Column("digest", sa.String(80), primary_key=True),
    sa.Column("agent", sa.String(120), nullable=False),
    sa.Column("content", sa.Text, nullable=False, comment="JSON text; the digest is taken over it"),
    sa.Column("parent", sa.String(80)),
    sa.Column("author", sa.String(120), nullable=False),
    sa.Column("author_kind", sa.String(20), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("evidence", sa.String(80), comment="digest of the newest evidence"),
    sa.Column("created_at", UtcTimestamp, nullable=False),
    sa.Index("bundles_by_agent", "agent", "created_at"),
)

LIVE: Final = sa.Table(
    "live_bundles",
    METADATA,
    sa.Column("agent", sa.String(120), primary_key=True),
    sa.Column("digest", sa.String(80), nullable=False),
    sa.Column("source", sa.String(80), nullable=False, comment="digest of the definition it grew from"),
    sa.Column("changed_at", UtcTimestamp, nullable=False),
)
