"""How long a decision takes to reach three workers: real processes, each starting conversations all the time."""

import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from agents.rollouts import begin_rollout, end_rollout
from benchmarks.rollout.house import PERSON, House

WORKERS: Final = 3
PATIENCE: Final = 120.0
"""Seconds after which a worker that has not heard counts as one that never will."""


class Worker:
    """One process and what it says."""

    def __init__(self, folder: Path, url: str, name: str) -> None:
        command = [sys.executable, "-m", "benchmarks.rollout.house", str(folder), url, name]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines: queue.Queue[tuple[float, str]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            began, digest = line.split()
            self.lines.put((float(began), digest))

    def until(self, digest: str) -> float:
        """When it began its first conversation on that version."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            began, found = self.lines.get(timeout=PATIENCE)
            if found == digest:
                return began
        raise TimeoutError(f"no conversation on {digest} within {PATIENCE:g} s")

    def late(self, since: float, digest: str) -> int:
        """How many conversations that it began after `since` were on this version."""
        found = 0
        while not self.lines.empty():
            began, served = self.lines.get()
            found += began > since and served == digest
        return found

    def end(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE)


def measure(folder: Path, url: str, decisions: int) -> tuple[float, int]:
    """(the longest time in seconds from a commit to the first conversation on the new version, over all workers and
    decisions; conversations that were begun on a version after it was taken back). Promotions and roll-backs in turn.
    """
    house, late = House(folder, url), 0
    house.live()
    workers = [Worker(folder, url, f"w{number}") for number in range(WORKERS)]
    longest = 0.0
    try:
        for worker in workers:
            worker.until(house.live())
        for number in range(decisions):
            digest = house.propose(f"Answer, and be brief ({number}).")
            rollout = begin_rollout(house.recorder, "desk", digest, "canary", {"share": 0.5}, PERSON)
            for worker in workers:
                worker.until(digest)
            wanted = "promote" if number % 2 else "stop"
            after = digest if wanted == "promote" else house.live()
            _forget(workers)
            end_rollout(house.recorder, rollout.id, wanted, PERSON)
            decided = time.time()
            longest = max(longest, *(worker.until(after) - decided for worker in workers))
            time.sleep(0.5)
            if wanted == "stop":
                late += sum(worker.late(decided, digest) for worker in workers)
    finally:
        for worker in workers:
            worker.end()
        house.database.close()
    return round(longest, 3), late


def _forget(workers: list[Worker]) -> None:
    for worker in workers:
        while not worker.lines.empty():
            worker.lines.get()
