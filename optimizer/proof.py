"""The proof on the sealed pool: both arms in one harness, paired, with what a trivial agent would score beside them.

Prevents a verdict on other grounds than the night's: the pool is opened here and nowhere else, once for one winner.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.definitions import Metric
from agents.prompts.bundle import Bundle
from agents.service.wire import FlipView
from optimizer.arms import Arms
from optimizer.evidence import Baseline, BettingState, Evidence, NoiseFloor
from optimizer.examples import Example
from optimizer.gate import GateContext, gate
from optimizer.gate.sections import mean
from optimizer.metric import score
from optimizer.screen import Screen
from optimizer.settings import NightSettings
from traces.ids import short


@dataclass(frozen=True)
class Proof:
    """The evidence, and the examples on which the two versions disagree."""

    evidence: Evidence
    better: tuple[FlipView, ...] = ()
    worse: tuple[FlipView, ...] = ()


@dataclass(frozen=True)
class Case:
    """What the outcomes themselves cannot tell the gate."""

    agent: str
    incumbent: Bundle
    candidate: Bundle
    metric: Metric
    number: int
    """Which candidate of the agent's life sealed examples are opened for."""
    noise: NoiseFloor | None
    reflect: Sequence[Example]
    screen: Screen
    proposals: int = 0
    """How many were called better before."""
    state: BettingState | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    """What each example's run stands for in all traffic."""
    notes: tuple[str, ...] = field(default=())


def prove(arms: Sequence[Arms], case: Case, settings: NightSettings) -> Proof:
    """The gate's verdict on the sealed outcomes. At least one pair must be decidable."""
    usable = [one for one in arms if one.decidable]
    strata = _strata([one.example for one in usable], settings.stratum_least)
    pairs = [one.pair(_stratum_of(one.example, strata)) for one in usable]
    context = GateContext(
        a=short(case.incumbent.digest), b=short(case.candidate.digest), metric=case.metric.kind,
        openings=case.number, proposals=case.proposals, state=case.state, noise=case.noise, attempted=len(arms),
        diverged=len(arms) - len(usable), baselines=_baselines([one.example for one in usable], case),
        objections=case.screen.objections(case.candidate, prompt_chars=settings.prompt_chars),
        notes=(*case.notes, *_notes(usable, strata), *_weighted(usable, case.weights)),
    )  # fmt: skip
    evidence = gate(pairs, settings.rules_of_gate, context)
    flips = {one.example.id: _flip(one) for one in usable}
    return Proof(
        evidence=evidence,
        better=tuple(flips[task] for task in evidence.gained_tasks),
        worse=tuple(flips[task] for task in evidence.lost_tasks),
    )


def _strata(examples: Sequence[Example], least: int) -> frozenset[bool]:
    """The strata large enough to be tested on their own; none where all examples are of one."""
    count = Counter(example.changes_state for example in examples)
    if len(count) == 1:
        return frozenset(count)
    return frozenset(key for key, n in count.items() if n >= least)


def _stratum_of(example: Example, strata: frozenset[bool]) -> str | None:
    """The stratum that the example is tested in, if it is in one of these and there is another."""
    return _stratum_name(example) if len(strata) > 1 and example.changes_state in strata else None


def _stratum_name(example: Example) -> str:
    return "changes state" if example.changes_state else "changes nothing"


def _notes(usable: Sequence[Arms], strata: frozenset[bool]) -> tuple[str, ...]:
    small = Counter(_stratum_name(one.example) for one in usable if one.example.changes_state not in strata)
    notes = [f"stratum {name!r} has {n} pairs only: told here, not tested" for name, n in small.items()]
    if usable and not any(one.score_before for one in usable):
        notes.append(
            "the incumbent failed every example: if only failed runs were reviewed, the gain on all traffic is "
            "smaller, and harm to what went well cannot be seen here"
        )
    return tuple(notes)


def _weighted(usable: Sequence[Arms], weights: Mapping[str, float]) -> Iterator[str]:
    """The same difference with each example counted as what it stands for in all traffic: told, not tested."""
    told = [(weights.get(one.example.run, 1.0), one.score_before, one.score_after) for one in usable]
    total = sum(weight for weight, _, _ in told)
    if total <= 0 or all(abs(weight - told[0][0]) < 1e-9 for weight, _, _ in told):
        return
    before = sum(weight * score for weight, score, _ in told) / total
    after = sum(weight * score for weight, _, score in told) / total
    yield f"weighted to all traffic: {before:.1%} -> {after:.1%} ({100 * (after - before):+.1f} points)"


def _baselines(examples: Sequence[Example], case: Case) -> tuple[Baseline, ...]:
    """An agent that does nothing, and one that always gives the commonest right answer of the reflect pool."""
    if case.metric.kind == "judge":  # what a trivial agent would get is the judge's to say, for a price
        return ()
    found = [Baseline(name="do-nothing", score=_scored(examples, case.metric, None))]
    labels = Counter(example.label for example in case.reflect if example.expected.get("output"))
    if labels and case.metric.kind != "calls":
        commonest = labels.most_common(1)[0][0]
        answer = next(one.expected["output"] for one in case.reflect if one.label == commonest)
        found.append(Baseline(name="commonest answer", score=_scored(examples, case.metric, answer)))
    return tuple(found)


def _scored(examples: Sequence[Example], metric: Metric, output: Any) -> float:
    return mean([score(metric, example.expected, output).value for example in examples])


def _flip(one: Arms) -> FlipView:
    before, after = one.apart
    return FlipView(
        example=one.example.id,
        input=one.example.input,
        expected=one.example.expected.get("output") or dict(one.example.expected),
        before=before.output,
        after=after.output,
        run_before=before.scored.run_id,
        run_after=after.scored.run_id,
    )
