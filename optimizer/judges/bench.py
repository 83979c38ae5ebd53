"""A judge at work: its scores on record, its agreement with people measured, a better version of it looked for.

Prevents a verdict that is paid for twice: the key (judge, run, order of options) is in the agent's stream
`judges_AGENT`, with every question that was asked and what it cost.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.errors import UsageError
from optimizer.evidence import Evidence
from optimizer.examples import Example
from optimizer.gate import GateContext, GateRules, Pair, gate
from optimizer.judges.agreement import JudgeAgreement, Judged, agree
from optimizer.judges.program import (
    ORDERS,
    RIGHT,
    WRONG,
    Ask,
    JudgeModule,
    JudgeProgram,
    Verdict,
    as_answer,
    judge_once,
    language_model,
    read_verdict,
)
from optimizer.night_log import NightLog
from optimizer.race import in_rounds
from traces.errors import NotFound
from traces.events import JudgeMeasured, JudgeScored, JudgeVersioned
from traces.ids import short
from traces.provenance import Provenance

TURNED = 20
"""Answers that are judged a second time with the options in turned order."""


def judges_log(log: NightLog) -> NightLog:
    """The stream of the agent's judges, over the same database."""
    return NightLog(log.database, f"judges_{log.agent}", log.agent)


@dataclass(frozen=True)
class StoredJudge:
    """A version with what is known about it."""

    digest: str
    program: JudgeProgram
    parent: str | None
    agreement: JudgeAgreement | None


class Judges:
    """The judges of one agent.

    Args:
        log: of the stream `judges_AGENT`.
    """

    def __init__(self, log: NightLog) -> None:
        self.log = log
        self._lock = threading.Lock()
        self._known = {one.op: one for one in log.all(JudgeScored)}

    def all(self) -> list[StoredJudge]:
        """Every version, oldest first, with its newest measurement."""
        measured = {one.judge: JudgeAgreement.model_validate(one.agreement) for one in self.log.all(JudgeMeasured)}
        return [
            StoredJudge(one.judge, JudgeProgram.model_validate(one.program), one.parent, measured.get(one.judge))
            for one in self.log.all(JudgeVersioned)
        ]

    def get(self, name: str) -> StoredJudge:
        """The version whose digest begins with `name`; `newest` is the one added last.

        Raises:
            NotFound: none, or several.
        """
        known = self.all()
        if name == "newest":
            found = known[-1:]
        else:
            found = [
                one for one in known if one.digest.removeprefix("sha256:").startswith(name.removeprefix("sha256:"))
            ]
        if len(found) != 1:
            what = "judge" if not found else "single judge (several match)"
            raise NotFound(what, name, hint=f"`strop judges list {self.log.agent}` shows those there are.")
        return found[0]

    def add(self, program: JudgeProgram, by: Provenance, parent: str | None = None) -> str:
        """Keep a version; gives its digest. One that is there already stays as it is."""
        self.log.append(JudgeVersioned(
            op=program.digest, judge=program.digest, program=program.model_dump(mode="json"), parent=parent,
            provenance=by,
        ))  # fmt: skip
        return program.digest

    def score(self, judge: StoredJudge, ask: Ask, run: str, request: str, output: Any, order: int = 0) -> Verdict:
        """The verdict on a run's answer, asked once."""
        op = f"{judge.digest}/{run}/{order}"
        known = self._known.get(op)
        if known is not None:
            return Verdict(score=known.score, reason=known.feedback)
        said = judge_once(JudgeModule(judge.program), ask, request, as_answer(output), ORDERS[order])
        event = JudgeScored(op=op, judge=judge.digest, run=run, score=said.score, feedback=said.reason)
        self.log.append(event)
        with self._lock:
            self._known[op] = event
        return said

    def measure(self, judge: StoredJudge, ask: Ask, examples: Sequence[Example]) -> JudgeAgreement:
        """Hold it against people on these examples (those of the select pool), and keep what was found.

        Raises:
            UsageError: people said of none of these runs whether it was right.
        """
        judged, unread = [], 0
        for at, one in enumerate(in_rounds([one for one in examples if one.human is not None])):
            said = self.score(judge, ask, one.run, one.input, one.output)
            if said.score is None:
                unread += 1
                continue
            turned = self.score(judge, ask, one.run, one.input, one.output, order=1) if at < TURNED else None
            swapped = None if turned is None or turned.score is None else turned.score >= 0.5
            judged.append(Judged(
                one.family, bool(one.human), said.score >= 0.5, swapped, len(as_answer(one.output))
            ))  # fmt: skip
        if not judged:
            raise UsageError(
                "there is no answer that a person and the judge both judged",
                hint="Review runs first (strop feedback RUN --score 0 or 1); `strop examples list` counts them.",
            )
        found = agree(judged, unread=unread)
        self.log.append(JudgeMeasured(judge=judge.digest, agreement=found.model_dump(mode="json")))
        return found


@dataclass(frozen=True)
class Improved:
    """A new version of a judge beside the old one, on the same answers."""

    judge: StoredJudge
    before: JudgeAgreement
    after: JudgeAgreement
    evidence: Evidence


def improve(
    judges: Judges,
    judge: StoredJudge,
    ask: Ask,
    reflect: Sequence[Example],
    select: Sequence[Example],
    by: Provenance,
) -> Improved | None:
    """Look for a better version with people's verdicts of the reflect pool, and prove it on the select pool.

    The same machinery as for agents: dspy's GEPA with the judge's model as reflector, then the gate on pairs of
    (old agrees with the person, new agrees). None: no other version was found.
    """
    compiled = _compiled(judge.program, ask, [one for one in reflect if one.human is not None])
    program = compiled.written()
    if program.digest == judge.digest:
        return None
    before = judges.measure(judge, ask, select)
    new = StoredJudge(judges.add(program, by, judge.digest), program, judge.digest, None)
    after = judges.measure(new, ask, select)
    pairs = []
    for one in select:
        if one.human is not None:
            old_said = judges.score(judge, ask, one.run, one.input, one.output).score
            new_said = judges.score(new, ask, one.run, one.input, one.output).score
            pairs.append(Pair(one.id, one.family, float(old_said == one.human), float(new_said == one.human)))
    context = GateContext(a=short(judge.digest), b=short(new.digest), metric="agreement with people")
    return Improved(new, before, after, gate(pairs, GateRules(resamples=10_000), context))


def _compiled(program: JudgeProgram, ask: Ask, examples: Sequence[Example]) -> JudgeModule:
    import dspy  # type: ignore[import-untyped]
    from gepa.utils.stop_condition import NoImprovementStopper, ScoreThresholdStopper

    from optimizer.program import quiet

    def metric(gold: Any, said: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None) -> Any:
        right = read_verdict(str(getattr(said, "verdict", ""))) == gold["human"]
        person = RIGHT if gold["human"] else WRONG
        return dspy.Prediction(score=float(right), feedback=f"A person said {person}. {gold['said']}".strip())

    known = [
        dspy.Example(
            request=one.input, answer=as_answer(one.output), human=one.human, said=" ".join(one.comments)
        ).with_inputs("request", "answer")
        for one in in_rounds(examples)
    ]  # fmt: skip
    half = max(1, len(known) // 2)
    lm = language_model(ask)
    optimizer = dspy.GEPA(
        metric=metric, max_metric_calls=6 * len(known), reflection_lm=lm, num_threads=1, seed=0,
        gepa_kwargs={"stop_callbacks": [NoImprovementStopper(6), ScoreThresholdStopper(1.0)]},
    )  # fmt: skip
    with quiet(), dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        found: JudgeModule = optimizer.compile(
            JudgeModule(program), trainset=known[:half], valset=known[half:] or known
        )
    return found
