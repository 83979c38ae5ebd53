"""The parts of the evidence besides the main comparison: strata, guards, cost; prevents a mean from hiding a harm."""

from collections.abc import Sequence
from typing import Literal

from optimizer.evidence import GuardEvidence, Interval, RatioEvidence, StratumEvidence
from optimizer.gate.paired import bootstrap_deltas, bounds, sign_flip_p
from optimizer.gate.pairs import Pair, by_guard, by_outcome
from optimizer.gate.rules import GateRules


def strata_of(pairs: Sequence[Pair], rules: GateRules) -> tuple[StratumEvidence, ...]:
    """Each stratum's figures. Tasks without a stratum belong to none."""
    names = sorted({pair.stratum for pair in pairs if pair.stratum is not None})
    groups = [(name, [pair for pair in pairs if pair.stratum == name]) for name in names]
    return tuple(_stratum(name, group, rules, len(names)) for name, group in groups)


def _stratum(name: str, pairs: Sequence[Pair], rules: GateRules, strata: int) -> StratumEvidence:
    """One stratum.

    Non-inferior: the one-sided lower bound at 1 - alpha lies above -margin. All strata must pass, so no correction
    is due (intersection-union test, Berger 1982). Worse: sign flips show a fall at alpha / number of strata.
    """
    sample = by_outcome(pairs)
    deltas = bootstrap_deltas(sample, resamples=rules.resamples, seed=rules.seed)
    low, high = bounds(sample, deltas, rules.alpha / 2)
    low_bound, _ = bounds(sample, deltas, rules.alpha)
    p = sign_flip_p(sample, flips=rules.resamples, seed=rules.seed)
    standing: Literal["non-inferior", "not shown", "worse"] = "not shown"
    if sample.delta < 0 and p <= rules.alpha / strata:
        standing = "worse"
    elif low_bound > -rules.stratum_margin:
        standing = "non-inferior"
    return StratumEvidence(
        name=name,
        n=sample.n,
        n_clusters=sample.k,
        before=mean([pair.before for pair in pairs]),
        after=mean([pair.after for pair in pairs]),
        delta=sample.delta,
        interval=Interval(low=low, high=high, level=1 - rules.alpha),
        low_bound=low_bound,
        margin=rules.stratum_margin,
        p=p,
        standing=standing,
    )


def guards_of(pairs: Sequence[Pair], rules: GateRules) -> tuple[GuardEvidence, ...]:
    """Each harm column's figures."""
    names = sorted(pairs[0].guards)
    return tuple(_guard(name, pairs, rules, len(names)) for name in names)


def _guard(name: str, pairs: Sequence[Pair], rules: GateRules, guards: int) -> GuardEvidence:
    """One guard.

    Risen: one-sided sign flips at alpha / number of guards. Held: no rise was seen, or the one-sided upper bound at
    1 - alpha lies within the margin. Between the two nothing is shown, and the candidate waits.
    """
    sample = by_guard(pairs, name)
    deltas = bootstrap_deltas(sample, resamples=rules.resamples, seed=rules.seed)
    low, high = bounds(sample, deltas, rules.alpha / 2)
    _, high_bound = bounds(sample, deltas, rules.alpha)
    p_rise = sign_flip_p(sample, flips=rules.resamples, seed=rules.seed, one_sided=True)
    standing: Literal["held", "not shown", "risen"] = "not shown"
    if p_rise <= rules.alpha / guards:
        standing = "risen"
    elif sample.delta <= 0 or high_bound <= rules.guard_margin:
        standing = "held"
    return GuardEvidence(
        name=name,
        n=sample.n,
        before=mean([pair.guards[name][0] for pair in pairs]),
        after=mean([pair.guards[name][1] for pair in pairs]),
        delta=sample.delta,
        interval=Interval(low=low, high=high, level=1 - rules.alpha),
        high_bound=high_bound,
        margin=rules.guard_margin,
        p_rise=p_rise,
        standing=standing,
    )


def ratios_of(pairs: Sequence[Pair], rules: GateRules) -> tuple[RatioEvidence, ...]:
    """Cost and tokens per solved task, over the tasks for which both arms report them."""
    cost = _ratio("cost", [(pair, pair.cost) for pair in pairs if pair.cost], rules.cost_limit)
    tokens = _ratio("tokens", [(pair, pair.tokens) for pair in pairs if pair.tokens], rules.token_limit)
    return tuple(ratio for ratio in (cost, tokens) if ratio is not None)


def _ratio(
    name: Literal["cost", "tokens"], spent: Sequence[tuple[Pair, tuple[float, float]]], limit: float | None
) -> RatioEvidence | None:
    if not spent:
        return None
    before = _per_solved(sum(use[0] for _, use in spent), sum(pair.before for pair, _ in spent))
    after = _per_solved(sum(use[1] for _, use in spent), sum(pair.after for pair, _ in spent))
    ratio = after / before if before and after is not None else None
    # Without a ratio (the incumbent solved nothing, or spent nothing) there is nothing to exceed.
    within = limit is None or ratio is None or ratio <= limit
    return RatioEvidence(name=name, before=before, after=after, ratio=ratio, limit=limit, within=within)


def _per_solved(spent: float, solved: float) -> float | None:
    return spent / solved if solved > 0 else None


def mean(values: Sequence[float]) -> float:
    """The mean of at least one value."""
    return sum(values) / len(values)
