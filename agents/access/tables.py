"""The table of tokens. Who gave one to whom, and who took it back, is in the stream `audit` of the ledger."""

from typing import Final

import sqlalchemy as sa

from traces.db import METADATA, UtcTimestamp

TOKENS: Final = sa.Table(
    "tokens",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False, comment="whose it is: what they do is signed with it"),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("agents", sa.Text, comment="JSON list of names; NULL: all"),
    sa.Column("secret", sa.String(80), nullable=False, comment="digest of the secret, which is kept nowhere"),
    sa.Column("created_by", sa.String(120), nullable=False),
    sa.Column("created_at", UtcTimestamp, nullable=False),
    sa.Column("expires_at", UtcTimestamp),
    sa.Column("revoked_at", UtcTimestamp),
)

KNOCKS: Final = sa.Table(
    "knocks",
    METADATA,
    sa.Column("method", sa.String(20), primary_key=True),
    sa.Column("why", sa.String(200), primary_key=True),
    sa.Column("times", sa.Integer, nullable=False, comment="since they were written down last"),
    comment="Requests without a known token that are not in the audit yet.",
)
