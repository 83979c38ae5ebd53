"""What stands before every route: who may ask at all, and what nothing could be done with.

Plain ASGI, so that a stream passes through untouched.
"""

import hmac
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

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
    """Refuses what no route could do anything with: NUL in an address (PostgreSQL has no such text), and a body
    that says it is too large. One that does not say so is stopped while it is read.
    """

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.app = app
        self.largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400 or 413, or pass on."""
        if scope["type"] == "http":
            if "\0" in scope["path"] or b"%00" in scope["query_string"]:
                await answer(400, "the address holds a NUL character")(scope, receive, send)
                return
            length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
            if length.isdigit() and (len(length) > 15 or int(length) > self.largest):
                problem = answer(413, f"the body has {length.decode()[:20]} bytes; {self.largest:,} are the most")
                await problem(scope, receive, send)
                return
        await self.app(scope, receive, send)
