"""Tries a live version again when a tool server it goes on with has changed: a process of its own, at low priority.

What is due is read from the record, and what came of it is written there, so it is tried once by whichever service
is there, and again after a crash. Prevents: a drift that is seen, and whose effect on answers nobody looks at.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from agents.config import Workspace
from agents.errors import WorkspaceError
from agents.prompts.drift_checks import Untried, list_untried
from agents.prompts.tool_lists import tools_stream
from agents.service.processes import run_process
from agents.service.watcher import Watcher
from agents.tasks import load_tasks
from traces.errors import LedgerError
from traces.events import DriftChecked
from traces.leases import claim, release
from traces.recorder import Recorder

log = structlog.get_logger("strop.tools")

LOOK_SECONDS: Final = 20.0
"""How often it is looked whether there is anything to try."""

AGAIN: Final = timedelta(hours=1)
"""After a try that broke down, how long the next one waits."""


class DriftWatch:
    """Looks for drifted tools while the service runs.

    Args:
        workspace: its tasks are what is tried.
        recorder: of the ledger.
        owner: this process, for the lease.
        command: the program and arguments that play an agent's tasks; the agent's name, `--drift SERVER` and
            `--found DIGEST` are added.
    """

    def __init__(self, workspace: Workspace, recorder: Recorder, owner: str, command: Sequence[str]) -> None:
        self.workspace = workspace
        self._recorder = recorder
        self._owner = owner
        self._command = tuple(command)
        self._broken: dict[Untried, datetime] = {}
        self._watcher = Watcher("drift", self.look, LOOK_SECONDS)

    def open(self) -> None:
        """Begin to look."""
        self._watcher.open()

    async def close(self) -> None:
        """Stop; what is under way is tried again by the next service."""
        await self._watcher.close()

    async def look(self) -> None:
        """Try what is due, one after the other."""
        for one in await asyncio.to_thread(self._due):
            try:
                await self._try(one)
            except WorkspaceError as error:  # a line of its tasks: the other agents are tried all the same
                self._broke(one, error=str(error), hint=error.hint)

    def _due(self) -> list[Untried]:
        now = datetime.now(UTC)
        with self._recorder.database.reading() as session:
            found = [one for agent in self.workspace.agents for one in list_untried(session, agent)]
        return [one for one in found if now >= self._broken.get(one, now)]

    async def _try(self, one: Untried) -> None:
        lease = f"drift_{one.agent}_{one.server}"
        if not await asyncio.to_thread(self._claim, lease):
            return
        renewing = asyncio.create_task(self._renew(lease))
        try:
            if not load_tasks(self.workspace.root, one.agent):
                await asyncio.to_thread(self._say_none, one)
                return
            report = self.workspace.root / ".strop" / f"drift-{one.agent}.log"
            log.info("drift.tried", agent=one.agent, server=one.server, log=str(report))
            asked = [*self._command, one.agent, "--drift", one.server, "--found", one.found]
            code = await run_process(asked, self.workspace.root, report)
            if code != 0:
                self._broke(one, exit_code=code, log=str(report))
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            with suppress(LedgerError):
                await asyncio.to_thread(self._release, lease)

    def _broke(self, one: Untried, **why: object) -> None:
        self._broken[one] = datetime.now(UTC) + AGAIN
        log.warning("drift.broke", agent=one.agent, server=one.server, **why)

    def _say_none(self, one: Untried) -> None:
        event = DriftChecked(
            agent=one.agent, bundle=one.bundle, server=one.server, found=one.found,
            why=f"there are no tasks to try it on (tasks/{one.agent}.jsonl)",
        )  # fmt: skip
        self._recorder.append(tools_stream(one.agent), event)

    def _claim(self, lease: str) -> bool:
        with self._recorder.database.writing() as session:
            return claim(session, lease, self._owner, self._recorder.now()) is None

    async def _renew(self, lease: str) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with suppress(LedgerError):
                await asyncio.to_thread(self._claim, lease)

    def _release(self, lease: str) -> None:
        with self._recorder.database.writing() as session:
            release(session, lease, self._owner)


RENEW_SECONDS: Final = 3.0
"""A third of a lease: it runs out by itself when this process dies."""
