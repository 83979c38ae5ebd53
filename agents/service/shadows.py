"""Shadows: a candidate answers what the live version answered, beside it; nobody sees it and nothing is changed.

Its tool calls are answered from the live run's recording; a read that the recording has not is really made, any other
call is a divergence and is counted. One at a time and only while no customer waits, so many as were signed for.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog

from agents.errors import StropError
from agents.journal import ReplayMiss
from agents.prompts.exposure import expose
from agents.prompts.rollout_store import Rollout, get_rollout
from agents.runtime import Runtime
from agents.starting import Start
from traces.errors import LedgerError, OperationTaken
from traces.events import RunFinished, RunStarted, ShadowCompared
from traces.ids import canonical_json
from traces.store import StoredEvent, find_run, get_run, list_turns_since, read_events
from traces.summary import RunSummary

log = structlog.get_logger("strop.rollouts")

PAUSE_SECONDS: Final = 1.0
"""Between two looks for something to answer."""

PATIENCE: Final = 30
"""Pauses for which a shadow lets customers go first; then it runs beside them, for a busy service is never idle."""


class Shadows:
    """Runs the shadows of the rollouts that this process watches. One event loop.

    Args:
        runtime: what they run on.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._recorder = runtime.recorder
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, rollout: Rollout) -> None:
        """Go on with this one, unless it is under way here."""
        if rollout.id not in self._tasks:
            task = asyncio.create_task(self._follow(rollout.id), name=f"shadow of {rollout.agent}")
            self._tasks[rollout.id] = task
            task.add_done_callback(lambda done: self._tasks.pop(rollout.id, None))

    async def close(self) -> None:
        """Stop where they stand; what is half done is gone on with by the next watch."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, rollout_id: str) -> None:
        """Answer what there is to answer now; the next look of the watch begins again."""
        try:
            while (turn := await asyncio.to_thread(self._next, rollout_id)) is not None:
                await self._let_customers_go_first()
                await self.run(*turn)
        except (LedgerError, StropError) as error:
            log.warning("shadow.left", rollout=rollout_id, error=str(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _let_customers_go_first(self) -> None:
        for _ in range(PATIENCE):
            if not self._runtime.working:
                return
            await asyncio.sleep(PAUSE_SECONDS)

    def _next(self, rollout_id: str) -> tuple[Rollout, RunSummary] | None:
        """The oldest turn of the live version since the start that was not answered yet; None: nothing to do."""
        with self._runtime.database.reading() as session:
            rollout = get_rollout(session, rollout_id)
            if not rollout.active:
                return None
            done = {one.op for one in read_events(session, rollout_id, kinds=["shadow_compared"])}
            most = rollout.plan.exposure + 1
            turns = list_turns_since(session, rollout.agent, rollout.control, rollout.started_at, limit=most)
            for turn in turns:
                if turn.id in done:
                    continue
                begun = find_run(session, shadow_id(rollout_id, turn.id)) is not None
                return (rollout, turn) if begun or rollout.open else None
        return None

    async def run(self, rollout: Rollout, live: RunSummary) -> None:
        """Let the candidate answer one turn, and write down how that compares."""
        run_id = shadow_id(rollout.id, live.id)
        if not await asyncio.to_thread(self._begun, rollout, live, run_id):
            return
        with suppress(ReplayMiss, StropError):  # how it ended is in its ledger
            await self._runtime.work(run_id)
        event = await asyncio.to_thread(self._compared, live, run_id)
        with suppress(OperationTaken):
            await asyncio.to_thread(self._recorder.append, rollout.id, event)

    def _begun(self, rollout: Rollout, live: RunSummary, run_id: str) -> bool:
        with self._runtime.database.reading() as session:
            if find_run(session, run_id) is not None:
                return True
            started = read_events(session, live.id, limit=1)[0].event
        assert isinstance(started, RunStarted)
        with self._runtime.database.writing() as session:
            if not expose(session, rollout):
                return False
        ask = Start(
            live.agent, started.input, f"conv_{run_id.removeprefix('run_')}", origin="shadow",
            bundle=rollout.candidate, replay_of=live.id, history=tuple(started.history),
            metadata={"rollout": rollout.id},
        )  # fmt: skip
        self._runtime.start(ask, run_id=run_id)
        return True

    def _compared(self, live: RunSummary, run_id: str) -> ShadowCompared:
        with self._runtime.database.reading() as session:
            shadow = get_run(session, run_id)
            answers = [_answer(read_events(session, name, kinds=["run_finished"])) for name in (live.id, run_id)]
        return ShadowCompared(
            op=live.id, live_run=live.id, shadow_run=run_id, status=shadow.status,
            diverged=shadow.divergences > 0, same=None if None in answers else answers[0] == answers[1],
            live_cost=live.cost, shadow_cost=shadow.cost, live_seconds=live.seconds, shadow_seconds=shadow.seconds,
            error=shadow.error or "",
        )  # fmt: skip


def shadow_id(rollout: str, live_run: str) -> str:
    """The one run in which the candidate answers that turn."""
    return f"run_{hashlib.sha256(f'{rollout} {live_run}'.encode()).hexdigest()[:26]}"


def _answer(events: Sequence[StoredEvent]) -> str | None:
    found = [one.event.output for one in events if isinstance(one.event, RunFinished)]
    return canonical_json(found[-1]) if found else None
