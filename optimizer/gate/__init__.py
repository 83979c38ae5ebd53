"""The statistical test between candidate and incumbent: pure functions, no database, no model.

    gate(pairs, rules, context) -> Evidence

prevents the promotion of luck: identical candidates that looked best of thirty, ten copies of one question, a mean
that hides a harmed stratum, a test peeked at until it passed. The rules are in `verdict`, the formulas in `paired`,
`eprocess`, `power` and `correction`, each with its source.
"""

import math
from collections.abc import Sequence

from optimizer.evidence import Correction, Evidence, Interval, SequentialEvidence
from optimizer.gate.correction import continued_alpha, holm, spent_alpha
from optimizer.gate.eprocess import advance, fresh_state, log_e, pooled
from optimizer.gate.paired import bootstrap_deltas, bounds, mcnemar, sign_flip_p, standard_error
from optimizer.gate.pairs import Clustered, GateInputError, Pair, by_outcome, checked
from optimizer.gate.power import (
    Headroom,
    continued_gain,
    detectable_effect,
    expected_gain,
    headroom,
    noise_floor,
    power_of,
)
from optimizer.gate.rules import GateContext, GateRules
from optimizer.gate.sections import guards_of, mean, ratios_of, strata_of
from optimizer.gate.verdict import Findings, decide

__all__ = [
    "GateContext",
    "GateInputError",
    "GateRules",
    "Headroom",
    "Pair",
    "detectable_effect",
    "gate",
    "headroom",
    "holm",
    "noise_floor",
]

LARGEST_LOG_E = math.log(1e300)  # so that the e-value stays a JSON number


def gate(pairs: Sequence[Pair], rules: GateRules | None = None, context: GateContext | None = None) -> Evidence:
    """Compare candidate with incumbent on the same tasks and return all figures with a verdict.

    Deterministic for given rules (the seed is in them) and independent of the order of pairs. Raises GateInputError
    for pairs that cannot be compared, ValueError for a betting state of another gate.
    """
    rules, context = rules or GateRules(), context or GateContext()
    ordered = checked(pairs)
    sample = by_outcome(ordered)
    correction = _correction(rules, context)
    found = _findings(ordered, sample, rules, context, correction)
    verdict, reasons = decide(found)
    gained = tuple(pair.task for pair in ordered if pair.delta > 0)
    lost = tuple(pair.task for pair in ordered if pair.delta < 0)
    return Evidence(
        verdict=verdict,
        reasons=reasons,
        notes=context.notes + _notes(found, ordered, context),
        a=context.a,
        b=context.b,
        metric=context.metric,
        n=sample.n,
        n_clusters=sample.k,
        replicas=min(pair.replicas for pair in ordered),
        before=mean([pair.before for pair in ordered]),
        after=mean([pair.after for pair in ordered]),
        delta=found.delta,
        expected_gain=_expected(sample, found.sequential, correction) if verdict == "better" else None,
        interval=found.interval,
        interval_method="expanded percentile bootstrap over clusters, at least Wald+2",
        seed=rules.seed,
        resamples=rules.resamples,
        mcnemar_p=found.mcnemar_p,
        clustered_p=found.clustered_p,
        gained=len(gained),
        lost=len(lost),
        gained_tasks=gained,
        lost_tasks=lost,
        sequential=found.sequential,
        correction=correction,
        power=found.power,
        strata=found.strata,
        guards=found.guards,
        ratios=found.ratios,
        baselines=context.baselines,
        noise=context.noise,
        replay=found.replay,
    )


def _findings(
    pairs: Sequence[Pair], sample: Clustered, rules: GateRules, context: GateContext, correction: Correction
) -> Findings:
    level = correction.alpha_spent
    deltas = bootstrap_deltas(sample, resamples=rules.resamples, seed=rules.seed)
    low, high = bounds(sample, deltas, level / 2)
    gains = sum(1 for pair in pairs if pair.delta > 0)
    losses = sum(1 for pair in pairs if pair.delta < 0)
    return Findings(
        delta=sample.delta,
        interval=Interval(low=low, high=high, level=1 - level),
        mcnemar_p=mcnemar(gains, losses),
        clustered_p=sign_flip_p(sample, flips=rules.resamples, seed=rules.seed),
        binary=all({pair.before, pair.after} <= {0.0, 1.0} for pair in pairs),
        n=sample.n,
        n_clusters=sample.k,
        sequential=_sequential(sample, rules, context, level),
        correction=correction,
        power=power_of(sample, alpha=level, worth=rules.worth),
        strata=strata_of(pairs, rules),
        guards=guards_of(pairs, rules),
        ratios=ratios_of(pairs, rules),
        noise=context.noise,
        noise_required=rules.noise_required,
        replay=context.replay(rules.divergence_limit),
        objections=context.objections,
    )


def _expected(sample: Clustered, sequential: SequentialEvidence, correction: Correction) -> float:
    """Of a continued test over all nights together: tonight alone is not what passed."""
    if not sequential.continued:
        return expected_gain(sample.delta, standard_error(sample), alpha=correction.alpha_spent)
    _, delta, se = pooled(sequential.state)
    return continued_gain(delta, se, looks=sequential.state.nights)


def _correction(rules: GateRules, context: GateContext) -> Correction:
    parts = [f"Bonferroni over {context.candidates} candidates"] if context.candidates > 1 else []
    if context.state is not None and _continued(context):
        # Bets are on new clusters only, so a continued test is paid for once, by the number it began with.
        number, proposals = context.state.opening, context.state.proposals
        alpha_spent = continued_alpha(
            rules.alpha, candidates=context.candidates, openings=number, proposals=proposals
        )
        parts.append(f"continued test of sealed candidate {number}")
    else:
        number, proposals = context.openings, context.proposals
        alpha_spent = spent_alpha(rules.alpha, candidates=context.candidates, openings=number, proposals=proposals)
        parts += [f"sealed candidate {number}"] if number > 1 else []
    parts += [f"{proposals} proposed before"] if proposals and number > 1 else []
    return Correction(
        method=", ".join(parts) or "none: one candidate, first opening",
        candidates=context.candidates,
        openings=number,
        proposals=proposals,
        alpha=rules.alpha,
        alpha_spent=alpha_spent,
    )


def _continued(context: GateContext) -> bool:
    return context.state is not None and context.state.nights > 0


def _sequential(sample: Clustered, rules: GateRules, context: GateContext, level: float) -> SequentialEvidence:
    state, repeated = advance(context.state or fresh_state(rules.worth, context.openings, context.proposals), sample)
    up = log_e(state.up)
    n, delta, _ = pooled(state)
    return SequentialEvidence(
        e_value=math.exp(min(up, LARGEST_LOG_E)),
        log_e_up=up,
        log_e_down=log_e(state.down),
        log_e_short=log_e(state.short),
        log_threshold=math.log(2.0 / level),
        continued=_continued(context),
        new_clusters=sample.k - repeated,
        repeated_clusters=repeated,
        n=n,
        delta=delta if n else None,
        state=state,
    )


def _notes(found: Findings, pairs: Sequence[Pair], context: GateContext) -> tuple[str, ...]:
    """What a reader should know though it decides nothing."""
    after = mean([pair.after for pair in pairs])
    notes = [
        f"baseline {baseline.name!r} scores {baseline.score:.3f}, the candidate {after:.3f}"
        for baseline in context.baselines
        if baseline.score >= after
    ]
    moved = len({pair.cluster for pair in pairs if pair.delta != 0})
    least = 2.0 ** (1 - moved)
    if moved > 0 and least > found.correction.alpha_spent:
        notes.append(
            f"outcomes differ in {moved} families only: no sign-flip test of them can fall below {least:.3g}"
        )
    if found.sequential.repeated_clusters:
        notes.append(
            f"{found.sequential.repeated_clusters} families were bet on before and add nothing to the e-process"
        )
    return tuple(notes)
