"""A version that a person wrote, evaluated and proposed: the same tasks on it and on what is live, the same gate.

Prevents a version that is proposed on nothing but its author's word; a night's proposal and a person's look alike.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agents.access.tokens import AUDIT
from agents.config import Workspace
from agents.errors import IllegalStep, Refused, ToolServerUnavailable, UsageError
from agents.prompts.decisions import move
from agents.prompts.proven import add_carrying, proven_with, seen, with_pins
from agents.prompts.record import decisions_stream
from agents.prompts.store import get_bundle
from agents.service.wire import FlipView
from agents.tasks import Task
from optimizer.evaluate import Evaluation, TaskScore, compare
from optimizer.evidence import Evidence
from optimizer.evidence_text import render_evidence
from optimizer.night_log import find_open_night
from optimizer.nightly import NightResult, run_night
from optimizer.progress import ProgressTold, tell_nobody
from optimizer.settings import NightSettings
from tools.errors import ToolServerError
from tools.mcp import offered_by
from tools.pins import listing_of
from traces.bodies import body_name
from traces.events import DecisionRefused, EvidenceWritten
from traces.ids import short
from traces.provenance import Provenance
from traces.recorder import Recorder

NOTHING: Final = "nothing"
"""Stands where no version serves yet: what is compared with gets no task right."""

OPEN: Final = frozenset({"draft", "evaluated", "proposed", "rejected", "rolled_back", "retired", "expired"})
"""States from which a version can be proposed (anew)."""


def check_open(state: str, digest: str) -> None:
    """Pass when a version of this state can be proposed.

    Raises:
        IllegalStep: it serves already, or is on its way to.
    """
    if state not in OPEN:
        told = f"{short(digest)} is {state}: there is nothing to propose"
        raise IllegalStep(told, hint="`strop decisions` says why.")


def propose_by_hand(
    recorder: Recorder, digest: str, after: Evaluation, before: Evaluation | None, tasks: Sequence[Task],
    by: Provenance, live: str | None,
) -> Evidence:  # fmt: skip
    """Write the evidence of two evaluations down and propose the version on it, signed by the person who asks.

    Args:
        recorder: of the database that holds the registry.
        digest: the version.
        after: how it did.
        before: how what is live did on the same tasks; None where nothing is.
        tasks: those tasks.
        by: who proposes it, and why.
        live: digest of what is live.

    Raises:
        IllegalStep: it serves already, or is on its way to.
    """
    base = before or Evaluation(NOTHING, tuple(_wrong(one) for one in after.scores))
    evidence = compare(base, after)
    named = {task.id: task for task in tasks}
    detail: dict[str, Any] = {
        "summary": render_evidence(evidence), "incumbent": live,
        "got_better": [_flip(named, base, after, task) for task in evidence.gained_tasks],
        "got_worse": [_flip(named, base, after, task) for task in evidence.lost_tasks],
    }  # fmt: skip
    written = EvidenceWritten(bundle=digest, verdict=evidence.verdict, evidence=evidence.model_dump(mode="json"))
    _put_forward(recorder, digest, evidence, detail, by, written)
    return evidence


def propose_on_examples(
    workspace: Workspace, recorder: Recorder, digest: str, by: Provenance, progress: ProgressTold = tell_nobody,
    settings: NightSettings | None = None, **options: Any,
) -> NightResult:  # fmt: skip
    """Prove the version on the agent's sealed examples against what is live, as a night does, and propose it.

    The same pools, the same noise of the incumbent, the same gate; the opening of the sealed pool is counted. Where
    no evidence could be made, the result says why and nothing is proposed. A killed one goes on when it is called
    again.

    Args:
        workspace: with the agent's definition.
        recorder: of the database that holds the registry.
        digest: the version, with what it is to be proven with inside it.
        by: who proposes it, and why.
        progress: told how far it is.
        settings: sizes and caps.
        options: of `run_night`, for scripted models.

    Raises:
        UsageError: another night of the agent is open.
        IllegalStep: it serves already, or is on its way to.
    """
    with recorder.database.reading() as session:
        stored = get_bundle(session, digest)
    check_open(stored.state, digest)
    agent = stored.bundle.agent
    night = find_open_night(recorder.database, agent)
    if night is not None and night.started.settings["settings"].get("candidate") != digest:
        raise UsageError(
            f"another night of {agent!r} is open ({night.stream})", hint=f"Let it end first: strop optimize {agent}."
        )
    wanted = (settings or NightSettings()).model_copy(update={"candidate": digest})
    because = f"{by.by} proposes {short(digest)}: {by.reason}"
    result = run_night(workspace, agent, wanted, progress, database=recorder.database, because=because, **options)
    if result.evidence is not None:
        _put_forward(recorder, digest, result.evidence, dict(result.detail), by)
    return result


def _put_forward(
    recorder: Recorder, digest: str, evidence: Evidence, detail: dict[str, Any], by: Provenance,
    written: EvidenceWritten | None = None,
) -> None:  # fmt: skip
    """Take the version to proposed on this evidence, which is written down first where it is not yet.

    Raises:
        Refused: the person's role may not; the refusal is on record.
    """
    with recorder.database.reading() as session:
        agent = get_bundle(session, digest).bundle.agent
    try:
        _propose(recorder, digest, evidence, detail, by, written)
    except Refused as refused:
        event = DecisionRefused(agent=agent, act="propose", bundle=digest, why=str(refused), provenance=by)
        recorder.append(AUDIT, event)
        raise
    recorder.announce(decisions_stream(agent))


def _propose(
    recorder: Recorder, digest: str, evidence: Evidence, detail: dict[str, Any], by: Provenance,
    written: EvidenceWritten | None,
) -> None:  # fmt: skip
    with recorder.database.writing() as session:
        bundle = get_bundle(session, digest)
        check_open(bundle.state, digest)
        if written is not None:
            recorder.append_in(session, f"evidence_{short(digest)}", written)
        name = body_name(evidence.model_dump(mode="json"))
        if bundle.state != "evaluated":
            move(
                session, recorder, digest, "evaluated", by, evidence=name, verdict=evidence.verdict, detail=detail,
                act="propose",
            )  # fmt: skip
        move(
            session, recorder, digest, "proposed", by, evidence=name, verdict=evidence.verdict, detail=detail,
            act="propose",
        )  # fmt: skip


def carrying(workspace: Workspace, recorder: Recorder, digest: str) -> str:
    """The version with the tools inside it that its servers offer now; itself where it carries these already.

    Each server that it uses is asked. Raises:
        ToolServerUnavailable: one cannot be had, so there is nothing to prove a version with.
    """
    with recorder.database.reading() as session:
        bundle = get_bundle(session, digest).bundle
    pins = {}
    for server in sorted({access.server for access in bundle.tools}):
        if server not in workspace.servers:
            raise UsageError(f"{short(digest)} uses the tool server {server!r}, which mcp.json does not declare")
        log = workspace.root / ".strop" / f"server-{server}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            offered = asyncio.run(offered_by(workspace.servers[server], log))
        except ToolServerError as error:
            raise ToolServerUnavailable(str(error), hint=f"Its log: .strop/server-{server}.log.") from error
        pins[server] = seen(bundle, server, listing_of(offered))
    proven = with_pins(bundle, pins, bundle.judges)
    if proven is bundle:
        return digest
    with recorder.database.writing() as session:
        return add_carrying(session, proven, digest)


def carrying_as_met(recorder: Recorder, digest: str) -> str:
    """The version with the tools inside it that are on record for it, or that the agent is held to: as its examples
    were recorded.
    """
    with recorder.database.writing() as session:
        bundle = get_bundle(session, digest).bundle
        proven = proven_with(session, bundle, digest)
        return digest if proven is bundle else add_carrying(session, proven, digest)


def _wrong(one: TaskScore) -> TaskScore:
    return TaskScore(one.task, one.family, 0.0, "", None, "", tokens=one.tokens)


def _flip(tasks: Mapping[str, Task], before: Evaluation, after: Evaluation, task: str) -> dict[str, Any]:
    old, new = (next(one for one in side.scores if one.task == task) for side in (before, after))
    return FlipView(
        example=task, input=tasks[task].turns[-1], expected=dict(tasks[task].expected.output) or None,
        before=old.output, after=new.output, run_before=old.run_id or None, run_after=new.run_id or None,
    ).model_dump(mode="json")  # fmt: skip
