"""The service as a process: where it listens, who may connect, how it stops and what it logs.

By default a Unix socket that only its owner may use; TCP only with a token. Prevents: two services on one socket, a
socket left by a dead one that blocks the next, and a stop that waits for streams which never end by themselves.
"""

import asyncio
import errno
import fcntl
import os
import signal
import socket as sockets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn

from agents.access.tokens import has_tokens
from agents.assembly import open_runtime
from agents.config import Workspace
from agents.errors import StropError, UsageError
from agents.prompts.plan import JudgeMaker
from agents.runtime import Runtime
from agents.service.app import adopt_definitions, create_app
from agents.service.deps import Service
from agents.service.drift_watch import DriftWatch
from agents.service.hourly_watch import HourlyWatch
from agents.service.log import log_to
from agents.service.night_watch import NightWatch
from agents.service.rollout_watch import RolloutWatch
from agents.service.worker import settle_down, stopping_in_time

BACKLOG: Final = 512
LONGEST_PATH: Final = 100
"""Bytes of a socket's path: the kernel's structure holds 108 on Linux and 104 on BSD."""

GRACE_SECONDS: Final = 20
"""How long a stop may take before open requests are cut off; longer than runs are drained for."""


class ServiceThere(StropError):
    """Another service listens where this one was to."""

    exit_code = 6
    status = 409


def serve(
    workspace: Workspace,
    *,
    socket: Path | None = None,
    host: str | None = None,
    port: int = 8321,
    runtime: Runtime | None = None,
    on_ready: Callable[[str], None] = lambda place: None,
    log: Any = None,
    night_command: Sequence[str] = (),
    check_command: Sequence[str] = (),
    make_judge: JudgeMaker | None = None,
) -> None:
    """Serve the workspace until SIGINT or SIGTERM. Returns after a graceful stop.

    Args:
        workspace: what is served.
        socket: path of the Unix socket; default the workspace's own. Not used with `host`.
        host: listen on TCP instead, on this address; needs the workspace's token.
        port: of TCP; 0 lets the system choose.
        runtime: works on the runs; opened here unless given. Closed at the end either way.
        on_ready: told the place (a path, or a URL) when requests are answered.
        log: text stream for the log, one JSON object a line; default stderr.
        night_command: what runs a night of the optimizer when one is due; empty: nobody does.
        check_command: what plays an agent's tasks when its tools have drifted; empty: nobody does.
        make_judge: judges what rollouts come to; None: nobody watches them.

    Raises:
        ServiceThere: another service has the socket or the port.
        UsageError: TCP without a token, or a place that cannot be listened on.
    """
    log_to(log or sys.stderr)
    with _listening(socket or workspace.socket, host, port) as (listener, place):
        runtime = runtime or open_runtime(workspace)
        if host is not None:
            _check_keys(workspace, runtime)
        watch = NightWatch(workspace, runtime.database, night_command) if night_command else None
        drift = DriftWatch(workspace, runtime.recorder, runtime.worker, check_command) if check_command else None
        rollouts = None if make_judge is None else RolloutWatch(runtime, make_judge)
        token = workspace.token if host is not None else ""
        kept = HourlyWatch(runtime.recorder, workspace.retention, runtime.worker, workspace.governance.rules_for)
        app = create_app(
            workspace, runtime, token=token, tcp=host is not None, watch=watch, rollout_watch=rollouts,
            hourly_watch=kept, drift_watch=drift,
        )  # fmt: skip
        adopt_definitions(app.state.service)  # a database that cannot be used is told here, not in the server's log
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=GRACE_SECONDS
        )
        server = _Server(config, app.state.service, lambda: on_ready(place))
        with stopping_in_time() as server.stop:
            try:
                asyncio.run(server.serve(sockets=[listener]))
            finally:
                runtime.database.close()


class _Server(uvicorn.Server):
    """uvicorn's server that ends our streams first, and treats a signal as a wish, not as a way to die."""

    def __init__(self, config: uvicorn.Config, parts: Service, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._parts = parts
        self._on_ready = on_ready
        self.stop: Callable[[], None] = lambda: None
        """Called when a stop begins, so that it also ends."""

    async def startup(self, sockets: list[sockets.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            settle_down()
            self._on_ready()

    async def shutdown(self, sockets: list[sockets.socket] | None = None) -> None:
        self.stop()
        self._parts.bell.close()
        # Before the connections are waited for: a request that waits for its run would hold them open.
        closing = asyncio.create_task(self._parts.work.close())
        while not closing.done():
            await asyncio.wait({closing}, timeout=0.1)
            if self.force_exit:  # a second Ctrl-C
                await self._parts.work.leave()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, without raising the signal again after a graceful stop: that is a success."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


# --- where it listens --------------------------------------------------------------------------------------------


@contextmanager
def _listening(path: Path, host: str | None, port: int) -> Iterator[tuple[sockets.socket, str]]:
    """(a bound socket, its place for people); what was put into the file system is taken away again."""
    if host is None:
        with _unix(path) as listener:
            yield listener, str(path)
        return
    with _tcp(host, port) as listener:
        chosen = listener.getsockname()[1]
        yield listener, f"http://{f'[{host}]' if ':' in host else host}:{chosen}"


def _check_keys(workspace: Workspace, runtime: Runtime) -> None:
    if workspace.token:
        return
    with runtime.database.reading() as session:
        keys = has_tokens(session, runtime.recorder.now())
    if not keys:
        runtime.database.close()
        raise UsageError(
            "a service on TCP needs a token, for anybody on the network could use it",
            hint="`strop tokens create` gives one, or set STROP_TOKEN; or serve on the Unix socket (the default).",
        )


@contextmanager
def _unix(path: Path) -> Iterator[sockets.socket]:
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise UsageError(
            f"the path of the socket is too long for the system: {str(path)!r}",
            hint="Give a short one: [service] socket in strop.toml, or --socket.",
        )
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(_only_one(path))
            if path.exists() and not path.is_socket():
                raise UsageError(f"{str(path)!r} is there and is not a socket", hint="Move it away.")
            path.unlink(missing_ok=True)  # we hold the lock, so it is a dead service's
            listener = stack.enter_context(sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM))
            _bind_private(listener, path)
        except OSError as error:
            raise UsageError(
                f"cannot listen at {str(path)!r}: {error.strerror or error}",
                hint="Give a place that can be written: [service] socket in strop.toml, or --socket.",
            ) from error
        stack.callback(path.unlink, missing_ok=True)
        yield listener


def _bind_private(listener: sockets.socket, path: Path) -> None:
    """Bind with permissions 0600 from the first moment on."""
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(BACKLOG)


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold the lock that belongs to the socket. The kernel lets go of it however the process dies."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "?"
            raise ServiceThere(
                f"another service answers at {str(path)!r} (process {owner})",
                hint="Use that one, stop it, or give this one another --socket.",
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _tcp(host: str, port: int) -> Iterator[sockets.socket]:
    if not 0 <= port <= 65_535:  # the resolver would quietly take its last 16 bits
        raise UsageError(f"cannot listen on {host}:{port}: there is no such port", hint="Check --port.")
    with ExitStack() as stack:
        try:
            found = sockets.getaddrinfo(host, port, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE)
            family, kind, protocol, _, address = found[0]
            listener = stack.enter_context(sockets.socket(family, kind, protocol))
            listener.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except (OSError, OverflowError) as error:
            if getattr(error, "errno", None) == errno.EADDRINUSE:
                raise ServiceThere(
                    f"something else listens on {host}:{port}", hint="Choose another --port."
                ) from error
            raise UsageError(f"cannot listen on {host}:{port}: {error}", hint="Check --host and --port.") from error
        yield listener
