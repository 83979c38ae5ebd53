"""Tokens: given out once, kept as a digest, for one role and some agents, until they expire or are taken back.

A token reads `strop_ID_SECRET`. Functions (session, …) -> value; sessions that write must come from `writing()`.
Prevents: a database whose reader can sign in, and a key that nobody remembers having given out.
"""

import hmac
import json
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.access.caller import Caller
from agents.access.roles import ROLES, Role, may, roles_with
from agents.access.tables import TOKENS
from agents.errors import Refused, UsageError
from traces.errors import NotFound
from traces.events import TokenCreated, TokenRevoked
from traces.ids import digest_text
from traces.provenance import Provenance
from traces.recorder import Recorder

AUDIT: Final = "audit"
"""Name of the stream of what was refused, and of who was given a key."""

SECRET_BYTES: Final = 32
"""As much chance as the digest has room for: nothing to guess, so a plain SHA-256 is enough to keep it by."""

_FORM: Final = re.compile(r"strop_([0-9a-z]{8})_([0-9A-Za-z_-]{20,100})")
_UNITS: Final = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}


@dataclass(frozen=True)
class Token:
    """What is kept of one."""

    id: str
    name: str
    role: Role
    agents: tuple[str, ...] | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def standing(self, now: datetime) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and now >= self.expires_at else "valid"


def create_token(
    session: Session, recorder: Recorder, name: str, role: str, by: Provenance, *,
    agents: Collection[str] | None = None, lasts: timedelta | None = None,
) -> tuple[str, Token]:  # fmt: skip
    """(the token, what is kept of it). It is shown this once.

    Args:
        session: from `writing()`.
        recorder: writes who gave it into the same transaction.
        name: whose it is; what is done with it is signed with this name.
        role: one of the table's.
        by: who gives it out.
        agents: the agents it is for; None: all.
        lasts: how long it is good for; None: until it is revoked.

    Raises:
        Refused: `by` may not give tokens out.
        UsageError: no such role, or no name.
    """
    _check_admin(by, "give tokens out")
    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}", hint=f"Roles: {', '.join(ROLES)}.")
    if not name.strip() or len(name) > 120:
        raise UsageError("a token needs a name of 1 to 120 characters", hint="Say whose it is: a person, an app.")
    now, token_id, secret = recorder.now(), secrets.token_hex(4), secrets.token_urlsafe(SECRET_BYTES)
    named = None if agents is None else sorted(set(agents))
    expires = None if lasts is None else now + lasts
    row: dict[str, Any] = {
        "id": token_id, "name": name.strip(), "role": role, "agents": None if named is None else json.dumps(named),
        "secret": digest_text(secret), "created_by": by.identity, "created_at": now, "expires_at": expires,
        "revoked_at": None,
    }  # fmt: skip
    session.execute(sa.insert(TOKENS), row)
    event = TokenCreated(token=token_id, name=row["name"], role=role, agents=named, expires_at=expires, provenance=by)
    recorder.append_in(session, AUDIT, event)
    return f"strop_{token_id}_{secret}", get_token(session, token_id)


def find_caller(session: Session, token: str, now: datetime) -> Caller | None:
    """Whom a token stands for; None where it is unknown, expired or revoked. Which of these is nobody's business."""
    form = _FORM.fullmatch(token)
    if form is None:
        return None
    row = session.execute(sa.select(TOKENS).where(TOKENS.c.id == form.group(1))).mappings().first()
    # The same work for an unknown id as for a wrong secret.
    known = hmac.compare_digest(row["secret"] if row else digest_text(""), digest_text(form.group(2)))
    if row is None or not known or (kept := _token(row)).standing(now) != "valid":
        return None
    agents = None if kept.agents is None else frozenset(kept.agents)
    return Caller(kept.name, kept.role, agents, "token", kept.id, kept.expires_at)


def get_token(session: Session, token_id: str) -> Token:
    """What is kept of a token, by its id.

    Raises:
        NotFound: there is none.
    """
    row = session.execute(sa.select(TOKENS).where(TOKENS.c.id == token_id)).mappings().first()
    if row is None:
        raise NotFound("token", token_id, hint="`strop tokens list` shows the tokens there are.")
    return _token(row)


def list_tokens(session: Session) -> list[Token]:
    """All tokens that were ever given out, newest first."""
    query = sa.select(TOKENS).order_by(TOKENS.c.created_at.desc(), TOKENS.c.id)
    return [_token(row) for row in session.execute(query).mappings()]


def has_tokens(session: Session, now: datetime) -> bool:
    """Whether anybody could come in with one."""
    return any(one.standing(now) == "valid" for one in list_tokens(session))


def revoke_token(session: Session, recorder: Recorder, token_id: str, by: Provenance) -> Token:
    """Take a token back: it is good for nothing from the next request on. Doing it twice is harmless."""
    _check_admin(by, "take tokens back")
    token = get_token(session, token_id)
    if token.revoked_at is None:
        changed = sa.update(TOKENS).where(TOKENS.c.id == token_id).values(revoked_at=recorder.now())
        session.execute(changed)
        recorder.append_in(session, AUDIT, TokenRevoked(token=token_id, name=token.name, provenance=by))
    return get_token(session, token_id)


def duration(text: str) -> timedelta | None:
    """`90d`, `12h`, `30m`, `4w`; `never` is None.

    Raises:
        UsageError: it is none of these.
    """
    if text == "never":
        return None
    found = re.fullmatch(r"([1-9]\d{0,4})([mhdw])", text)
    if found is None:
        raise UsageError(f"{text!r} is no length of time", hint="Such as 90d, 12h, 30m, 4w, or never.")
    return timedelta(minutes=int(found.group(1)) * _UNITS[found.group(2)])


def _check_admin(by: Provenance, what: str) -> None:
    if by.actor != "person" or not may(by.role, "administer"):
        raise Refused(f"{by.by!r} may not {what}", hint=f"It needs the role {' or '.join(roles_with('administer'))}.")


def _token(row: Any) -> Token:
    values = {key: value for key, value in row.items() if key != "secret"}
    agents = values["agents"]
    return Token(**{**values, "agents": None if agents is None else tuple(json.loads(agents))})
