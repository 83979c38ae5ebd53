"""Labels, outcomes and signals of runs, for the filter language: computed from events, here for those there were."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table and fill it."""
    op.create_table(
        "run_marks",
        sa.Column("mark", sa.String(200), primary_key=True, comment="signal:…, outcome:… or label:…"),
        sa.Column("run_id", sa.String(120), primary_key=True),
        sqlite_with_rowid=False,
        comment="What was noticed or said of runs in a word: computed from events, for the filter language.",
    )
    op.create_index("run_marks_by_run", "run_marks", ["run_id"])
    connection = op.get_bind()
    insert = sa.text("INSERT INTO run_marks(mark, run_id) VALUES (:mark, :run) ON CONFLICT DO NOTHING")
    query = sa.text(
        "SELECT id, stream, payload FROM events WHERE id > :after AND kind = 'feedback_given' ORDER BY id LIMIT 500"
    )
    after = 0
    while rows := connection.execute(query, {"after": after}).all():
        for row in rows:
            said = json.loads(row.payload)
            for kind in ("label", "outcome"):
                word = said.get(kind)
                if isinstance(word, str) and word:
                    connection.execute(insert, {"mark": f"{kind}:{word.casefold()}"[:200], "run": row.stream})
        after = rows[-1].id
