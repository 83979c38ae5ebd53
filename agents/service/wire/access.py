"""Keys to the service, and the rules for decisions: what an admin does from afar."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from agents.service.wire.shape import Key, Shape


class TokenView(Shape):
    """What is kept of a token; never what it is."""

    id: str
    name: str
    """Whose it is: what is done with it is signed so."""
    role: str
    agents: list[str] | None = None
    """None: all."""
    standing: Literal["valid", "expired", "revoked"]
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class NewTokenView(TokenView):
    """A token that was given out now. `secret` is shown this once and kept nowhere."""

    secret: str


class CreateToken(Shape):
    """Give a token to a person, or to an app."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Key
    role: Literal["app", "viewer", "operator", "approver", "admin"]
    agents: list[Key] | None = None
    """Only for these; None: for all."""
    expires: str = Field(default="90d", max_length=10)
    """After `90d`, `12h`, `30m`, `4w`; or `never`."""
    reason: str = ""
    by: str = ""


class RevokeToken(Shape):
    """Take a token back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = ""
    by: str = ""


class GovernanceView(Shape):
    """The rules for decisions about one agent's versions."""

    agent: str
    in_force: dict[str, Any]
    on_record: bool
    """Whether they were ever written down; else the file's are in force, and are written down with the first act."""
    file: dict[str, Any]
    """What strop.toml asked for when the service was started."""
    differ: list[str] = []
    """Rules that the file wants otherwise than they are in force."""


class ChangeGovernance(Shape):
    """Put other rules into force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: dict[str, Any] | None = None
    """Those that are to be as given; the others stay as they are in force. None: all as the file has them."""
    reason: str = Field(min_length=1)
    by: str = ""
