"""What a runtime keeps between runs: agents as their versions say, tool servers they share, recordings to replay.

Prevents: a server's process, or an agent's schemas, made anew for each run, and a recording read again for each
version that is tried on it.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from pydantic_ai import Agent, RunContext
from pydantic_ai.models import Model

from agents.build import Hand, build_agent
from agents.config import Workspace
from agents.journal import current_journal
from agents.operations import ANSWERS, CALL_KEY
from agents.prompts.bundle import Bundle
from agents.prompts.store import get_bundle
from agents.recording import ReplaySource
from tools.mcp import Progress, ServerToolset, close_toolset, open_toolset
from tools.results import Bounds
from traces.db import Database
from traces.events import Event
from traces.store import get_whole_run, read_events
from traces.summary import ENDED

ModelMaker = Callable[[Bundle], Model[Any]]
"""Gives the model that a bundle names."""

MOST_AGENTS: Final = 64
"""A night tries many bundles; each is quickly built again."""

MOST_SOURCES: Final = 500
"""Recorded runs, the newest used: those of a night's examples, a few kilobytes each."""


class Kept:
    """Agents by the digest of their version, tool servers by name and bounds.

    Args:
        workspace: names the servers.
        database: where the versions are.
        make_model: gives the model for one.
        hand_over: does what an agent delegates.
    """

    def __init__(self, workspace: Workspace, database: Database, make_model: ModelMaker, hand_over: Hand) -> None:
        self._workspace = workspace
        self._database = database
        self._make_model = make_model
        self._hand_over = hand_over
        self._agents: dict[str, tuple[Agent[Any, Any], Bundle]] = {}
        self._servers: dict[tuple[str, Bounds], ServerToolset] = {}
        self._sources: dict[str, tuple[Event, ...]] = {}

    def source(self, run_id: str) -> ReplaySource:
        """The recording of a run, to be replayed once from its beginning. One that has ended is read once.

        Raises:
            RunErased: its words are gone. (Of one that is kept already, whoever starts a replay is told.)
        """
        events = self._sources.pop(run_id, None)
        if events is None:
            with self._database.reading() as session:
                run = get_whole_run(session, run_id)
                events = tuple(stored.event for stored in read_events(session, run_id))
            if run.status not in ENDED:
                return ReplaySource(run_id, events)
            if len(self._sources) >= MOST_SOURCES:
                self._sources.pop(next(iter(self._sources)))
        self._sources[run_id] = events
        return ReplaySource(run_id, events)

    def agent(self, digest: str) -> tuple[Agent[Any, Any], Bundle]:
        """The agent that a version makes, and the version."""
        known = self._agents.get(digest)
        if known is None:
            with self._database.reading() as session:
                bundle = get_bundle(session, digest).bundle
            bounds = Bounds(bundle.limits.tool_bytes, bundle.limits.file_bytes)
            servers = {name: self._server(name, bounds) for name in self._workspace.servers}
            agent = build_agent(bundle, self._make_model(bundle), servers, self._hand_over)
            if len(self._agents) >= MOST_AGENTS:
                self._agents.pop(next(iter(self._agents)))
            known = self._agents[digest] = agent, bundle
        return known

    async def close(self) -> None:
        """End the tool servers."""
        for toolset in self._servers.values():
            await close_toolset(toolset)
        self._servers.clear()
        self._agents.clear()

    def _server(self, name: str, bounds: Bounds) -> ServerToolset:
        key = (name, bounds)
        if key not in self._servers:
            log = self._workspace.root / ".strop" / f"server-{name}.log"
            with suppress(OSError):
                log.parent.mkdir(parents=True, exist_ok=True)
            spec = self._workspace.servers[name]
            self._servers[key] = open_toolset(
                spec, lambda ctx: CALL_KEY.get(), bounds=bounds, log=log,
                facts_of=lambda ctx: current_journal().about, progress_of=_progress_of,
                answers_of=lambda ctx: ANSWERS.get(),
            )  # fmt: skip
        return self._servers[key]


def _progress_of(ctx: RunContext[Any]) -> Progress | None:
    """Shows a call's progress to whoever looks on at the run."""
    show = current_journal().on_delta
    if show is None:
        return None

    def hear(tool: str, progress: float, total: float | None, message: str | None) -> None:
        far = f"{progress:g}" if total is None else f"{progress:g} of {total:g}"
        show("progress", f"{tool}: {far}" + (f", {message}" if message else ""))

    return hear
