"""`strop serve` and `strop tui` as real processes: they start, answer, stop, and leave nothing behind."""

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.tui.commands.workshop import Shell, surroundings

PROGRAM = [sys.executable, "-c", "from tui.cli import main; main()"]


@contextmanager
def served(root: Path, *args: str, **environment: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A service, and the place it answers at."""
    world = surroundings(root)
    world["env"].update(environment)
    command = [*PROGRAM, "serve", *args]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **world) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate()


def test_serve_until_interrupted(strop: Shell, root: Path, tmp_path: Path) -> None:
    """The place is printed when it answers; a second service is refused; Ctrl-C is a success and takes the socket."""
    path = str(tmp_path / "s")
    with served(root, "--socket", path) as (process, place):
        assert place == path
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(path)
        assert "another service" in strop.told("serve", "--socket", path, code=6)
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 0
    assert not Path(path).exists()


def test_tcp_needs_a_token(strop: Shell) -> None:
    """Nobody offers agents to a network by mistake."""
    assert "STROP_TOKEN" in strop.told("serve", "--host", "127.0.0.1", code=2)


def test_socket_and_port_exclude_each_other(strop: Shell) -> None:
    """One place only."""
    strop.told("serve", "--socket", "x", "--port", "1", code=2)


def test_the_screen_needs_a_terminal(strop: Shell) -> None:
    """In a pipe it says so."""
    assert "terminal" in strop.told("tui", code=2)


class Screen:
    """A program in a terminal of its own: what it draws can be waited for, keys can be pressed."""

    def __init__(self, root: Path, *args: str) -> None:
        controller, terminal = pty.openpty()
        self._controller = controller
        world: dict[str, Any] = surroundings(root)
        world["env"].update(TERM="xterm-256color", COLUMNS="120", LINES="40")
        self.process = subprocess.Popen(
            [*PROGRAM, *args], stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True, **world
        )
        os.close(terminal)
        self.seen = b""

    def wait_for(self, text: str) -> None:
        """Read until it is drawn; pytest's timeout ends a wait for what never comes."""
        while text.encode() not in self.seen:
            piece = os.read(self._controller, 65_536)
            assert piece, self.seen[-2000:]
            self.seen += piece

    def press(self, keys: str) -> None:
        """As on the keyboard."""
        os.write(self._controller, keys.encode())

    def end(self) -> int:
        """The exit code; what is still drawn is read, so that the program never waits for its reader."""
        while True:
            try:
                if not os.read(self._controller, 65_536):
                    break
            except OSError:  # the terminal's other side is closed: Linux says so with EIO
                break
        os.close(self._controller)
        return self.process.wait()


def test_the_screen_brings_its_own_service(strop: Shell, root: Path) -> None:
    """Without a service the screen starts one, shows the runs, and takes it away again."""
    strop("run", "plain", "A question to be seen")
    screen = Screen(root, "tui")
    screen.wait_for("A question to be seen")
    screen.press("q")
    assert screen.end() == 0
    assert not list(root.glob(".strop/*.sock"))


def test_the_screen_starts_its_own_service_again(strop: Shell, root: Path) -> None:
    """Killed, it is there again in a moment, what is shown is asked for anew, and nothing is left in the end."""
    strop("run", "plain", "A question to be seen")
    screen = Screen(root, "tui")
    screen.wait_for("A question to be seen")
    (first,) = services(root)
    os.kill(first, signal.SIGKILL)
    screen.wait_for("reconnecting")
    while not [pid for pid in services(root) if pid != first]:
        time.sleep(0.05)
    screen.seen = b""
    screen.wait_for("live")
    screen.press("q")
    assert screen.end() == 0
    assert services(root) == []


def services(root: Path) -> list[int]:
    """The processes that serve this workspace."""
    command = ["pgrep", "-f", f"serve .*--workspace {root}$"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [int(pid) for pid in found.split()]


def test_the_screen_uses_the_service_that_is_there(strop: Shell, root: Path) -> None:
    """A service on the workspace's socket goes on after the screen was left."""
    (root / "strop.toml").write_text('[service]\nsocket = "s.sock"\n')
    strop("run", "plain", "A question to be seen")
    with served(root, "--socket", "s.sock") as (process, _):
        screen = Screen(root, "tui")
        screen.wait_for("A question to be seen")
        assert b"starting the service" not in screen.seen
        screen.press("q")
        assert screen.end() == 0
        assert process.poll() is None


def test_a_screen_whose_service_cannot_start(root: Path) -> None:
    """The reason is told on the screen's own terminal."""
    (root / ".strop").mkdir()
    (root / ".strop" / "strop.db").write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    screen = Screen(root, "tui")
    screen.wait_for("not a readable SQLite database")
    assert screen.end() == 1


def test_a_terminal_closed_while_the_service_starts_leaves_none(root: Path) -> None:
    """What the screen has begun to start it takes away, though it never drew anything."""
    screen = Screen(root, "tui")
    screen.wait_for("starting the service")
    screen.process.send_signal(signal.SIGHUP)
    assert screen.end() == 128 + signal.SIGHUP
    assert services(root) == []
