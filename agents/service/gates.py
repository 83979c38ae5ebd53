"""What stands before every route: who asks, and what nothing could be done with.

Plain ASGI, so that a stream passes through untouched.
"""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agents.access.caller import Caller
from agents.service.problems import answer

OPEN_PATHS: Final = frozenset({"/health"})
"""What a load balancer may ask without a token; says nothing about the workspace."""

NOBODY: Final = Caller("nobody", "app", frozenset())
"""Who asks for an open path over TCP: it may do nothing else."""


class CallerGate:
    """Says who asks: whoever's token was sent, else the user of the Unix socket, else nobody (401).

    On a Unix socket the file's permissions let the user in; a token that is sent there counts all the same, so that
    what somebody may do can be tried out.

    Args:
        app: what stands behind.
        local: the socket's user; None over TCP, where everybody needs a token.
        setting: (token, caller) of the settings; None where there is none.
        find: whom one of the registry's tokens stands for, or None. Asks the database.
        knocked: told of each request without a known token: its method, and why it was refused.
    """

    def __init__(
        self, app: ASGIApp, *, local: Caller | None, setting: tuple[str, Caller] | None,
        find: Callable[[str], Caller | None], knocked: Callable[[str, str], None],
    ) -> None:  # fmt: skip
        self.app = app
        self._local = local
        self._setting = setting
        self._find = find
        self._knocked = knocked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or pass on, with `caller` in the request's state."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        caller = self._local or (NOBODY if scope["path"] in OPEN_PATHS else None)
        if sent is not None and caller is not NOBODY:
            caller = await self._caller(sent)
        if caller is None:
            why = "no token was sent" if sent is None else "the token is not known, has expired or was revoked"
            await asyncio.to_thread(self._knocked, scope["method"], why)
            problem = answer(401, why, "Send Authorization: Bearer TOKEN; `strop tokens create` gives one.")
            await problem(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self.app(scope, receive, send)

    async def _caller(self, sent: bytes) -> Caller | None:
        # Not `==`: how long it takes must not tell how much of a guess was right.
        if self._setting is not None and hmac.compare_digest(sent, f"Bearer {self._setting[0]}".encode()):
            return self._setting[1]
        scheme, _, token = sent.decode("latin-1").partition(" ")
        return await asyncio.to_thread(self._find, token.strip()) if scheme.lower() == "bearer" else None


class RequestGate:
    """Refuses what no route could do anything with: NUL in an address (PostgreSQL has no such text), and a body that
    is too large, at once where it says so, else when it has been read that far.
    """

    def __init__(
        self,
        app: ASGIApp,
        largest: int,
        larger: Mapping[str, int] | None = None,
        too_large: Callable[[str, str], None] = lambda path, told: None,
    ) -> None:
        self.app = app
        self.largest = largest
        self.larger = larger or {}
        """Paths that may be sent more."""
        self._too_large = too_large
        """Told of each body that is refused for its size: where to, and why."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400 or 413, or pass on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await answer(400, "the address holds a NUL character")(scope, receive, send)
        elif self._announced(scope) > (largest := self.larger.get(scope["path"], self.largest)):
            await asyncio.to_thread(self._too_large, scope["path"], _told(largest))
            await answer(413, _told(largest))(scope, receive, send)
        else:
            await self.app(scope, self._counting(scope["path"], receive, largest), send)

    def _announced(self, scope: Scope) -> int:
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        return int(length[:18]) if length.isdigit() else 0

    def _counting(self, path: str, receive: Receive, largest: int) -> Receive:
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > largest:
                await asyncio.to_thread(self._too_large, path, _told(largest))
                raise HTTPException(413, _told(largest))
            return message

        return counted


def _told(largest: int) -> str:
    return f"the body has more than {largest:,} bytes"
