"""The model of a run, and indexes by which a million runs are asked for anything."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ENDED = "ended_at IS NOT NULL"
_SOME = (
    ("runs_by_cost", "cost", _ENDED),
    ("runs_by_steps", "steps", _ENDED),
    ("runs_by_calls", "tool_calls", _ENDED),
    ("runs_by_tokens", sa.text("(input_tokens + output_tokens)"), _ENDED),
    ("runs_by_seconds", sa.text("(ended_at - started_at)"), _ENDED),
    ("runs_open", "started_at", "ended_at IS NULL"),
    ("runs_by_score", "score", "score IS NOT NULL"),
    ("runs_judged", "started_at", "feedback > 0"),
    ("runs_diverged", "started_at", "divergences > 0"),
    ("runs_with_error", "started_at", "error IS NOT NULL"),
)
_LISTED = ["started_at", "id", "origin"]
_PATTERN = "text_pattern_ops"

# The last reply says it. Spans that came before this revision do not say it in what their run is computed from.
_MODEL = {
    "sqlite": "json_extract(payload, '$.model')",
    # Not as JSON: PostgreSQL refuses some of its escapes, in whatever field they stand.
    "postgresql": """substring(payload FROM '^{"[$][a-z]+":"[^"]*",(?:"redacted":{[^}]*},)?"model":"([^"\\\\]*)"')""",
}


def upgrade() -> None:
    """Add, fill and index."""
    column = sa.Column(
        "model", sa.String(200), nullable=False, server_default=sa.text("''"), comment="that replied last"
    )
    op.add_column("runs", column)
    told = _MODEL[op.get_bind().dialect.name]
    last = f"SELECT {told} FROM events WHERE stream = runs.id AND kind = 'model_replied' ORDER BY seq DESC LIMIT 1"
    op.execute(f"UPDATE runs SET model = coalesce(substr(({last}), 1, 200), '')")
    for name in ("runs_newest", "runs_by_agent", "runs_by_status", "runs_by_conversation"):
        op.drop_index(name, table_name="runs")
    op.create_index("runs_newest", "runs", _LISTED)
    op.create_index("runs_by_agent", "runs", ["agent", *_LISTED])
    op.create_index("runs_by_status", "runs", ["status", *_LISTED])
    op.create_index("runs_by_agent_and_status", "runs", ["agent", "status", *_LISTED])
    op.create_index("runs_by_model", "runs", ["model", *_LISTED])
    for name, key in (("runs_by_conversation", "conversation_id"), ("runs_by_bundle", "bundle")):
        op.create_index(name, "runs", [key, "started_at"], postgresql_ops={key: _PATTERN})
    for name, what, where in _SOME:
        op.create_index(name, "runs", [what], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
