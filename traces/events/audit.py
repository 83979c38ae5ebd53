"""Facts of the stream `audit`: what was refused to whom, and who was given a key."""

from datetime import datetime
from typing import Literal

from traces.events.fact import Event
from traces.provenance import Provenance


class DecisionRefused(Event):
    """Somebody tried to decide about a version and was not allowed to. Nothing else was written."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["decision_refused"] = "decision_refused"
    agent: str
    act: str
    bundle: str | None = None
    why: str
    provenance: Provenance


class RequestRefused(Event):
    """A request over HTTP was not allowed: without a known token (401), or beyond what its role may (403)."""

    OUTSIDE = frozenset({"why"})
    kind: Literal["request_refused"] = "request_refused"
    status: int
    method: str
    route: str
    """As the service declares it, without what was asked for; empty where nobody knows who asks."""
    who: str = ""
    role: str = ""
    token: str = ""
    """Id of the token, never the token."""
    why: str
    times: int = 1
    """How many alike since the last such fact: who knocks without a token can knock often."""


class TokenCreated(Event):
    """A token was given out. Its secret is kept nowhere."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["token_created"] = "token_created"
    token: str
    name: str
    role: str
    agents: list[str] | None = None
    """None: all agents."""
    expires_at: datetime | None = None
    provenance: Provenance


class TokenRevoked(Event):
    """A token is good for nothing from here on."""

    OUTSIDE = frozenset({"provenance"})
    kind: Literal["token_revoked"] = "token_revoked"
    token: str
    name: str
    provenance: Provenance
