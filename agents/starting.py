"""Accepting a run: what is asked, the version that answers it, its place in a conversation and, where it is worked on
at once, its lease. All of it is one commit.

Prevents: a run that was promised and is not on record, and one that two workers begin.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from agents.config import Workspace
from agents.errors import UsageError
from agents.holding import Holder
from agents.selection import Chosen, choose_bundle, current_bundle
from traces.events import Event, Origin, RunStarted
from traces.ids import new_id
from traces.leases import LEASE_SECONDS
from traces.recorder import Recorder
from traces.store import get_whole_run, list_conversation
from traces.summary import RunSummary


@dataclass(frozen=True)
class Start:
    """What is asked of an agent."""

    agent: str
    input: str
    conversation_id: str | None = None
    origin: Origin = "user"
    bundle: str | None = None
    """A certain bundle instead of the live one (evaluation)."""
    replay_of: str | None = None
    """Answer tool calls from this run's recording; nothing is sent to any server."""
    history: tuple[str, ...] | None = None
    """Runs whose messages come before; None: the conversation's own."""
    reads_only: bool = False
    """Make no call that may change something, and hand no work over: such a call ends the run, as a divergence."""
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Begun:
    """A run that was started and leased here a moment ago: nobody else wrote about it since."""

    run: RunSummary
    event: Event
    is_first: bool
    """Whether its conversation begins with it."""
    since: float

    @property
    def is_held(self) -> bool:
        """Whether the lease surely still stands."""
        return time.monotonic() - self.since < LEASE_SECONDS / 2


class Starter:
    """Accepts the runs of one runtime, and knows those that it leased until they are worked on."""

    def __init__(self, workspace: Workspace, recorder: Recorder, holder: Holder) -> None:
        self._workspace = workspace
        self._recorder = recorder
        self._holder = holder
        self._begun: dict[str, Begun] = {}

    def start(
        self, ask: Start, *, run_id: str | None = None, parent: tuple[str, str] | None = None, hold: bool = False
    ) -> str:
        """As `Runtime.start`: one commit, and what is asked for wrongly is refused before it."""
        self._workspace.agent(ask.agent)
        _check_text(ask.input)
        conversation, is_new = ask.conversation_id or new_id("conv"), ask.conversation_id is None
        run_id, is_fresh = run_id or new_id("run"), run_id is None
        with self._recorder.database.writing() as session:
            if ask.replay_of is not None:
                get_whole_run(session, ask.replay_of)
            chosen = self._chosen(session, ask, conversation, turn=parent is None and not is_new)
            history = ask.history
            if history is None:
                turns = [] if parent is not None or is_new else list_conversation(session, conversation)
                history = tuple(run.id for run in turns if run.status == "finished" and run.agent == ask.agent)
            event = RunStarted(
                agent=ask.agent, bundle=chosen.bundle, conversation_id=conversation, input=ask.input,
                history=list(history), origin=ask.origin, replay_of=ask.replay_of,
                parent_run_id=parent[0] if parent else None, parent_op=parent[1] if parent else None,
                metadata=dict(ask.metadata or {}), rollout=chosen.rollout, arm=chosen.arm,
                reads_only=ask.reads_only,
            )  # fmt: skip
            recorded = self._recorder.append_in(session, run_id, event, is_first=is_fresh)
            assert recorded.run is not None
            held = hold and self._holder.claim_new(session, recorded.run, is_turn=not is_new)
        self._recorder.announce(run_id, recorded)
        if held:
            self._begun[run_id] = Begun(recorded.run, recorded.event, is_new, time.monotonic())
        return run_id

    def _chosen(self, session: Session, ask: Start, conversation: str, *, turn: bool) -> Chosen:
        """The version asked for; the one that serves; where users are told apart, the one its conversation gets."""
        if ask.bundle is not None:
            return Chosen(ask.bundle)
        if ask.origin == "playground":  # takes nobody's place in a rollout
            definition = self._workspace.agent(ask.agent)
            return Chosen(current_bundle(session, self._recorder, self._workspace, definition))
        return choose_bundle(session, self._recorder, self._workspace, ask.agent, conversation, turn=turn)

    def take(self, run_id: str) -> Begun | None:
        """The run, if it was leased here a moment ago: once."""
        begun = self._begun.pop(run_id, None)
        return begun if begun is not None and begun.is_held else None


def _check_text(text: str) -> None:
    if not text.strip():
        raise UsageError("the input is empty", hint="Say what the agent is to do.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"the input is not valid text (character {error.start})", hint="Send UTF-8.") from error
