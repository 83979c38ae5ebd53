"""The index by parent holds delegated runs alone, and the one by bundle says whose runs count for it.

SQLite counts "no parent" as one value among many: by an index of all runs it would go through nearly every one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_DELEGATED = sa.text("parent_run_id IS NOT NULL")


def upgrade() -> None:
    """The same indexes, made anew."""
    op.drop_index("runs_by_parent", table_name="runs")
    op.create_index("runs_by_parent", "runs", ["parent_run_id"], sqlite_where=_DELEGATED, postgresql_where=_DELEGATED)
    op.drop_index("runs_by_bundle", table_name="runs")
    op.create_index(
        "runs_by_bundle", "runs", ["bundle", "started_at", "origin"], postgresql_ops={"bundle": "text_pattern_ops"}
    )
