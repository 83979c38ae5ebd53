"""Names of workers: who holds a lease, told so that another process of the same machine can see whether it lives.

Prevents: runs that stand still for the rest of a lease although everybody on the machine can see that their worker is
dead; and a living worker taken for dead because another machine, container or later process has its number.
"""

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Final

from traces.ids import new_id

HOST_LENGTH: Final = 40
"""Characters of the host's name: with all else a name fits its column."""


def worker_name() -> str:
    """A new name for a worker of this process: HOST:PID:PLACE.BEGUN:RANDOM."""
    host = os.uname().nodename[:HOST_LENGTH].replace(":", "-")
    return f"{host}:{os.getpid()}:{_place()}.{_begun(os.getpid())}:{new_id('w')[-6:]}"


def is_gone(name: str) -> bool:
    """Whether the worker's process has certainly ended. False wherever that cannot be seen from here."""
    parts = name.split(":")
    if len(parts) != 4 or not parts[1].isdigit():
        return False
    place, _, begun = parts[2].partition(".")
    if not place or place != _place() or not begun:
        return False
    return _begun(int(parts[1])) != begun


@cache
def _place() -> str:
    """Names what has one table of processes: a boot of a machine, and within it a container. Empty: not Linux."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        return hashlib.sha256((boot + os.readlink("/proc/self/ns/pid")).encode()).hexdigest()[:8]
    except OSError:
        return ""


def _begun(pid: int) -> str:
    """When a process began, in ticks since boot, so that a number used again is not taken for the first; empty: none.

    One that has ended and is not yet buried by its parent counts as none.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]
