"""The runs this process works on: begun, waited for, taken over from dead workers, handed back when it stops.

A run belongs to the ledger, not to the request that asked for it: a client that goes away stops nothing, and a
service that stops leaves its runs as they stand, to go on with the next start. Prevents: a run that nobody works on.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from agents.deadlines import Deadlines
from agents.errors import RunOwned, StropError, TurnQueued
from agents.journal import ReplayMiss
from agents.runtime import Answer, Runtime
from agents.service.watcher import Watcher
from agents.service.wire import DeltaView
from traces.errors import LedgerError, LedgerOutdated
from traces.events import ModelFailed, ModelReplied, ModelRequested
from traces.leases import list_unheld
from traces.recorder import Recorded

log = structlog.get_logger("strop.service")

SCAN_SECONDS: Final = 2.0
"""How often we look for runs that nobody works on. A dead worker's lease runs out after 10 s."""

PAUSE_SECONDS: Final = 0.2
"""The shortest time between two looks, also while there is more to be taken than there is room for."""

LOOK_LIMIT: Final = 1000
"""Runs that one look finds; the next look finds the next."""

TAKEN_SHARE: Final = 0.5
"""So much of the slots may be taken by runs that others left: after a long outage there can be thousands of them, and
who asks something now must not wait behind them all."""

YOUNG_SECONDS: Final = 5.0
"""A run this young without a lease is most likely being started by another process in this moment."""

LEAVE_SECONDS: Final = 3.0
"""How long a run may take to stop after it was told to. What does not (an engine's thread) goes with the process."""

DRAIN_SECONDS: Final = 10.0
"""How long a stopping service lets its runs come to their end before it leaves them for the next start."""

DELTAS_KEPT: Final = 2_000
"""Pieces of a reply waiting for one slow onlooker. Beyond it the oldest go: they are in the fact that follows."""


Piece = tuple[int, DeltaView]
"""A piece of a reply, behind the seq of the run's newest fact when it came: so it is told in its place."""


class Onlooker:
    """Somebody who follows a run: woken by pieces of a reply and by facts, lives on the loop."""

    def __init__(self, so_far: Iterable[Piece]) -> None:
        self.pieces: deque[Piece] = deque(so_far, maxlen=DELTAS_KEPT)
        self.woken = asyncio.Event()
        self.facts_due = True

    def ring(self) -> None:
        """There may be new facts."""
        self.facts_due = True
        self.woken.set()

    def give(self, piece: Piece) -> None:
        """There is a piece of a reply."""
        self.pieces.append(piece)
        self.woken.set()

    def take(self, seq: int) -> list[DeltaView]:
        """The pieces that came before fact `seq` + 1, neighbours of one kind joined."""
        taken: list[DeltaView] = []
        while self.pieces and self.pieces[0][0] <= seq:
            piece = self.pieces.popleft()[1]
            if taken and taken[-1].kind == piece.kind and piece.kind not in {"tool", "progress"}:
                taken[-1] = piece.model_copy(update={"text": taken[-1].text + piece.text})
            else:
                taken.append(piece)
        return taken


class Work:
    """The tasks of one process over one runtime. Made, used and closed on one event loop.

    Args:
        runtime: works on the runs.
        at_once: so many are worked on at the same time; the others wait, each for some kilobytes.
        queue: so many may wait here. Beyond it no run is accepted or taken over.
    """

    def __init__(self, runtime: Runtime, *, at_once: int = 200, queue: int = 1000) -> None:
        self.runtime = runtime
        runtime.watch = lambda run_id: partial(self._publish, run_id)
        self._slots = asyncio.Semaphore(at_once)
        self._room = at_once + queue
        self._most_taken = max(1, int(at_once * TAKEN_SHARE))
        self._taken: set[str] = set()
        """The runs that others left and that are worked on here."""
        self._behind = asyncio.Event()
        """More were left than could be taken, and there is room for some of them now."""
        self._left = 0
        self.stopping = False
        self.beyond: dict[str, str] = {}
        """Runs that this version of Strop cannot go on with, and why. They are left to workers of another version."""
        self._tasks: dict[str, asyncio.Task[Answer | None]] = {}
        self._onlookers: dict[str, set[Onlooker]] = defaultdict(set)
        self._so_far: dict[str, deque[Piece]] = {}
        """The reply in the making of each run: who comes in the middle of it sees its beginning too."""
        self._seq: dict[str, int] = {}
        self._unsubscribe: Callable[[], None] = lambda: None
        self._deadlines = Deadlines(runtime.recorder)
        self._scanner = Watcher("runs", self._scan, SCAN_SECONDS)

    @property
    def running(self) -> list[str]:
        """Ids of the runs this process works on."""
        return list(self._tasks)

    @property
    def full(self) -> bool:
        """Whether no further run can be accepted here now."""
        return len(self._tasks) >= self._room

    @property
    def has_slot(self) -> bool:
        """Whether a run that begins now is worked on now."""
        return not self._slots.locked()

    def open(self) -> None:
        """Begin to look for runs that nobody works on."""
        self._unsubscribe = self.runtime.recorder.subscribe(self._heard)
        self._scanner.open()

    async def close(self, *, drain: float = DRAIN_SECONDS) -> None:
        """Let the runs end, or stop them where they stand; each goes on with the next start of a service."""
        self.stopping = True
        self._unsubscribe()
        self._unsubscribe = lambda: None
        await self._scanner.close()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=drain)
            await self.leave()

    async def leave(self) -> None:
        """Stop all runs where they stand, now."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            _, stuck = await asyncio.wait(tasks, timeout=LEAVE_SECONDS)
            for task in stuck:
                log.warning("run.stuck", run=task.get_name())

    def begin(self, run_id: str) -> asyncio.Task[Answer | None]:
        """Work on a run in the background. Twice is once; how it ends is in its ledger, never an exception.

        The task gives the answer, or None where there is none yet.
        """
        task = self._tasks.get(run_id)
        if task is None:
            task = asyncio.create_task(self._work(run_id), name=run_id)
            self._tasks[run_id] = task
            task.add_done_callback(lambda done: self._forget(run_id))
        return task

    def _forget(self, run_id: str) -> None:
        self._tasks.pop(run_id, None)
        self._so_far.pop(run_id, None)
        self._seq.pop(run_id, None)
        self._taken.discard(run_id)
        if self._left and len(self._taken) <= self._most_taken // 2:
            self._behind.set()

    async def wait(self, run_id: str) -> Answer | None:
        """Until this process has nothing more to do about the run; gives its answer, or None where there is none yet.

        Giving up waiting does not stop the run.
        """
        task = self.begin(run_id)
        await asyncio.wait({task})
        return None if task.cancelled() else task.result()

    @contextmanager
    def looking_on(self, run_id: str) -> Iterator[Onlooker]:
        """Within this, the onlooker gets each piece of the run's replies as it is written."""
        onlooker = Onlooker(self._so_far.get(run_id, ()))
        self._onlookers[run_id].add(onlooker)
        try:
            yield onlooker
        finally:
            self._onlookers[run_id].discard(onlooker)
            if not self._onlookers[run_id]:
                del self._onlookers[run_id]

    async def _work(self, run_id: str) -> Answer | None:
        try:
            answer = await self._in_turn(run_id)
        except asyncio.CancelledError:
            log.info("run.left", run=run_id)
            raise
        except RunOwned as error:
            log.info("run.owned", run=run_id, message=str(error))
        except LedgerOutdated as error:
            # Another version of Strop wrote what this one cannot read; a worker of that version goes on with it.
            self.beyond[run_id] = str(error)
            log.warning("run.beyond", run=run_id, message=str(error))
        except ReplayMiss as miss:
            log.info("run.missed", run=run_id, message=str(miss))  # a trial that would have changed something
        except (StropError, LedgerError) as error:
            log.warning("run.stopped", run=run_id, error=type(error).__name__, message=str(error))
        except Exception:
            log.exception("run.broke", run=run_id)
        else:
            log.info("run.ended", run=run_id, status=answer.run.status, seconds=answer.run.seconds)
            return answer
        return None

    async def _in_turn(self, run_id: str) -> Answer:
        """Work on the run when there is room and the earlier turns of its conversation have ended."""
        while True:
            try:
                async with self._slots:
                    log.info("run.begun", run=run_id)
                    return await self.runtime.work(run_id, on_delta=partial(self._publish, run_id))
            except TurnQueued as error:
                first = self._tasks.get(error.first)
                if first is None:
                    raise  # another worker's, or a person's, to end: whoever looks next takes ours up
            await asyncio.wait({first})

    def _publish(self, run_id: str, kind: str, text: str) -> None:
        delta = DeltaView.model_validate({"run_id": run_id, "kind": kind, "text": text})
        piece = (self._seq.get(run_id, 0), delta)
        self._so_far.setdefault(run_id, deque(maxlen=DELTAS_KEPT)).append(piece)
        for onlooker in self._onlookers.get(run_id, ()):
            onlooker.give(piece)

    def _heard(self, recorded: Recorded) -> None:
        """Called in whichever thread recorded a fact."""
        if recorded.stream in self._tasks or recorded.stream in self._so_far:
            self._seq[recorded.stream] = recorded.seq
            # A reply that is on record whole, or that is asked for anew, is no longer in the making.
            if isinstance(recorded.event, ModelRequested | ModelReplied | ModelFailed):
                self._so_far.pop(recorded.stream, None)

    # --- runs that nobody works on --------------------------------------------------------------------------------

    async def _scan(self) -> float:
        await asyncio.to_thread(self._deadlines.expire, datetime.now(UTC))
        self._take(await asyncio.to_thread(self.abandoned))
        await asyncio.sleep(PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(SCAN_SECONDS - PAUSE_SECONDS):
                await self._behind.wait()
        self._behind.clear()
        return 0.0  # it has rested

    def _take(self, found: list[str]) -> None:
        """Take over as many as there is room for, oldest first. The others wait in the ledger, for any worker."""
        room = max(0, min(self._most_taken - len(self._taken), self._room - len(self._tasks)))
        for run_id in found[:room]:
            log.info("run.taken_over", run=run_id)
            self._taken.add(run_id)
            self.begin(run_id)
        self._left = len(found) - room if len(found) > room else 0
        if self._left and room:
            log.info("runs.behind", taken=room, left=self._left, more=len(found) >= LOOK_LIMIT)

    def abandoned(self) -> list[str]:
        """Runs that people asked for, that have not ended and that no living worker holds, oldest first.

        Delegated runs are gone on with by the run above them, and the optimizer's own by their night.
        """
        now = datetime.now(UTC)
        begun = now - timedelta(seconds=YOUNG_SECONDS)
        with self.runtime.database.reading() as session:
            known = len(self._tasks) + len(self.beyond)  # those are among what is found, and must not stand for it
            free = list_unheld(session, now, begun, limit=LOOK_LIMIT + known)
        return [run_id for run_id in free if run_id not in self._tasks and run_id not in self.beyond][:LOOK_LIMIT]
