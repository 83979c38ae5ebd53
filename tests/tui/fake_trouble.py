"""A service in trouble: it answers who it is, and then takes for ever, or says that its database does not answer."""

import asyncio
from typing import Any, Literal, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from agents.service import wire

Mood = Literal["", "slow", "broken"]
SPARED = frozenset({"/v1/about", "/v1/me", "/v1/feed"})
"""What is answered in any mood: the terminal knows where it is and that the service lives."""
BROKEN = wire.Problem(
    status=503, title="the database cannot be used", detail="no answer within 5 s",
    hint="Is PostgreSQL running? `strop doctor` looks.",
)  # fmt: skip


class Moody(Protocol):
    """What has a mood."""

    mood: Mood


class Moods:
    """Middleware that lets the mood of a world be felt."""

    def __init__(self, app: ASGIApp, world: Moody) -> None:
        self._app, self._world = app, world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait while it is slow, refuse while it is broken, else pass on."""
        if scope["type"] == "http" and scope["path"] not in SPARED:
            while self._world.mood == "slow":  # noqa: ASYNC110 - a test sets it from another thread
                await asyncio.sleep(0.02)
            if self._world.mood == "broken":
                body = BROKEN.model_dump_json().encode()
                headers: Any = [(b"content-type", b"application/problem+json")]
                await send({"type": "http.response.start", "status": BROKEN.status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self._app(scope, receive, send)
