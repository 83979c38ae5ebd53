"""Forgetting a person: everything that is said of them in the record and made of it, planned first, then erased.

Goes from their conversations to the runs that replayed them, to nights and decisions that quote them, to versions
that show them as an example, to remembered replies. Prevents: an erasure that stops at the run it began with.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from agents.access.roles import may, roles_with
from agents.errors import IllegalStep, Refused
from agents.prompts.erasing import Quoting, erase_examples, list_quoting
from agents.prompts.tables import ARMS
from traces.db import Database
from traces.erase import Erasure, erase_quotes, erase_runs, find_quoting
from traces.errors import BadInput, NotFound
from traces.events import UNASKED, ErasureDone, Event, RunCancelled, RunDelegated, RunStarted
from traces.ids import new_id, short
from traces.leases import list_held
from traces.persons import SHORTEST, How, Progress, find_person
from traces.provenance import Provenance
from traces.quotes import Quotes, quotes_of
from traces.recorder import Recorder
from traces.redact import PLACEHOLDER, Redactor
from traces.store import find_runs, read_feed, read_streams
from traces.summary import ENDED, RunSummary
from traces.tables import EVENTS, RUNS

STREAM = "erasures"
"""The stream that has the sum of each erasure."""


@dataclass(frozen=True)
class Plan:
    """What would be erased, and what stands against it."""

    runs: dict[str, RunSummary] = field(default_factory=dict)
    """The runs of the conversations, and those made from them."""
    how: dict[str, How] = field(default_factory=dict)
    """By conversation: how it was found."""
    quoting: list[str] = field(default_factory=list)
    """Nights and decisions that quote."""
    bundles: list[Quoting] = field(default_factory=list)
    quotes: Quotes = field(default_factory=Quotes)
    under_way: list[str] = field(default_factory=list)
    """Runs that a living worker has in hand."""
    unsure: list[str] = field(default_factory=list)
    """Conversations with nothing but the person's placeholder, which others share: left alone."""
    sent_to: list[str] = field(default_factory=list)
    """Other backends that got some of these runs over OpenTelemetry; they must be asked too."""

    @property
    def conversations(self) -> dict[str, list[RunSummary]]:
        """The runs that people asked for, by conversation."""
        found: dict[str, list[RunSummary]] = {}
        for run in self.runs.values():
            if run.conversation_id in self.how:
                found.setdefault(run.conversation_id, []).append(run)
        return found

    @property
    def serving(self) -> list[Quoting]:
        """Versions that answer customers with these words in their prompt."""
        return [one for one in self.bundles if one.serving]


def plan_conversations(session: Session, conversations: Iterable[str], *, person: str = "") -> Plan:
    """What goes with these conversations.

    Raises:
        NotFound: none of them is on record, or all were erased.
    """
    names = list(conversations)
    return _planned(session, dict.fromkeys(names, "conversation"), names, person=person)


def plan_person(
    session: Session, person: str, redactor: Redactor, *, placeholders: bool = False,
    progress: Progress = lambda read: None,
) -> Plan:  # fmt: skip
    """What goes with a person: a user's id, an address, a name.

    Args:
        session: an open reading session.
        person: what to look for, as whole words.
        redactor: knows what is written in the person's place where it was redacted.
        placeholders: also take conversations that have nothing but that.
        progress: gets the number of bodies and facts read so far.

    Raises:
        BadInput: too short to find anybody by.
        NotFound: nothing was found.
    """
    person = person.strip()
    if len(person) < SHORTEST:
        raise BadInput(f"{person!r} is too short to find a person by", hint="Give a user's id, an address or a name.")
    hidden, _ = redactor.value(person)
    found = find_person(session, person, hidden if PLACEHOLDER.fullmatch(str(hidden)) else None, progress=progress)
    runs = find_runs(session, found)
    how: dict[str, How] = {}
    for run_id, way in found.items():
        if run_id in runs and runs[run_id].erased_at is None and runs[run_id].origin not in UNASKED:
            known = how.get(runs[run_id].conversation_id)
            how[runs[run_id].conversation_id] = way if known in (None, "placeholder") else known
    unsure = [] if placeholders else sorted(name for name, way in how.items() if way == "placeholder")
    names = [name for name in how if name not in unsure]
    if not names:
        told = f"{len(unsure)} conversations have its placeholder {hidden}, which others share" if unsure else ""
        raise NotFound("person", person, hint=f"{told}; `--placeholders` takes them too." if told else "")
    return _planned(session, how, names, person=person, unsure=unsure)


def forget(recorder: Recorder, plan: Plan, provenance: Provenance, *, root: Path | None = None) -> ErasureDone:
    """Erase what was planned. Each step is durable by itself; planning and doing it again does the rest.

    Args:
        recorder: of the ledger.
        plan: made just now.
        provenance: who wants it and why. The reason stays on record: it should not name the person.
        root: the workspace, whose remembered replies are removed.

    Raises:
        IllegalStep: a worker has one of the runs in hand, or a version that serves quotes them.
        Refused: the role of who wants it does not allow it.
    """
    if provenance.role and not may(provenance.role, "administer"):
        told = f"{provenance.by!r} has the role {provenance.role!r}, which may erase nothing"
        raise Refused(told, hint=f"It needs one of these roles: {', '.join(roles_with('administer'))}.")
    _check(plan)
    erasure = Erasure(provenance)
    for run in plan.runs.values():
        if run.status not in ENDED and run.origin != "otlp":
            recorder.append(run.id, RunCancelled(provenance=provenance, seconds=0.0))
    stand_in = {name: f"erased_{new_id('c')[2:]}" for name in plan.how}
    done = erase_runs(recorder, {run.id: stand_in.get(run.conversation_id) for run in plan.runs.values()}, erasure)
    with recorder.database.reading() as session:
        carried = _runs_of_bundles(session, [one.digest for one in plan.bundles], set(plan.runs))
    quoted = erase_quotes(recorder, [*plan.quoting, *carried], plan.quotes, erasure)
    with recorder.database.writing() as session:
        erase_examples(session, [one.digest for one in plan.bundles], plan.quotes, set(plan.runs))
        for name, other in stand_in.items():
            arm = sa.update(ARMS).where(ARMS.c.conversation_id == name)
            session.execute(arm.values(conversation_id=other))
        signed = ErasureDone(
            erasure=erasure.id, streams=[*done.streams, *quoted.streams], runs=done.runs,
            events=done.events + quoted.events, bodies=done.bodies + quoted.bodies,
            bundles=[one.digest for one in plan.bundles], provenance=provenance,
        )  # fmt: skip
        recorder.append_in(session, STREAM, signed)
    if root is not None:
        _forget_replies(root / ".strop" / "replies", set(plan.runs))
    return signed


def list_erasures(database: Database) -> list[tuple[datetime, ErasureDone]]:
    """What was erased, newest first."""
    with database.reading() as session:
        found = read_streams(session, [STREAM], ["erasure_done"])[STREAM]
    return [(one.at, one.event) for one in reversed(found) if isinstance(one.event, ErasureDone)]


def _check(plan: Plan) -> None:
    if plan.under_way:
        raise IllegalStep(
            f"{len(plan.under_way)} of its runs are being worked on, such as {plan.under_way[0]}",
            hint="Stop it with `strop cancel`, or wait until it has ended; nothing was erased.",
        )
    if plan.serving:
        one = plan.serving[0]
        raise IllegalStep(
            f"version {short(one.digest)} of {one.agent!r} is {one.state} and shows these words as an example",
            hint="Roll it back, or approve a version without them, and ask again; nothing was erased.",
        )


# --- planning ------------------------------------------------------------------------------------------------------


def _planned(
    session: Session, how: dict[str, How], names: Sequence[str], *, person: str = "", unsure: Sequence[str] = ()
) -> Plan:
    runs = _runs(session, names)
    if not runs:
        raise NotFound("conversation", names[0], hint="`strop runs list` shows them; an erased one has another name.")
    examples = {f"ex_{run_id.removeprefix('run_')}" for run_id in runs}
    quotes = quotes_of(_words(session, runs), examples, {name: "[erased]" for name in names}, person)
    return Plan(
        runs=runs, how={name: how[name] for name in names}, quotes=quotes, unsure=list(unsure),
        quoting=find_quoting(session, quotes), bundles=list_quoting(session, quotes, runs.keys()),
        under_way=sorted(runs.keys() & list_held(session, datetime.now(UTC)).keys()), sent_to=_sent(session, runs),
    )  # fmt: skip


def _runs(session: Session, conversations: Sequence[str]) -> dict[str, RunSummary]:
    """The runs of these conversations, what they delegated, and the trials that replayed any of them."""
    found: set[str] = set()
    for start in range(0, len(conversations), 500):
        named = RUNS.c.conversation_id.in_(conversations[start : start + 500])
        found.update(session.execute(sa.select(RUNS.c.id).where(named)).scalars())
    replays = _replays(session)
    new = set(found)
    while new:
        made = {run for source in new for run in replays.get(source, ())} | _children(session, new)
        new = made - found
        found |= new
    return {name: run for name, run in find_runs(session, sorted(found)).items() if run.erased_at is None}


def _children(session: Session, runs: Collection[str]) -> set[str]:
    names, found = sorted(runs), set[str]()
    for start in range(0, len(names), 500):
        below = RUNS.c.parent_run_id.in_(names[start : start + 500])
        found.update(session.execute(sa.select(RUNS.c.id).where(below)).scalars())
    return found


def _replays(session: Session) -> dict[str, list[str]]:
    """The runs that answered their calls from a run's recording, by that run."""
    found: dict[str, list[str]] = {}
    query = sa.select(EVENTS.c.stream, EVENTS.c.payload).where(
        EVENTS.c.kind == "run_started", EVENTS.c.payload.like('%"replay_of":"%')
    )
    for row in session.execute(query.execution_options(yield_per=1000)):
        found.setdefault(json.loads(row.payload)["replay_of"], []).append(row.stream)
    return found


def _words(session: Session, runs: Collection[str]) -> list[str]:
    """What was asked in these runs: what is quoted elsewhere."""
    told = read_streams(session, runs, ["run_started", "run_delegated"])
    return [text for facts in told.values() for one in facts if (text := _asked(one.event))]


def _asked(event: Event) -> str:
    match event:
        case RunStarted():
            return event.input
        case RunDelegated():
            return event.request
        case _:
            return ""


def _sent(session: Session, runs: Collection[str]) -> list[str]:
    first = min((one[0].id for one in read_streams(session, runs, ["run_started"]).values() if one), default=None)
    if first is None:
        return []
    sent: dict[str, int] = {}
    for stored in read_feed(session, after=first, kinds=["spans_sent"], limit=10_000):
        event: Any = stored.event
        sent[event.target] = max(sent.get(event.target, 0), event.through)
    return sorted(target for target, through in sent.items() if through >= first)


def _runs_of_bundles(session: Session, digests: Sequence[str], but: Collection[str]) -> list[str]:
    """The runs in whose requests these versions' prompts are on record."""
    found = session.execute(sa.select(RUNS.c.id).where(RUNS.c.bundle.in_(digests), RUNS.c.erased_at.is_(None)))
    return [run for run in found.scalars() if run not in but] if digests else []


def _forget_replies(folder: Path, runs: Collection[str]) -> None:
    """Remembered replies only name the run that has them; the name of the file is a digest over what was asked."""
    for path in folder.glob("*/*.json"):
        try:
            if json.loads(path.read_text(encoding="utf-8"))[0] in runs:
                path.unlink()
        except (OSError, ValueError, LookupError, TypeError):
            continue
