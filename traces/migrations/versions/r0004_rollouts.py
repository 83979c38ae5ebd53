"""Rollouts, the arm that each conversation belongs to, and what tool servers were found to offer."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Three new tables; nothing that is there changes."""
    op.create_table(
        "rollouts",
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
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.UniqueConstraint("active", name="rollouts_one_at_a_time"),
    )
    op.create_index("rollouts_by_agent", "rollouts", ["agent", "started_at"])
    op.create_table(
        "rollout_conversations",
        sa.Column("agent", sa.String(120), primary_key=True),
        sa.Column("conversation_id", sa.String(120), primary_key=True),
        sa.Column("rollout", sa.String(80), nullable=False),
        sa.Column("arm", sa.String(20), nullable=False),
        sa.Column("share", sa.Float, nullable=False, comment="the chance it had of going to the candidate"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("counted", sa.Integer, nullable=False, comment="1 when what came of it is on record"),
        comment="Which arm of which rollout a conversation belongs to, for good.",
    )
    op.create_index("rollout_conversations_open", "rollout_conversations", ["rollout", "counted", "at"])
    op.create_table(
        "tool_lists",
        sa.Column("bundle", sa.String(80), primary_key=True),
        sa.Column("server", sa.String(120), primary_key=True),
        sa.Column("digest", sa.String(80), primary_key=True, comment="of what the server offered"),
        sa.Column("standing", sa.String(20), nullable=False, comment="pinned, drifted or accepted"),
        sa.Column("at", sa.BigInteger, nullable=False),
        comment="What servers were found to offer a version: the fold of the stream `tools`.",
    )
