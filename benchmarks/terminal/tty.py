"""A program in a pseudo-terminal: keys go in, bytes come out, and its CPU time is read from the kernel.

CPU time and bytes say the same on a busy machine as on an idle one; wall time does not, and is only told beside.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from typing import Final

QUIET: Final = 0.12
"""Seconds without a byte after which what a key did is taken for painted: longer than facts are gathered."""
RESTLESS: Final = 5.0
"""Seconds after which a service that goes on working is left to it."""
PATIENCE: Final = 60.0
"""Seconds after which a wait is given up; no promise about speed."""


def cpu_of(pid: int) -> float:
    """CPU seconds of a process with all its threads, those that ended too: its CPU clock, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)


def memory_of(pid: int) -> float:
    """Megabytes of a process in memory."""
    with open(f"/proc/{pid}/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


class Tty:
    """One program in a terminal of this size."""

    def __init__(self, argv: Sequence[str], columns: int, rows: int) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"}
        self.begun = time.monotonic()
        self._process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True, close_fds=True
        )
        os.close(slave)
        self._master = master
        self.pid = self._process.pid
        self.written = 0
        """Bytes that came out so far."""
        self.bursts = 0
        """Times that output began after a silence: how often it painted."""

    def press(self, keys: str) -> None:
        """Send keys as a terminal does."""
        os.write(self._master, keys.encode())

    def read(self, seconds: float) -> bytes:
        """What comes within this time; at once when something is there."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return b""
        piece = os.read(self._master, 1 << 16)
        self.written += len(piece)
        return piece

    def until(self, text: str) -> None:
        """Read until this text came out."""
        seen, end, wanted = b"", time.monotonic() + PATIENCE, text.encode()
        while wanted not in seen:
            if time.monotonic() > end:
                raise TimeoutError(f"never came: {text!r}; last {seen[-400:]!r}")
            seen = seen[-4096:] + self.read(0.05)

    def settle(self, *pids: int, quiet: float = QUIET) -> None:
        """Read until nothing was written, and neither it nor these processes did anything, for so long.

        Given up after a while: a service may have work of its own, which then counts with the key that was pressed.
        """
        end = time.monotonic() + RESTLESS
        while time.monotonic() < end:
            before = sum(map(cpu_of, (self.pid, *pids)))
            if not self.read(quiet) and sum(map(cpu_of, (self.pid, *pids))) - before < 0.003:
                return

    def listen(self, seconds: float) -> None:
        """Read for so long, counting paints: pieces with a silence of 20 ms before them."""
        end, last = time.monotonic() + seconds, 0.0
        while (now := time.monotonic()) < end:
            if self.read(min(end - now, 0.05)):
                self.bursts += time.monotonic() - last > 0.02
                last = time.monotonic()

    def close(self) -> None:
        """End the program."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._master)
