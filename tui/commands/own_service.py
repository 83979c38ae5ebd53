"""The service of a screen: the one that answers, or one of its own for as long as the screen is looked at.

Prevents a service that is left behind when a terminal is closed, and a screen that waits for ever for what nobody
else would start again.
"""

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
from typing import Final

from tui.commands.printing import say

LONGEST_PATH: Final = 100
"""Bytes of a socket's path that every system takes."""

CLOSED: Final = tuple(getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name))
"""What a program hears when its terminal is closed, or when it is asked to end."""

STOP_SECONDS: Final = 30
"""How long our own service may take to let its runs come to a recorded step."""

AGAIN: Final = 0.5
LONGEST_PAUSE: Final = 30.0
"""Seconds until our own service is started again after it died: twice as many each time, up to the longest."""

LONG_LIVED: Final = 60.0
"""Seconds that it has to live for the next pause to be the shortest again."""


@contextmanager
def service_of(root: Path) -> Iterator[str]:
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
        while True:
            assert self._process is not None
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
