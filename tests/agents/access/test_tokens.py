"""Tokens: shown once, kept as a digest, good for what they were given for and no longer."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from agents.access.roles import ROLES
from agents.access.tokens import AUDIT, create_token, duration, find_caller, has_tokens, list_tokens, revoke_token
from agents.errors import Refused, UsageError
from tests.builders import NOON, Ticking
from traces.db import Database
from traces.errors import NotFound
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import read_events
from traces.tables import EVENTS

ADMIN = Provenance(by="root", role="admin")


def test_a_token_is_kept_nowhere(database: Database) -> None:
    """No column of any table holds it; who gave it to whom is on record."""
    recorder = Recorder(database, clock=Ticking())
    with database.writing() as session:
        secret, token = create_token(session, recorder, "shop", "app", ADMIN, agents=["b", "a", "b"])
    with database.reading() as session:
        rows = [*session.execute(sa.text("SELECT * FROM tokens")), *session.execute(sa.select(EVENTS))]
        kinds = [stored.kind for stored in read_events(session, AUDIT)]
        caller = find_caller(session, secret, recorder.now())
    assert secret.split("_", 2)[2] not in str(rows)
    assert kinds == ["token_created"]
    assert caller is not None
    assert (caller.name, caller.role, caller.agents, caller.token) == ("shop", "app", {"a", "b"}, token.id)


@pytest.mark.parametrize("change", ["expired", "revoked", "another secret", "another id", "no token at all"])
def test_what_is_not_good_any_more_opens_nothing(database: Database, change: str) -> None:
    """And it is not told which of these it was."""
    recorder = Recorder(database, clock=Ticking())
    with database.writing() as session:
        secret, token = create_token(session, recorder, "ann", "admin", ADMIN, lasts=timedelta(hours=1))
        if change == "revoked":
            assert revoke_token(session, recorder, token.id, ADMIN).standing(NOON) == "revoked"
            assert revoke_token(session, recorder, token.id, ADMIN).revoked_at is not None  # twice is harmless
    now = NOON + (timedelta(hours=2) if change == "expired" else timedelta(minutes=1))
    sent = {
        "another secret": secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        "another id": secret.replace(token.id, "0" * 8), "no token at all": "Bearer",
    }.get(change, secret)  # fmt: skip
    with database.reading() as session:
        assert find_caller(session, sent, now) is None
        assert has_tokens(session, now) == (change not in {"expired", "revoked"})
        assert [one.name for one in list_tokens(session)] == ["ann"]


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_only_an_admin_gives_them_out(database: Database, role: str) -> None:
    """Nor does a machine, whatever its role."""
    recorder = Recorder(database)
    by = Provenance(by="x", role=role)
    with database.writing() as session:
        if role == "admin":
            create_token(session, recorder, "ann", "viewer", by)
            by = by.model_copy(update={"actor": "machine"})
        with pytest.raises(Refused, match="give tokens out"):
            create_token(session, recorder, "ann", "viewer", by)
        with pytest.raises(Refused, match="take tokens back"):
            revoke_token(session, recorder, "0" * 8, by)


def test_bad_requests_are_told(database: Database) -> None:
    """No such role, no name, no such token, no length of time."""
    recorder = Recorder(database)
    with database.writing() as session:
        with pytest.raises(UsageError, match="no role 'boss'"):
            create_token(session, recorder, "ann", "boss", ADMIN)
        with pytest.raises(UsageError, match="needs a name"):
            create_token(session, recorder, " ", "app", ADMIN)
        with pytest.raises(NotFound):
            revoke_token(session, recorder, "nope", ADMIN)
    assert duration("90d") == timedelta(days=90)
    assert duration("never") is None
    for wrong in ("", "0d", "5", "5y", "-1d"):
        with pytest.raises(UsageError, match="length of time"):
            duration(wrong)
