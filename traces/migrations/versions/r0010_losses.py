"""Losses: what could not be stored, counted."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """One new table."""
    op.create_table(
        "losses",
        sa.Column("day", sa.String(10), primary_key=True, comment="UTC, such as 2026-01-31"),
        sa.Column("what", sa.String(20), primary_key=True, comment="spans, requests or writes"),
        sa.Column("why", sa.String(40), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("example", sa.Text, nullable=False, comment="what was said of the newest"),
        comment="What could not be stored, counted. Not of the chain: what is not there has no place in it.",
    )
