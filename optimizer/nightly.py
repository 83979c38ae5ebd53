"""A night: mine, measure the noise, look at the headroom, search, race, prove, and propose or say why not.

Prevents the dishonest shortcuts: no search without headroom, no proof without a noise figure, one winner on the
sealed pool, one verdict. Every stage is a fact in the night's stream; the same command after kill -9 or Ctrl-C goes
on with the open night, and what is on record is not paid again.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.models import Model

from agents.assembly import open_runtime
from agents.config import Workspace
from agents.definitions import Metric
from agents.documents import watched
from agents.errors import RunOwned
from agents.models.gateway import Gateway
from agents.prompts.store import get_bundle
from agents.runtime import Runtime
from agents.selection import current_bundle, live_bundle
from optimizer.bill import paid_so_far
from optimizer.evidence import Evidence
from optimizer.examples import Example
from optimizer.metric import Score
from optimizer.night_log import (
    NightLog,
    find_open_night,
    leave_night,
    new_night,
    take_night,
)
from optimizer.night_stages import Ended, Night
from optimizer.progress import ProgressTold, tell_nobody
from optimizer.purse import Amount, Purse, PurseEmpty
from optimizer.reflection import Reflection
from optimizer.rollouts import Rollouts
from optimizer.settings import NightSettings
from traces.db import Database, open_database
from traces.errors import NotFound
from traces.events import NightEnded, NightResumed, NightStarted, RolloutScored
from traces.ids import short
from traces.leases import LEASE_SECONDS
from traces.workers import worker_name

MakeRuntime = Callable[[Workspace, Database], Runtime]


@dataclass(frozen=True)
class NightResult:
    """How the night ended. `proposal`: the digest that waits for a decision. `evidence` None: nothing was proven."""

    night: str
    agent: str
    incumbent: str
    verdict: str
    reasons: tuple[str, ...]
    proposal: str | None = None
    evidence: Evidence | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    spent: Amount = field(default_factory=Amount)
    seconds: float = 0.0
    resumed: bool = False


def run_night(
    workspace: Workspace, agent: str, settings: NightSettings | None = None, progress: ProgressTold = tell_nobody, *,
    database: Database | None = None, make_runtime: MakeRuntime | None = None, reflection: Model[Any] | None = None,
    judge: Model[Any] | None = None, because: str = "",
) -> NightResult:  # fmt: skip
    """Run a night for one agent, or go on with its open one (then with the settings it began with).

    Blocking; Ctrl-C and a killed process leave the night open. `make_runtime`, `reflection` and `judge` replace what
    the workspace says, for scripted models. `because` is put on record: what the night was run for.

    Raises:
        UnknownAgent: with the names there are.
        RunOwned: another living process works on a night of this agent.
        TooManyErrors: model or tool server away; the night stays open.
    """
    workspace.agent(agent)
    own = database is None
    database = database or open_database(workspace.database_url)
    try:
        with _owned(database, agent, progress):
            log, started, resumed = _begin(database, workspace, agent, settings or NightSettings(), because)
            make = make_runtime or _runtime
            return _work(workspace, log, started, resumed, progress, make, reflection, judge)
    finally:
        if own:
            database.close()


def _runtime(workspace: Workspace, database: Database) -> Runtime:
    return open_runtime(workspace, database)


def _begin(
    database: Database, workspace: Workspace, agent: str, settings: NightSettings, because: str
) -> tuple[NightLog, NightStarted, bool]:
    found = find_open_night(database, agent)
    if found is not None:
        log = NightLog(database, found.stream, agent)
        log.append(NightResumed(recorded_rollouts=len(log.all(RolloutScored))))
        return log, found.started, True
    log = NightLog(database, new_night(), agent)
    definition = workspace.agent(agent)
    with database.writing() as session:
        incumbent = current_bundle(session, log.recorder, workspace, definition)
        live = live_bundle(session, log.recorder, workspace, definition).digest
    facts = {
        "settings": settings.model_dump(mode="json"), "live": live,
        "watched": watched(workspace.root, workspace.nights.watch),
    }  # fmt: skip
    started = NightStarted(agent=agent, incumbent=incumbent, settings=facts, because=because)
    log.append(started)
    return log, started, False


def _work(
    workspace: Workspace, log: NightLog, started: NightStarted, resumed: bool, progress: ProgressTold,
    make_runtime: MakeRuntime, reflection: Model[Any] | None, judge: Model[Any] | None,
) -> NightResult:  # fmt: skip
    settings = NightSettings.model_validate(started.settings["settings"])
    spent = paid_so_far(log)
    purse = Purse(settings.caps, spent=spent, seconds=log.worked_seconds(), error_rate=settings.error_rate)
    with log.database.reading() as session:
        incumbent = get_bundle(session, started.incumbent).bundle
    rollouts = Rollouts(
        log, lambda: make_runtime(workspace, log.database), workspace.agent(log.agent).block.metric, purse,
        incumbent=started.incumbent, concurrency=settings.concurrency or slots(workspace, incumbent.model),
    )  # fmt: skip
    try:
        metric = workspace.agent(log.agent).block.metric
        if metric.kind == "judge":
            refused = _appoint(workspace, log, rollouts, purse, metric, settings, judge)
            if refused:
                return _end(log, started, Ended("undecided", refused), purse, resumed)
        model = reflection or _reflection_model(workspace)
        asks = None
        if model is not None:
            asks = Reflection(log, model, purse, rollouts.thread, calls=settings.reflection_calls)
        night = Night(log, settings, incumbent, started.settings["live"], rollouts, purse, asks, progress)
        ended = _run(night)
    finally:
        rollouts.close()
    return _end(log, started, ended, purse, resumed)


def _appoint(
    workspace: Workspace, log: NightLog, rollouts: Rollouts, purse: Purse, metric: Metric, settings: NightSettings,
    model: Model[Any] | None,
) -> tuple[str, ...]:  # fmt: skip
    """Let the agent's judge score the rollouts, if it agrees with people well enough; gives why it may not."""
    from optimizer.judges.agreement import misses
    from optimizer.judges.bench import Judges, judges_log

    judges = Judges(judges_log(log))
    try:
        chosen = judges.get(metric.judge)
    except NotFound as missing:
        return (f"{missing}: write one with `strop judges add {log.agent}`",)
    if chosen.agreement is None:
        return (f"judge {short(chosen.digest)} was never held against people: `strop judges measure {log.agent}`",)
    refused = misses(chosen.agreement, settings.judge_bar)
    if refused:
        return tuple(f"judge {short(chosen.digest)} may not decide: {why}" for why in refused)
    asked = model or Gateway(workspace.gateway, workspace.local).model(chosen.program.model)
    ask = Reflection(log, asked, purse, rollouts.thread, calls=1_000_000, name="judge", again=False)

    def judged(example: Example, run: str, output: Any) -> Score | None:
        said = judges.score(chosen, ask, run, example.input, output)
        return None if said.score is None else Score(said.score, said.reason)

    rollouts.judge, rollouts.judges = judged, (chosen.digest,)
    return ()


def _run(night: Night) -> Ended:
    try:
        return night.run()
    except PurseEmpty as empty:
        return Ended("undecided", (str(empty), "what was found before stays on record"))


def _end(log: NightLog, started: NightStarted, ended: Ended, purse: Purse, resumed: bool) -> NightResult:
    spent = purse.spent
    facts = {
        "rollouts": spent.rollouts,
        "requests": spent.requests,
        "tokens": spent.tokens,
        "dollars": spent.dollars,
        "seconds": round(purse.seconds, 1),
    }
    log.append(
        NightEnded(op="end", verdict=ended.verdict, reasons=list(ended.reasons), proposal=ended.proposal, facts=facts)
    )
    return NightResult(
        night=log.stream, agent=log.agent, incumbent=started.incumbent, verdict=ended.verdict, reasons=ended.reasons,
        proposal=ended.proposal, evidence=ended.evidence, detail=ended.detail, spent=spent,
        seconds=purse.seconds, resumed=resumed,
    )  # fmt: skip


def _reflection_model(workspace: Workspace) -> Model[Any] | None:
    if workspace.reflection_model is None:
        return None
    return Gateway(workspace.gateway, workspace.local).model(workspace.reflection_model)


def slots(workspace: Workspace, model: str) -> int:
    """An embedded model works on few prompts at once; a served one waits for the network."""
    return workspace.local.slot_count() if model.startswith("local:") else 8


# --- one night of an agent at a time --------------------------------------------------------------------------


@contextlib.contextmanager
def _owned(database: Database, agent: str, progress: ProgressTold) -> Iterator[None]:
    """Hold the lease on the agent's nights, renewed by a thread, and give it back at the end."""
    owner = worker_name()
    other = take_night(database, agent, owner)
    if other is not None:
        raise RunOwned(
            f"a night of {agent!r} is being worked on by {other}",
            hint=f"Wait for it; a dead process's night is free after {LEASE_SECONDS:g} s.",
        )
    done = threading.Event()

    def renew() -> None:
        while not done.wait(LEASE_SECONDS / 3):
            with contextlib.suppress(Exception):
                take_night(database, agent, owner)

    thread = threading.Thread(target=renew, name="strop-night-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        with contextlib.suppress(Exception):
            leave_night(database, agent, owner)
