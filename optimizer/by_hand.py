"""A version that a person wrote, evaluated and proposed: the same tasks on it and on what is live, the same gate.

Prevents a version that is proposed on nothing but its author's word; a night's proposal and a person's look alike.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from agents.errors import IllegalStep
from agents.prompts.decisions import move
from agents.prompts.record import decisions_stream
from agents.prompts.store import get_bundle
from agents.service.wire import FlipView
from agents.tasks import Task
from optimizer.evaluate import Evaluation, TaskScore, compare
from optimizer.evidence import Evidence
from optimizer.evidence_text import render_evidence
from traces.events import EvidenceWritten
from traces.ids import digest_text, ordered_json, short
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
    stored = evidence.model_dump(mode="json")
    named = {task.id: task for task in tasks}
    detail: dict[str, Any] = {
        "summary": render_evidence(evidence), "incumbent": live,
        "got_better": [_flip(named, base, after, task) for task in evidence.gained_tasks],
        "got_worse": [_flip(named, base, after, task) for task in evidence.lost_tasks],
    }  # fmt: skip
    with recorder.database.writing() as session:
        bundle = get_bundle(session, digest)
        check_open(bundle.state, digest)
        written = EvidenceWritten(bundle=digest, verdict=evidence.verdict, evidence=stored)
        recorder.append_in(session, f"evidence_{short(digest)}", written)
        name = digest_text(ordered_json(stored))
        if bundle.state != "evaluated":
            move(
                session, recorder, digest, "evaluated", by, evidence=name, verdict=evidence.verdict, detail=detail,
                act="propose",
            )  # fmt: skip
        move(
            session, recorder, digest, "proposed", by, evidence=name, verdict=evidence.verdict, detail=detail,
            act="propose",
        )  # fmt: skip
    recorder.announce(decisions_stream(bundle.bundle.agent))
    return evidence


def _wrong(one: TaskScore) -> TaskScore:
    return TaskScore(one.task, one.family, 0.0, "", None, "", tokens=one.tokens)


def _flip(tasks: Mapping[str, Task], before: Evaluation, after: Evaluation, task: str) -> dict[str, Any]:
    old, new = (next(one for one in side.scores if one.task == task) for side in (before, after))
    return FlipView(
        example=task, input=tasks[task].turns[-1], expected=dict(tasks[task].expected.output) or None,
        before=old.output, after=new.output, run_before=old.run_id or None, run_after=new.run_id or None,
    ).model_dump(mode="json")  # fmt: skip
