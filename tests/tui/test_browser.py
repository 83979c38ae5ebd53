"""The terminal in a browser answers the page that holds its key, and nobody else's."""

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from tui.browser import HOST, Browser

pytestmark = pytest.mark.anyio
SIZE = "/ws?width=80&height=24"


@pytest.fixture
def anyio_backend() -> str:
    """Aiohttp knows this loop alone."""
    return "asyncio"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Listening on a free port; what it shows is a program that says nothing, and ends when it is told anything."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    browser = Browser(f"{sys.executable} -c 'import sys; sys.stdin.buffer.read(1)'", port)
    runner = web.AppRunner(await browser._make_app())
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    yield browser
    await runner.cleanup()


def url(browser: Browser, path: str = "/") -> str:
    """A path of it, without the key."""
    return browser.address.partition("/?")[0] + path


@asynccontextmanager
async def visitor() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that keeps cookies of the loopback, too."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


@pytest.mark.parametrize("path", ["/", "/?key=", "/?key=wrong", SIZE, "/static/js/textual.js"])
async def test_nobody_comes_in_without_the_key(browser: Browser, path: str) -> None:
    """A program of another user finds the port, and learns nothing but where the key is."""
    async with visitor() as session, session.get(url(browser, path)) as answer:
        assert answer.status == 403
        assert "the whole address" in await answer.text()
        assert not answer.cookies


async def test_the_address_opens_it_and_is_taken_out_of_the_line(browser: Browser) -> None:
    """The key becomes a cookie that no script reads and no other site sends; the page asks no other machine."""
    async with visitor() as session, session.get(browser.address) as answer:
        assert answer.status == 200
        assert str(answer.url) == url(browser)
        (cookie,) = answer.history[0].cookies.values()
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
        policy = answer.headers["Content-Security-Policy"]
        assert all("//" not in word or word.startswith(f"ws://{HOST}:") for word in policy.rstrip(";").split())
        assert ".focus()" in await answer.text()
        async with session.ws_connect(url(browser, SIZE)) as link:
            await link.send_json(["ping", 7])
            assert await link.receive_json() == ["pong", 7]


async def test_another_site_in_the_same_browser_is_refused(browser: Browser) -> None:
    """Its WebSocket names where it comes from; a name of its own for the loopback is not ours."""
    async with visitor() as session:
        async with session.get(browser.address) as answer:
            assert answer.status == 200
        for header in ({"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Host": "elsewhere.example"}):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect(url(browser, SIZE), headers=header)
