"""The service itself, its agents, who asks, and what went wrong."""

from datetime import datetime
from typing import Literal

from agents.service.wire.shape import Shape


class AboutView(Shape):
    """Who answers: for the badge that is always in view."""

    service: str = "strop"
    version: str
    workspace: str
    environment: str
    read_only: bool = False
    user: str = ""
    agents: list[str] = []
    last_event_id: int = 0
    beyond: dict[str, str] = {}
    """Open runs that this version of Strop cannot go on with, by id, and why: another version wrote them."""
    losses: int = 0
    """Spans, requests and writes of the last day that could not be stored; `GET /v1/losses` says why."""


class MeView(Shape):
    """Who asks, and what that one may: a screen hides the keys that would be refused."""

    name: str
    role: Literal["app", "viewer", "operator", "approver", "admin"]
    permissions: list[str]
    """Of `read`, `run`, `judge`, `operate`, `propose`, `decide`, `roll_back`, `administer`."""
    agents: list[str] | None = None
    """None: all agents; else the ones this token is for."""
    source: Literal["socket", "token", "setting"] = "socket"
    """How it is known: the socket's own user, a token from `strop tokens`, or STROP_TOKEN."""
    expires_at: datetime | None = None


class AgentView(Shape):
    """An agent of the workspace and the bundle that serves it."""

    name: str
    description: str = ""
    model: str
    live: str
    live_source: Literal["definition", "decision"]
    definition_changed: bool = False
    """The file says something else than what the live bundle grew from."""
    tools: list[str] = []
    delegates: list[str] = []
    proposals: int = 0
    head: int = 0
    """Seq of the newest decision about the agent: send it with a decision, so that two people cannot cross."""


class LossView(Shape):
    """What could not be stored for one reason on one day (UTC)."""

    day: str
    what: Literal["spans", "requests", "writes"]
    why: str
    count: int
    last_at: datetime
    example: str = ""
    """What was said of the newest."""


class Problem(Shape):
    """An error as problem+json (RFC 9457); `hint` says what to do next."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    hint: str = ""
    position: int | None = None
    """Where in a query of the filter language the mistake is, in characters from 1."""
