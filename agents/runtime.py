"""Running agents: THE CORE. Start a run, work on it to its end, go on with it after a crash.

Everything a run does is in its ledger (`agents.operations` sees to it); this module opens and closes the ledger,
holds the lease while it works, and turns whatever went wrong into one recorded fact and one clear error.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pydantic_ai import Agent, RunUsage, UsageLimits
from pydantic_ai.messages import ModelMessage

from agents.ahead import find_ahead
from agents.approvals import approval_needed
from agents.build import effect_of
from agents.config import Workspace
from agents.deadlines import expire
from agents.delegation import HandedOff, end_children, hand_over
from agents.errors import Halted, OutcomeUnknown, PersonNeeded, RunOwned, UsageError
from agents.failures import told
from agents.guardrails import Withheld, check_input, closing_of, held_back
from agents.history import read_history, take_turns
from agents.holding import Holder
from agents.journal import (
    Delta,
    Journal,
    ReplayMiss,
    Till,
    WalkAfterAll,
    find_journal,
    journaled,
    price_of,
    seconds_since,
)
from agents.kept import Kept, ModelMaker
from agents.limits import Purse, open_purse, time_is_up
from agents.prompts.bundle import Bundle
from agents.questions import answer_needed
from agents.recording import Recording, ReplaySource, recording_of
from agents.reply_cache import ReplyCache
from agents.starting import Start, Starter
from agents.tool_guard import ToolGuard
from agents.waiting import release_if_said
from traces.db import Database
from traces.errors import LedgerError
from traces.events import (
    UNASKED,
    Event,
    Origin,
    RunCancelled,
    RunFinished,
    RunResumed,
    RunStarted,
    RunWaited,
)
from traces.events import RunFailed as RunFailedEvent
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import find_run, get_run, get_whole_run, list_conversation, read_events
from traces.summary import ENDED, RunSummary
from traces.together import Together
from traces.workers import worker_name


@dataclass(frozen=True)
class Answer:
    """How a run ended: its row, and its whole output (None where it gave none)."""

    run: RunSummary
    output: Any = None


class Runtime:
    """Runs the agents of one workspace on one event loop. Any number may run on one database.

    Args:
        workspace: definitions, servers and settings.
        database: where the ledger is.
        make_model: gives the model for a bundle; a scripted one in tests.
        worker: this worker's name, unique among the living ones.
    """

    def __init__(
        self, workspace: Workspace, database: Database, *, make_model: ModelMaker, worker: str | None = None
    ) -> None:
        self.workspace = workspace
        self.database = database
        self.recorder = Recorder(database, redactor=workspace.redactor)
        self._guard = ToolGuard(self.recorder)
        self._together = Together(self.recorder)
        self._kept = Kept(workspace, database, make_model, partial(hand_over, self))
        self._holder = Holder(database, worker or worker_name())
        self._starter = Starter(workspace, self.recorder, self._holder)
        self.watch: Callable[[str], Delta | None] = lambda run_id: None
        """Gives whoever looks on at a delegated run the pieces of its replies."""
        self.till: Till | None = None
        """Who pays for what is asked here: a night's purse. None: nobody in particular."""

    # --- starting and working -----------------------------------------------------------------------------------

    @property
    def worker(self) -> str:
        """The name under which runs are held here. Changed before the first run, or not at all."""
        return self._holder.worker

    @worker.setter
    def worker(self, name: str) -> None:
        self._holder.worker = name

    @property
    def working(self) -> bool:
        """Whether any run is worked on here now."""
        return self._holder.busy

    def start(
        self, ask: Start, *, run_id: str | None = None, parent: tuple[str, str] | None = None, hold: bool = False
    ) -> str:
        """Accept a run: it is in the ledger, with its bundle, when this returns. Gives its id.

        Args:
            ask: what is asked.
            run_id: a name for it; else a new one.
            parent: (run, operation) that hands it over.
            hold: it is worked on here at once: then its lease is taken by the same commit, and `work` need not read
                what was just written.

        Raises:
            UnknownAgent: with the names there are.
            UsageError: the input is empty or not text.
        """
        return self._starter.start(ask, run_id=run_id, parent=parent, hold=hold)

    def start_below(
        self, parent: Journal, op: str, run_id: str, agent: str, request: str, history: tuple[str, ...]
    ) -> None:
        """Accept a run that another one delegates, as the operation `op` of it."""
        origin: Origin = "playground" if parent.origin == "playground" else "delegation"
        ask = Start(
            agent, request, parent.conversation_id, origin=origin, history=history, reads_only=origin == "playground"
        )
        self.start(ask, run_id=run_id, parent=(parent.run_id, op), hold=True)

    async def run(self, ask: Start, *, on_delta: Delta | None = None) -> Answer:
        """Start a run and work on it to its end."""
        return await self.work(self.start(ask, hold=True), on_delta=on_delta)

    async def work(self, run_id: str, *, on_delta: Delta | None = None) -> Answer:
        """Work on a run to its end, from wherever its ledger stands; done at once when it has ended.

        Raises:
            OutcomeUnknown: a person must say first what became of a call; the run waits.
            ApprovalNeeded: a person must allow a call first; the run waits.
            AnswerNeeded: a person must answer a tool server's question first; the run waits.
            RunOwned: another living worker has it.
            TurnQueued: an earlier turn of its conversation goes first.
            StropError: why it failed; the same is in the ledger.
        """
        begun = self._starter.take(run_id)
        if begun is not None:
            async with self._holder.holding(begun.run, claimed=True):
                return await self._work(begun.run, [begun.event], on_delta, is_first=begun.is_first)
        run, events = self._read(run_id)
        if run.status == "waiting" and expire(self.recorder, [run_id], datetime.now(UTC)):
            run, events = self._read(run_id)
        if run.status == "finished":
            return Answer(run, _output(events))
        if run.status == "cancelled":
            raise UsageError(f"run {run_id} was cancelled", hint="Start a new one.")
        async with self._holder.holding(run):
            # Read again: what another worker wrote until it gave the run back is part of it.
            return await self._work(*self._read(run_id), on_delta)

    def _read(self, run_id: str) -> tuple[RunSummary, list[Event]]:
        with self.database.reading() as session:
            return get_whole_run(session, run_id), [stored.event for stored in read_events(session, run_id)]

    async def _work(
        self, run: RunSummary, events: list[Event], on_delta: Delta | None, *, is_first: bool = False
    ) -> Answer:
        run_id, started = run.id, events[0]
        assert isinstance(started, RunStarted)
        recording = recording_of(events)
        needed = _needed(run_id, recording)
        if needed is not None and run.status == "waiting":
            raise needed
        journal = self._journal(run, started, recording, on_delta)
        journal.is_first = is_first
        clock = time.monotonic()
        if needed is not None:  # its worker died between asking and waiting: nobody would be shown what it asks
            raise self._ended(journal, needed, clock)
        if len(events) > 1:
            self.recorder.append(run_id, RunResumed(worker=self.worker, recorded_operations=recording.finished))
        try:
            journal.check_known()
            result = await self._run_agent(journal, started, events)
        except BaseException as error:
            raise self._ended(journal, error, clock) from error
        return await self._finish(journal, result, clock)

    async def _run_agent(self, journal: Journal, started: RunStarted, events: list[Event]) -> Any:
        parent = find_journal()
        above = parent.purse if parent is not None and parent.run_id == started.parent_run_id else None
        agent, bundle = self._kept.agent(started.bundle)
        history: list[ModelMessage] = []
        if journal.is_first:  # nothing came before it, so there is nothing to look up
            purse = Purse(journal.run_id, bundle.limits, own=lambda: journal.recording.spent, above=above)
        else:
            with self.database.reading() as session:
                purse = open_purse(session, journal.run_id, started, bundle.limits, journal.recording, above)
                journal.turns = self._turns(journal, started, bundle.limits.history_characters)
                history = read_history(session, journal.turns)
        journal.effects = lambda server, tool, definition: effect_of(bundle, server, tool, definition)
        journal.check_tools = lambda server, tools, recorded: self._check_tools(
            journal, started.bundle, bundle, server, tools, recorded
        )
        journal.history_messages = len(history)
        journal.model = bundle.model
        if bundle.asking is not None and bundle.asking.cache is not None and started.origin not in UNASKED:
            folder, wanted = self.workspace.root / ".strop" / "replies", bundle.asking.cache
            journal.cache = ReplyCache(folder, self.database, wanted.seconds)
            journal.max_temperature = wanted.max_temperature
        journal.purse = purse
        journal.on_delta = held_back(bundle.guardrails, journal.on_delta)
        seconds, whose = purse.seconds_left()
        if seconds is not None and seconds <= 0:
            raise time_is_up(whose)
        with journaled(journal):
            try:
                check_input(journal, bundle.guardrails, started.input)
                async with asyncio.timeout(seconds) as clock:
                    result = await self._go(agent, journal, started, history, bundle.limits.steps, events)
                journal.check_stopping()
            except TimeoutError as error:
                raise time_is_up(whose) if clock.expired() else error from error
            except HandedOff as handed:
                return handed
            except Withheld as withheld:
                answered = HandedOff(withheld.rail.answer)
                answered.closing = closing_of(withheld.rail, started.input)
                return answered
        return result

    async def _go(
        self, agent: Agent[Any, Any], journal: Journal, started: RunStarted, history: list[ModelMessage], steps: int,
        events: list[Event],
    ) -> Any:  # fmt: skip
        """From where its messages end, where that is known; else from the beginning, answered from the record."""
        bounds: Any = {
            "conversation_id": started.conversation_id, "usage_limits": UsageLimits(request_limit=steps),
        }  # fmt: skip
        ahead = None if journal.is_first else find_ahead(events, len(history), getattr(agent.model, "model_id", None))
        if ahead is not None:
            ahead.take(journal)
            try:
                return await agent.run(
                    message_history=[*history, *ahead.messages], usage=RunUsage(requests=journal.skipped), **bounds
                )
            except WalkAfterAll:
                journal.go_back()
        return await agent.run(started.input, message_history=history or None, **bounds)

    def _check_tools(
        self, journal: Journal, digest: str, bundle: Bundle, server: str, tools: Any, recorded: bool
    ) -> None:
        if server in self.workspace.servers:
            policy = self.workspace.servers[server].drift or self.workspace.drift
            self._guard.check(digest, bundle, server, tools, policy, run_id=journal.run_id, recorded=recorded)

    def _turns(self, journal: Journal, started: RunStarted, room: int | None) -> list[str]:
        """The earlier runs whose messages this one is told, decided once, when its first step is about to be done."""
        known = journal.recording.find("history")
        if known is not None:
            return list(known.result)
        if started.origin != "user" or started.parent_run_id is not None or journal.recording.operations:
            return started.history
        with self.database.reading() as session:
            turns = list_conversation(session, started.conversation_id)
            before = turns[: next(at for at, run in enumerate(turns) if run.id == journal.run_id)]
            ended = [run.id for run in before if run.status == "finished" and run.agent == started.agent]
            taken = take_turns(session, ended, room)
        if taken.runs != started.history:
            journal.record(taken)
        return taken.runs

    def _journal(self, run: RunSummary, started: RunStarted, recording: Recording, on_delta: Delta | None) -> Journal:
        replay = None
        if started.replay_of is not None:
            replay = self._kept.source(started.replay_of)
        elif started.reads_only:
            replay = ReplaySource("", ())
        return Journal(
            till=self.till, run_id=run.id, conversation_id=started.conversation_id, started_at=run.started_at,
            recorder=self.recorder, together=self._together, recording=recording,
            effects=lambda server, tool, definition: "write",
            replay=replay, live_reads=started.origin == "shadow" or started.reads_only, on_delta=on_delta,
            origin=started.origin,
            price=partial(price_of, prices=self.workspace.gateway.prices),
            check_budget=lambda: self.workspace.budgets.check(self.database, started.agent, datetime.now(UTC)),
            about={
                "run_id": run.id, "conversation_id": started.conversation_id, "agent": started.agent,
                "metadata": started.metadata,
            },
        )  # fmt: skip

    async def _finish(self, journal: Journal, result: Any, clock: float) -> Answer:
        closing = result.closing if isinstance(result, HandedOff) else _closing(result)
        done = RunFinished(output=result.output, closing=closing, seconds=seconds_since(clock))
        said = await journal.write(done, beside=lambda pen: self._holder.give_back(pen, journal.run_id))
        assert journal.run is not None
        return Answer(journal.run, said.output)  # as it is on record: without what must not be kept

    def _ended(self, journal: Journal, error: BaseException, clock: float) -> BaseException:
        """Record how the run stopped, and give the error to raise."""
        error = told(error)
        if isinstance(error, asyncio.CancelledError | KeyboardInterrupt | LedgerError | RunOwned | Halted):
            # Stopped from outside, or the ledger itself is not to be had: the run stays as it is, to be resumed.
            journal.flush(strict=False)
            return error
        if isinstance(error, PersonNeeded):
            journal.record(RunWaited(reason=error.reason, ops=error.ops, message=str(error)))
            if not isinstance(error, OutcomeUnknown):
                release_if_said(self.recorder, journal.run_id, error.reason)
            return error
        name = "ReplayMiss" if isinstance(error, ReplayMiss) else type(error).__name__
        hint = getattr(error, "hint", "")
        journal.record(RunFailedEvent(error=name, message=str(error)[:4000], hint=hint, seconds=seconds_since(clock)))
        end_children(self.recorder, journal.run_id, name)
        return error

    def exists(self, run_id: str) -> bool:
        """Whether a run of that id was started."""
        with self.database.reading() as session:
            return find_run(session, run_id) is not None

    # --- stopping -----------------------------------------------------------------------------------------------

    async def cancel(self, run_id: str, provenance: Provenance) -> RunSummary:
        """Stop a run; one that has ended stays as it is.

        One that this worker is on stops within a moment, one that another process is on within two seconds.
        """
        self._starter.take(run_id)  # by now it is no longer as it was begun
        with self.database.reading() as session:
            run = get_run(session, run_id)
        if run.status in ENDED:
            return run
        task = self._holder.find(run_id)
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await asyncio.wait({task}, timeout=2)
            run, _ = self._read(run_id)
            if run.status in ENDED:  # it came to its end before it heard
                return run
        seconds = (datetime.now(UTC) - run.started_at).total_seconds()
        self.recorder.append(run_id, RunCancelled(provenance=provenance, seconds=seconds))
        with self.database.reading() as session:
            return get_run(session, run_id)

    async def close(self) -> None:
        """End the tool servers that were kept."""
        await self._kept.close()


def _needed(run_id: str, recording: Recording) -> PersonNeeded | None:
    """Whose word a run waits for, of what it asked for by its ledger."""
    if recording.undecided:
        return approval_needed(run_id, recording.undecided)
    return answer_needed(run_id, recording) if recording.unanswered else None


def _output(events: list[Event]) -> Any:
    return next((event.output for event in reversed(events) if isinstance(event, RunFinished)), None)


def _closing(result: Any) -> list[Any]:
    """The messages after the last reply, which no later request of this run showed."""
    from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse

    tail: list[Any] = []
    for message in reversed(result.new_messages()):
        if isinstance(message, ModelResponse):
            break
        tail.insert(0, message)
    return [
        {key: value for key, value in data.items() if key not in {"timestamp", "run_id", "conversation_id"}}
        for data in ModelMessagesTypeAdapter.dump_python(tail, mode="json")
    ]
