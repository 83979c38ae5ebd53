"""The list of runs says of which the words were erased, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; nothing could be erased before."""
    op.add_column("runs", sa.Column("erased_at", sa.BigInteger, comment="when its words were erased"))
