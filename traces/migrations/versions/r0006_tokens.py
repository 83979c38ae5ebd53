"""Tokens: who may ask the service over the network, and for what."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """One new table."""
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False, comment="whose it is: what they do is signed with it"),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("agents", sa.Text, comment="JSON list of names; NULL: all"),
        sa.Column("secret", sa.String(80), nullable=False, comment="digest of the secret, which is kept nowhere"),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
    )
