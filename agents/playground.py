"""The playground: one input through several versions and models, side by side, and nothing in the world changes.

Its runs are of an origin of their own: they count for no user, no rollout and no statistics, and nothing is learned
from them. What a tool would change is not called; reads are made, or answered from a recording. Prevents: a refund
because somebody tried a prompt, and a trial that makes a version look better or worse than it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.orm import Session

from agents.config import Workspace
from agents.errors import UsageError
from agents.models.gateway import Gateway
from agents.prompts.store import add_bundle, get_bundle, match_bundle
from agents.runtime import Runtime
from agents.selection import current_bundle
from agents.starting import Start
from traces.errors import NotFound
from traces.events import RunStarted
from traces.ids import new_id
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import find_run, get_whole_run, list_runs, match_run, read_events, read_streams
from traces.summary import RunSummary
from traces.tables import RUNS

Tools = Literal["read", "recorded"]
"""Whether reads are really made, or only what the recording of a run has is answered."""

MOST: Final = 6
"""Sides of one play: more are on no screen."""
PREFIX: Final = "play_"


@dataclass(frozen=True)
class Side:
    """What is to answer: a version, or whatever serves an agent; on its own model or on another."""

    agent: str = ""
    bundle: str = ""
    """A digest or its first characters; empty: what serves `agent`."""
    model: str = ""


@dataclass(frozen=True)
class Play:
    """One input and the runs it went through, in the order they were asked for."""

    id: str
    input: str
    tools: Tools
    replay_of: str | None
    by: str
    started_at: datetime
    runs: tuple[RunSummary, ...]

    @property
    def cost(self) -> float | None:
        """US dollars of all sides; None where no price is known for any."""
        known = [run.cost for run in self.runs if run.cost is not None]
        return sum(known) if known else None


def begin_play(
    runtime: Runtime, sides: Sequence[Side], by: Provenance,
    *, input: str = "", replay_of: str | None = None, tools: Tools = "read", play_id: str | None = None,
) -> list[str]:  # fmt: skip
    """Start a run for each side; gives their ids. The same `play_id` again starts none anew.

    Args:
        runtime: works on them.
        sides: at most MOST.
        by: who plays.
        input: what each is asked; empty: what the recorded run was asked.
        replay_of: a run whose recorded tool results answer the calls, and whose history comes before.
        tools: what happens to a read that the recording has not.
        play_id: `play_…`; default a new one.

    Raises:
        UsageError: no side or too many, no input, or `recorded` without a recording.
        NotFound: a version or the run is not there.
        ModelNotAllowed: the catalog has not such a model.
    """
    play = play_id or new_id("play")
    if not 1 <= len(sides) <= MOST:
        raise UsageError(f"a play has 1 to {MOST} sides, not {len(sides)}")
    if tools == "recorded" and replay_of is None:
        raise UsageError("`recorded` needs a run to answer from", hint="Name a run, or let reads be made.")
    history: tuple[str, ...] = ()
    with runtime.database.reading() as session:
        source = None if replay_of is None else match_run(session, replay_of)
        if source is not None:
            get_whole_run(session, source)
            started = _started(session, source)
            input, history = input or started.input, tuple(started.history)
    with runtime.database.writing() as session:
        bundles = [_bundle(session, runtime.recorder, runtime.workspace, side, by) for side in sides]
    return [
        _start(runtime, f"run_{play.removeprefix(PREFIX)}_{number}", Start(
            agent, input, play, origin="playground", bundle=digest, replay_of=source, history=history,
            reads_only=tools == "read", metadata={"by": by.by, "tools": tools},
        ))
        for number, (agent, digest) in enumerate(bundles, 1)
    ]  # fmt: skip


def _start(runtime: Runtime, run_id: str, ask: Start) -> str:
    return run_id if runtime.exists(run_id) else runtime.start(ask, run_id=run_id)


def _bundle(
    session: Session, recorder: Recorder, workspace: Workspace, side: Side, by: Provenance
) -> tuple[str, str]:
    """(agent, digest) of a side; a version on another model is a version of its own, kept as a draft."""
    if side.bundle:
        digest = match_bundle(session, side.bundle)
    else:
        digest = current_bundle(session, recorder, workspace, workspace.agent(side.agent))
    bundle = get_bundle(session, digest).bundle
    if side.model and side.model != bundle.model:
        Gateway(workspace.gateway, workspace.local).check_allowed(side.model)
        changed = bundle.with_(model=side.model)
        note = f"the same on {side.model}, for the playground"
        digest = add_bundle(session, changed, author=by.by, author_kind="person", parent=digest, note=note)
    return bundle.agent, digest


# --- reading -------------------------------------------------------------------------------------------------------


def get_play(session: Session, play_id: str) -> Play:
    """One play.

    Raises:
        NotFound: there is none of that id.
    """
    runs = _runs(session, play_id)
    if not runs:
        raise NotFound("play", play_id, hint="`strop playground list` shows those there are.")
    return _play(play_id, runs, _started(session, runs[0].id))


def list_plays(session: Session, *, limit: int = 50) -> list[Play]:
    """Plays, newest first."""
    where = [RUNS.c.origin == "playground", RUNS.c.parent_run_id.is_(None), RUNS.c.id.endswith("_1", autoescape=True)]
    first = list_runs(session, where=where, limit=limit).items
    started = read_streams(session, [run.id for run in first], ["run_started"])
    return [
        _play(run.conversation_id, _runs(session, run.conversation_id), _event(started[run.id][0].event))
        for run in first
    ]


def _runs(session: Session, play_id: str) -> list[RunSummary]:
    found = []
    for number in range(1, MOST + 1):
        run = find_run(session, f"run_{play_id.removeprefix(PREFIX)}_{number}")
        if run is not None and run.origin == "playground":
            found.append(run)
    return found


def _play(play_id: str, runs: Sequence[RunSummary], started: RunStarted) -> Play:
    tools: Tools = "recorded" if started.metadata.get("tools") == "recorded" else "read"
    return Play(
        play_id, started.input, tools, started.replay_of, str(started.metadata.get("by", "")), runs[0].started_at,
        tuple(runs),
    )  # fmt: skip


def _started(session: Session, run_id: str) -> RunStarted:
    return _event(read_events(session, run_id, limit=1)[0].event)


def _event(event: object) -> RunStarted:
    assert isinstance(event, RunStarted)
    return event
