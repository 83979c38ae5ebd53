"""What the engine has read of a prompt's start, kept on disk: a system message is read once, not once per slot.

Measured on two cores with the 1.5B weights: 600 tokens take 8 to 15 s to read and 3 ms to restore (18 MB). Only
the system message is kept, never what a user said, so that no customer's words stay in a cache.
"""

import hashlib
import os
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

# Shorter ones are read again faster than they are worth a file.
LEAST_CHARS = 400
FILES_MOST = 12
# A cache must never be what fills a disk.
ROOM_LEAST = 2_000_000_000


class Prefixes:
    """The kept starts of one engine. `identity` names weights and engine version: other bytes, other files."""

    def __init__(self, folder: Path, identity: str, server_url: str, api_key: str) -> None:
        self.folder = folder
        self._identity = identity
        # The engine's own loopback port: a proxy in the environment must not be asked for it.
        self._client = httpx.Client(
            base_url=server_url, headers={"Authorization": f"Bearer {api_key}"}, timeout=60, trust_env=False
        )
        self._reading: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def close(self) -> None:
        """Close the connection; the files stay."""
        self._client.close()

    def ready(self, slot: int, system: str, read: Callable[[], object]) -> None:
        """Have `system` in the memory of `slot`: from its file, or by `read`, which reads it there.

        Of several requests with the same new start only one reads it, the others wait and restore. What `read`
        raises is raised.
        """
        if len(system) < LEAST_CHARS:
            return
        file = hashlib.sha256(f"{self._identity}\n{system}".encode()).hexdigest() + ".prefix"
        with self._reading[file]:
            if not self._restore(slot, file):
                read()
                self._save(slot, file)

    def _restore(self, slot: int, file: str) -> bool:
        path = self.folder / file
        if not path.is_file():
            return False
        if self._ask(slot, "restore", file):
            with suppress(OSError):
                path.touch()
            return True
        path.unlink(missing_ok=True)
        return False

    def _save(self, slot: int, file: str) -> None:
        """Best effort: without room or rights the engine only reads more often."""
        with suppress(OSError):
            if shutil.disk_usage(self.folder).free < ROOM_LEAST:
                return
            partial = f"{file}.{os.getpid()}.tmp"
            if self._ask(slot, "save", partial):
                (self.folder / partial).replace(self.folder / file)
            (self.folder / partial).unlink(missing_ok=True)
            self._tidy()

    def _tidy(self) -> None:
        files = sorted(self.folder.glob("*.prefix"), key=lambda path: path.stat().st_mtime)
        for path in files[:-FILES_MOST]:
            path.unlink(missing_ok=True)

    def _ask(self, slot: int, action: str, file: str) -> bool:
        try:
            answer = self._client.post(f"/slots/{slot}", params={"action": action}, json={"filename": file})
        except httpx.HTTPError:
            return False
        return answer.is_success
