"""When a night is due, and starting it: a process of its own, at low priority, one at a time for each agent.

Prevents a night that runs twice (what is due is read from the ledger, and the night's own lease keeps a second one
out), one that is lost with the service (an open night is gone on with), and one that slows the service down.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from agents.config import Workspace
from agents.documents import watched
from agents.prompts.tool_lists import find_drifted
from agents.sections import NightsSection
from agents.service.night_signs import changed, dropped, seen_by_newest
from agents.service.processes import run_process
from agents.service.views import night_list
from agents.service.watcher import Watcher
from agents.service.wire import NightView
from traces.db import Database
from traces.errors import LedgerError
from traces.feedback import count_judgements

log = structlog.get_logger("strop.nights")

LOOK_SECONDS: Final = 20.0
"""How often it is looked whether a night is due. Cron's finest step is a minute."""

AGAIN: Final = timedelta(hours=1)
"""After a night that broke down, how long the next one waits."""


@dataclass(frozen=True)
class Known:
    """What is on record about one agent: its newest night, and what came since that began."""

    night: NightView | None
    judged: int
    """Judgements."""
    drifted: str = ""
    """The tool server that was found to offer something else than the live version was proven with."""
    dropped: str = ""
    """From what to what the mean score has fallen."""
    changed: str = ""
    """A watched file that is not what the newest night saw."""


def due(plan: NightsSection, known: Known, since: datetime, now: datetime) -> str:
    """Why a night is due now; empty when none is. Pure.

    Args:
        plan: the workspace's `[nights]`.
        known: what is on record.
        since: when this service began to look: what was missed before the first night ever is not made up for.
        now: local time with its zone; the schedule is read in that zone.
    """
    if not plan.wanted:
        return ""
    if known.night is not None and known.night.ended_at is None:
        return "an open night goes on"
    before = since if known.night is None else known.night.started_at
    if plan.schedule and plan.last_time(now) > before:
        return f"schedule {plan.schedule}"
    if known.drifted:
        return f"the tools of {known.drifted} drifted"
    if known.changed:
        return f"{known.changed} changed"
    if known.dropped:
        return f"scores fell from {known.dropped}"
    if plan.after_feedback and known.judged >= plan.after_feedback:
        return f"{known.judged} judgements since the last night"
    return ""


class NightWatch:
    """Looks for due nights while the service runs, and runs them.

    Args:
        workspace: its `[nights]` says when.
        database: the ledger.
        command: the program and arguments that run a night; the agent's name, the
            limits of `[nights]` and `--because WHY` are added.

    Raises:
        UnknownAgent: `[nights]` names one that is not there.
    """

    def __init__(self, workspace: Workspace, database: Database, command: Sequence[str]) -> None:
        for name in workspace.nights.agents:
            workspace.agent(name)
        self.workspace = workspace
        self.database = database
        self.command = tuple(command)
        self.since = datetime.now(UTC)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._broken: dict[str, datetime] = {}
        self._watcher = Watcher("nights", self._look_now, LOOK_SECONDS)

    @property
    def running(self) -> list[asyncio.Task[None]]:
        """The nights that run here."""
        return list(self._running.values())

    def open(self) -> None:
        """Begin to look, if nights are wanted at all."""
        if self.workspace.nights.wanted:
            self._watcher.open()

    async def close(self) -> None:
        """Stop the nights that run here where they stand; the next start of a service goes on with them."""
        await self._watcher.close()
        tasks = self.running
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_now(self) -> None:
        await self.look(datetime.now().astimezone())

    async def look(self, now: datetime) -> None:
        """Start what is due at `now`."""
        for agent in self.workspace.nights.agents or tuple(self.workspace.agents):
            if agent in self._running or now < self._broken.get(agent, now):
                continue
            try:
                known = await asyncio.to_thread(self._known, agent)
            except LedgerError:
                raise  # it would be the same for every agent
            except Exception:  # a file that cannot be read, or whatever it is: the others' nights begin all the same
                log.exception("night.unseen", agent=agent)
                self._broken[agent] = now + AGAIN
                continue
            why = due(self.workspace.nights, known, self.since, now)
            if why:
                task = asyncio.create_task(self._night(agent, why), name=f"night of {agent}")
                self._running[agent] = task
                task.add_done_callback(lambda done, agent=agent: self._running.pop(agent))  # type: ignore[misc]

    def _known(self, agent: str) -> Known:
        with self.database.reading() as session:
            night = next(iter(night_list(session, agent=agent, limit=1)), None)
            since = None if night is None else night.started_at
            plan = self.workspace.nights
            seen = seen_by_newest(session, agent) if plan.watch else None
            return Known(
                night, count_judgements(session, agent, since), find_drifted(session, agent, since),
                dropped(session, agent, since, plan.after_drop),
                "" if seen is None else changed(seen, watched(self.workspace.root, plan.watch)),
            )  # fmt: skip

    async def _night(self, agent: str, why: str) -> None:
        """One night as a process; what it says goes into a file beside the database."""
        report = self.workspace.root / ".strop" / f"night-{agent}.log"
        log.info("night.begun", agent=agent, why=why, log=str(report))
        asked = [*self.command, agent, *self.workspace.nights.options, "--because", why]
        code = await run_process(asked, self.workspace.root, report)
        if code == 0:
            log.info("night.ended", agent=agent)
        else:
            self._broken[agent] = datetime.now(UTC) + AGAIN
            log.warning("night.broke", agent=agent, exit_code=code, log=str(report))
