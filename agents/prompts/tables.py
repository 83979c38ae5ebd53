"""The tables of the registry: bundles (only ever added), the pointer to the live one of each agent, and rollouts.

The history of states is not here: it is the agent's decision stream in the ledger, and `bundles.state` is its fold.
What a rollout is and what it came to is on record in its own stream; its row is what each new conversation asks.
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
    sa.Column("merged", sa.Text, comment="JSON list of the parents beside the first"),
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

ROLLOUTS: Final = sa.Table(
    "rollouts",
    METADATA,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("agent", sa.String(120), nullable=False),
    sa.Column("active", sa.String(120), comment="the agent while it is under way, then nothing: one at a time"),
    sa.Column("mode", sa.String(20), nullable=False),
    sa.Column("candidate", sa.String(80), nullable=False),
    sa.Column("control", sa.String(80), nullable=False),
    sa.Column("share", sa.Float, nullable=False, comment="of conversations that go to the candidate"),
    sa.Column("control_share", sa.Float, nullable=False, comment="of conversations that it is compared with"),
    sa.Column("exposure", sa.Integer, nullable=False, comment="conversations that the candidate may get at most"),
    sa.Column("exposed", sa.Integer, nullable=False, comment="conversations that it got"),
    sa.Column("outcome", sa.String(20)),
    sa.Column("plan", sa.Text, nullable=False, comment="JSON"),
    sa.Column("started_at", UtcTimestamp, nullable=False),
    sa.Column("ended_at", UtcTimestamp),
    sa.UniqueConstraint("active", name="rollouts_one_at_a_time"),
    sa.Index("rollouts_by_agent", "agent", "started_at"),
)

ARMS: Final = sa.Table(
    "rollout_conversations",
    METADATA,
    sa.Column("agent", sa.String(120), primary_key=True),
    sa.Column("conversation_id", sa.String(120), primary_key=True),
    sa.Column("rollout", sa.String(80), nullable=False),
    sa.Column("arm", sa.String(20), nullable=False),
    sa.Column("share", sa.Float, nullable=False, comment="the chance it had of going to the candidate"),
    sa.Column("at", UtcTimestamp, nullable=False),
    sa.Column("counted", sa.Integer, nullable=False, comment="1 when what came of it is on record"),
    sa.Index("rollout_conversations_open", "rollout", "counted", "at"),
    comment="Which arm of which rollout a conversation belongs to, for good.",
)

TOOL_LISTS: Final = sa.Table(
    "tool_lists",
    METADATA,
    sa.Column("bundle", sa.String(80), primary_key=True),
    sa.Column("server", sa.String(120), primary_key=True),
    sa.Column("digest", sa.String(80), primary_key=True, comment="of what the server offered"),
    sa.Column("standing", sa.String(20), nullable=False, comment="pinned, drifted or accepted"),
    sa.Column("at", UtcTimestamp, nullable=False),
    comment="What servers were found to offer a version: the fold of the stream `tools`.",
)
