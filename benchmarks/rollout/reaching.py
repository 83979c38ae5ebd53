"""How long a decision takes to reach three workers: real processes, each starting conversations all the time."""

import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from agents.review import approve_proposal, roll_back_agent
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
        self.seen: list[tuple[float, str]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            began, digest = line.split()
            self.lines.put((float(began), digest))

    def until(self, digest: str) -> float:
        """When it began its next conversation on that version."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            one = self.lines.get(timeout=PATIENCE)
            self.seen.append(one)
            if one[1] == digest:
                return one[0]
        raise TimeoutError(f"no conversation on {digest} within {PATIENCE:g} s")

    def late(self, since: float, digest: str) -> int:
        """How many of the conversations that we saw it begin after `since` were on this version."""
        return sum(began > since and served == digest for began, served in self.seen)

    def end(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE)


def measure(folder: Path, url: str, decisions: int) -> tuple[float, int]:
    """(the longest time in seconds from a commit to a worker's first conversation on the new version, over approvals,
    roll-backs and all workers; conversations that were begun on a canary after it was taken back).
    """
    house, late, longest = House(folder, url), 0, 0.0
    first = house.live()
    workers = [Worker(folder, url, f"w{number}") for number in range(WORKERS)]
    try:
        for worker in workers:
            worker.until(first)
        for number in range(decisions):
            digest = house.propose(f"Answer, and be brief ({number}).")
            for decide in (
                lambda digest=digest: approve_proposal(house.recorder, digest, PERSON),
                lambda: roll_back_agent(house.recorder, "desk", PERSON),
            ):
                _forget(workers)
                decide()
                decided, now = time.time(), house.live()
                longest = max(longest, *(worker.until(now) - decided for worker in workers))
            late += _late_for_a_canary(house, workers, f"Answer in rhyme ({number}).")
    finally:
        for worker in workers:
            worker.end()
        house.database.close()
    return round(longest, 3), late


def _late_for_a_canary(house: House, workers: list[Worker], text: str) -> int:
    """How many conversations were begun on a candidate after it was taken back."""
    digest = house.propose(text)
    rollout = begin_rollout(house.recorder, "desk", digest, "canary", {"share": 0.5}, PERSON)
    for worker in workers:
        worker.until(digest)
    end_rollout(house.recorder, rollout.id, "stop", PERSON)
    decided = time.time()
    for worker in workers:  # each began several more by now
        for _ in range(5):
            worker.until(house.live())
    return sum(worker.late(decided, digest) for worker in workers)


def _forget(workers: list[Worker]) -> None:
    for worker in workers:
        while not worker.lines.empty():
            worker.lines.get()
