"""Versions with more than one parent, and requests of strangers that are counted until they are written down."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """One new column, one new table."""
    op.add_column("bundles", sa.Column("merged", sa.Text, comment="JSON list of the parents beside the first"))
    op.create_table(
        "knocks",
        sa.Column("method", sa.String(20), primary_key=True),
        sa.Column("why", sa.String(200), primary_key=True),
        sa.Column("times", sa.Integer, nullable=False, comment="since they were written down last"),
        comment="Requests without a known token that are not in the audit yet.",
    )
