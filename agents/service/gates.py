"""What stands before every route: who may ask at all, and what nothing could be done with.

Plain ASGI, so that a stream passes through untouched.
"""

import hmac
from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agents.service.problems import answer

OPEN_PATHS: Final = frozenset({"/health"})
"""What a load balancer may ask without a token; says nothing about the workspace."""


class TokenGate:
    """Lets a request pass that carries the token. On a Unix socket the file's permissions are the gate instead."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or pass on."""
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            sent = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
            # Not `==`: how long it takes must not tell how much of a guess was right.
            if not hmac.compare_digest(sent, self._expected):
                problem = answer(401, "this service asks for a bearer token", "Send Authorization: Bearer TOKEN.")
                await problem(scope, receive, send)
                return
        await self.app(scope, receive, send)


class RequestGate:
    """Refuses what no route could do anything with: NUL in an address (PostgreSQL has no such text), and a body that
    is too large, at once where it says so, else when it has been read that far.
    """

    def __init__(self, app: ASGIApp, largest: int, larger: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.largest = largest
        self.larger = larger or {}
        """Paths that may be sent more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400 or 413, or pass on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await answer(400, "the address holds a NUL character")(scope, receive, send)
        elif self._announced(scope) > (largest := self.larger.get(scope["path"], self.largest)):
            await answer(413, _told(largest))(scope, receive, send)
        else:
            await self.app(scope, self._counting(receive, largest), send)

    def _announced(self, scope: Scope) -> int:
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        return int(length[:18]) if length.isdigit() else 0

    def _counting(self, receive: Receive, largest: int) -> Receive:
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > largest:
                raise HTTPException(413, _told(largest))
            return message

        return counted


def _told(largest: int) -> str:
    return f"the body has more than {largest:,} bytes"
