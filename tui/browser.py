"""The terminal in a browser on this machine: its operator's alone, though every program reaches the loopback.

A page of another site that the same browser shows can reach the loopback too, by a WebSocket or under a name of its
own. Prevents: a version approved by whatever else the operator has open.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from textual_serve.server import Server

HOST: Final = "127.0.0.1"
POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws://{host}; frame-ancestors 'none'"
)
"""Nothing is asked of any other machine: the page that textual-serve gives names a font of one."""

FOCUS: Final = """<script>
new MutationObserver((_, observer) => {
  const keys = document.querySelector(".xterm-helper-textarea");
  if (keys) { keys.focus(); observer.disconnect(); }
}).observe(document.body, {attributes: true, childList: true, subtree: true});
</script></body>"""
"""Keys go to the terminal as soon as it is there: without it the first key is lost, until somebody clicks."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Browser(Server):
    """Serves a program's screens to who opens `address`, which holds the key of this sitting."""

    def __init__(self, program: str, port: int) -> None:
        """`program`: the command line whose screens are shown, one process for each tab; `port`: on the loopback."""
        super().__init__(program, host=HOST, port=port, title="strop")
        self._key = secrets.token_urlsafe(32)
        self._place = f"{HOST}:{port}"
        self._cookie = f"strop-{port}"  # cookies know no ports: two terminals at once must not take each other's

    @property
    def address(self) -> str:
        """What the operator opens; the page takes the key out of the line of the browser."""
        return f"http://{self._place}/?key={self._key}"

    def initialize_logging(self) -> None:
        """Without a line for each request, which would show the key."""
        super().initialize_logging()
        logging.getLogger("aiohttp.access").setLevel(logging.WARNING)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host != self._place or request.headers.get("Origin") not in {None, f"http://{self._place}"}:
            raise web.HTTPForbidden(text="This is not a page of this terminal.\n")
        if self._is_key(request.query.get("key", "")):
            opened = web.HTTPFound("/")
            opened.set_cookie(self._cookie, self._key, httponly=True, samesite="Strict")
            raise opened
        if not self._is_key(request.cookies.get(self._cookie, "")):
            raise web.HTTPForbidden(text="Open the whole address that `strop tui --web` printed: it holds the key.\n")
        response = await handler(request)
        if isinstance(response, web.Response) and response.content_type == "text/html" and response.text:
            response.text = response.text.replace("</body>", FOCUS)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = POLICY.format(host=self._place)
            response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def _is_key(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._key.encode())
