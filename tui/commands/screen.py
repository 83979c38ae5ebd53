"""`strop tui`: the terminal app, on a service that is there or on one of its own for as long as it is looked at."""

import shlex
import signal
import socket as sockets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from tui.commands.opening import in_workspace, root_of
from tui.commands.printing import say

if TYPE_CHECKING:
    from agents.whereabouts import Terminal

LONGEST_PATH: Final = 100
"""Bytes of a socket's path that every system takes."""

CLOSED: Final = tuple(getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name))
"""What a program hears when its terminal is closed, or when it is asked to end."""

STOP_SECONDS: Final = 30
"""How long our own service may take to let its runs come to a recorded step."""

AGAIN: Final = 0.5
LONGEST_PAUSE: Final = 30.0
LONG_LIVED: Final = 60.0
"""Seconds until our own service is started again after it died, which double while it dies sooner than the last."""


@click.command()
@click.option("--url", default=None, help="A service over TCP, such as http://127.0.0.1:8321.")
@click.option("--token", default=None, help="What it wants to be sent. Default: STROP_TOKEN.")
@click.option("--read-only", is_flag=True, help="Show, change nothing.")
@click.option("--plain", is_flag=True, help="Draw with ASCII signs alone.")
@click.option(
    "--theme", type=click.Choice(["dark", "light", "contrast", "colour-blind", "sixteen"]), default=None,
    help="T changes it later. Default: dark, or sixteen where the terminal has no more colours.",
)  # fmt: skip
@click.option(
    "--web",
    "port",
    type=click.IntRange(1024, 65535),
    default=None,
    metavar="PORT",
    help="In a browser on this machine instead, at this port.",
)
@in_workspace
def tui(
    url: str | None, token: str | None, read_only: bool, plain: bool, theme: str | None, port: int | None,
    folder: Path | None,
) -> None:  # fmt: skip
    """Read runs, correct them, compare versions, approve, roll back: on one screen."""
    from agents.whereabouts import terminal_settings

    said = {"theme": theme, "plain": plain or None, "read_only": read_only or None, "url": url}
    settings = terminal_settings()
    if folder is not None and url is None:
        settings = settings.model_copy(update={"url": None})
    settings = settings.model_copy(update={name: value for name, value in said.items() if value is not None})
    if port is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("the screen needs a terminal; `strop runs`, `strop proposals` … print the same")
    with ExitStack() as stack:
        place = None if settings.url is not None else stack.enter_context(_service(root_of(folder)))
        if port is not None:
            if token is not None:
                raise click.UsageError("with --web the token is taken from STROP_TOKEN, not from a command line")
            _serve_web(port, place, settings)
            return
        code = show(place, settings, token)
    click.get_current_context().exit(code)


def show(place: str | None, settings: "Terminal", token: str | None = None) -> int:
    """Show the terminal until the person leaves; gives the exit code.

    Args:
        place: path of the service's Unix socket; None: it is at `settings.url`.
        settings: how the person likes it.
        token: what the service wants to be sent; None: STROP_TOKEN.
    """
    from agents.whereabouts import client_token, in_tmux, terminal_memory, wants_colours
    from tui.app import run_app

    keys = {}
    if settings.keys:
        from tui.keymap import checked

        keys = checked(settings.keys)
    return run_app(
        settings.url, place, token or client_token(), settings.read_only, plain=settings.plain, theme=settings.theme,
        tmux=in_tmux(), keys=keys, memory=terminal_memory(), colours=wants_colours(),
    )  # fmt: skip


def _serve_web(port: int, place: str | None, settings: "Terminal") -> None:
    """The same screens in a browser, on the loopback alone; each tab is a process."""
    try:
        from tui.browser import Browser
    except ModuleNotFoundError as error:
        raise click.UsageError('a browser needs the extra: pip install "strop[web]"') from error
    imports = "from agents.whereabouts import Terminal; from tui.commands.screen import show"
    asked = f"show({place!r}, Terminal.model_validate({settings.model_dump()!r}))"
    program = shlex.join([sys.executable, "-c", f"{imports}; {asked}"])
    browser = Browser(program, port)
    say(f"open {browser.address} in a browser on this machine (the address holds its key); Ctrl-C ends it")
    browser.serve()


@contextmanager
def _service(root: Path) -> Iterator[str]:
    """The socket of a service of this workspace: the one that answers, or one started for this screen."""
    from agents.whereabouts import socket_of

    place = socket_of(root)
    if answers(place):
        yield str(place)
        return
    with ExitStack() as stack:
        if len(str(place).encode()) > LONGEST_PATH:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strop-"))) / "strop.sock"
        yield stack.enter_context(_started(root.resolve(), place))


def answers(place: Path) -> bool:
    """Whether somebody listens on the Unix socket."""
    with sockets.socket(sockets.AF_UNIX) as probe:
        try:
            probe.connect(str(place))
        except OSError:
            return False
        return True


@contextmanager
def _started(root: Path, place: Path) -> Iterator[str]:
    """A service as a process of its own: a run goes on while the screen is drawn. Started again if it dies."""
    # A terminal closed before the app hears of it by itself must not leave the service behind, not even one that is
    # being forked at that moment: until the process can be ended, a signal is only noted.
    noted: list[int] = []
    for number in CLOSED:
        signal.signal(number, lambda number, frame: noted.append(number))
    say("starting the service …")
    own = OwnService(root, place)
    try:
        own.start()
        for number in CLOSED:
            signal.signal(number, _leave)
        if noted:
            _leave(noted[0], None)
        own.wait_until_ready()
        own.watch()
        yield str(place)
    finally:
        own.stop()


class OwnService:
    """The service of one screen. Prevents a screen that waits for ever for what nobody else would start again.

    Args:
        root: the workspace.
        place: the Unix socket it listens on.
    """

    def __init__(self, root: Path, place: Path) -> None:
        self.place = place
        self.log = root / ".strop" / "service.log"
        program = [sys.executable, "-c", "from tui.cli import main; main()", "serve"]
        self._command = [*program, "--socket", str(place), "--workspace", str(root)]
        self._process: subprocess.Popen[str] | None = None
        self._stopping = threading.Event()
        self._changing = threading.Lock()

    def start(self) -> None:
        """Begin; what it logs goes to a file."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self._changing, self.log.open("a", encoding="utf-8") as file:
            if not self._stopping.is_set():  # a session of its own: Ctrl-C in the screen is the screen's
                self._process = subprocess.Popen(
                    self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=file, text=True,
                    start_new_session=True,
                )  # fmt: skip

    def wait_until_ready(self) -> None:
        """Raises StropError with what it said last when it ends instead."""
        from agents.errors import StropError

        assert self._process is not None
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise StropError(
                f"the service did not start: {_last_line(self.log)}",
                hint=f"`strop serve` shows why; the whole log is {str(self.log)!r}.",
            )

    def watch(self) -> None:
        """From now on start it again when it dies, a little later each time until it lives for a minute."""
        threading.Thread(target=self._watched, name="strop-own-service", daemon=True).start()

    def _watched(self) -> None:
        pause = AGAIN
        while self._process is not None:
            began = time.monotonic()
            self._process.wait()
            pause = AGAIN if time.monotonic() - began > LONG_LIVED else min(2 * pause, LONGEST_PAUSE)
            while self._stopping.wait(pause) or answers(self.place):
                if self._stopping.is_set():
                    return
            self.start()

    def stop(self) -> None:
        """End it; its runs come to a recorded step first, if they do in time."""
        self._stopping.set()
        with self._changing:
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()  # what is recorded is safe; the next service goes on with the runs
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _leave(number: int, frame: object) -> None:
    sys.exit(128 + number)


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if "error: " in line]
    return lines[-1].split("error: ", 1)[1] if lines else "it said nothing"
