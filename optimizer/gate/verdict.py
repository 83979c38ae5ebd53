"""From figures to one of four words; prevents a verdict that nobody can recompute from its evidence.

Let d be the mean over tasks of (candidate - incumbent), [L, U] its clustered interval at 1 - a, where a is the share
of alpha this comparison may spend (`correction.spent_alpha`), and `worth` the smallest effect worth having.

  harmful         a harm is shown: an objection (leak, secret, injected text); or d shown below zero; or a stratum
                  shown worse; or a guard shown risen.
  better          d shown above zero, and d above the A/A noise floor; every stratum non-inferior; every guard held;
                  replay answered enough; cost and tokens per solved task within their limits.
  no improvement  neither, and more pairs would not change it: U < worth (an effect worth having is excluded), or
                  d is shown above zero but costs more per solved task than allowed.
  undecided       the rest: the pairs at hand neither show nor exclude an effect worth having, or something that
                  `better` asks for is not shown yet. Never a promotion.

"Shown above zero" is, on pairs tested once: L > 0, and clustered sign flips p <= a, and, where outcomes are 0/1,
exact McNemar p <= a. All three must hold, so the error is at most that of the strictest. When earlier nights are
continued, the fixed tests no longer hold (their pairs were peeked at), and the e-process decides alone: e >= 2 / a,
the one-sided share a / 2 by Ville's inequality, where a is what its number gives a continued test (`correction`);
likewise downwards, and for "short of worth". The noise floor then is held against the mean of all nights.
"Shown below zero" is the mirror image. So without strata, guards and limits, swapping the arms swaps better and
harmful.
"""

from dataclasses import dataclass

from optimizer.evidence import (
    Correction,
    GuardEvidence,
    Interval,
    NoiseFloor,
    Power,
    RatioEvidence,
    ReplayEvidence,
    SequentialEvidence,
    StratumEvidence,
    Verdict,
)
from optimizer.gate.power import scaled_floor

ROUNDING = 1e-9  # a bound this close to zero is zero


@dataclass(frozen=True, slots=True)
class Findings:
    """All figures a verdict may look at."""

    delta: float
    interval: Interval
    mcnemar_p: float
    clustered_p: float
    binary: bool
    n: int
    n_clusters: int
    sequential: SequentialEvidence
    correction: Correction
    power: Power
    strata: tuple[StratumEvidence, ...]
    guards: tuple[GuardEvidence, ...]
    ratios: tuple[RatioEvidence, ...]
    noise: NoiseFloor | None
    noise_required: bool
    replay: ReplayEvidence | None
    objections: tuple[str, ...]


def decide(found: Findings) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict by the rules above, and its reasons in words."""
    harms = _harms(found)
    if harms:
        return "harmful", harms
    if not _shown(found, up=True):
        return _not_shown(found)
    gain = _said_shown(found, "above")
    prices = tuple(said_price(ratio) for ratio in found.ratios if not ratio.within)
    if prices:
        return "no improvement", (gain, *prices)
    missing = _missing(found)
    if missing:
        return "undecided", (gain, *missing)
    return "better", (gain, *_kept(found))


def _shown(found: Findings, *, up: bool) -> bool:
    if found.sequential.continued:
        log_e = found.sequential.log_e_up if up else found.sequential.log_e_down
        return log_e >= found.sequential.log_threshold
    clear = found.interval.low > ROUNDING if up else found.interval.high < -ROUNDING
    level = found.correction.alpha_spent
    return clear and found.clustered_p <= level and (not found.binary or found.mcnemar_p <= level)


def _harms(found: Findings) -> tuple[str, ...]:
    reasons = [f"refused: {objection}" for objection in found.objections]
    if _shown(found, up=False):
        reasons.append(_said_shown(found, "below"))
    reasons.extend(
        f"stratum {part.name!r} is worse: {points(part.delta)} {between(part.interval)}, p {part.p:.2g}"
        for part in found.strata
        if part.standing == "worse"
    )
    reasons.extend(
        f"guard {guard.name!r} rose: {points(guard.delta)} {between(guard.interval)}, one-sided p {guard.p_rise:.2g}"
        for guard in found.guards
        if guard.standing == "risen"
    )
    return tuple(reasons)


def _missing(found: Findings) -> tuple[str, ...]:
    """What `better` asks for and is not shown."""
    return (*_noise_missing(found), *_parts_missing(found), *_replay_missing(found))


def _noise_missing(found: Findings) -> tuple[str, ...]:
    if found.noise is None:
        return ("no A/A noise figure of the incumbent: measure it first",) if found.noise_required else ()
    seq = found.sequential
    floor = scaled_floor(found.noise, seq.state.clusters if seq.continued else found.n_clusters)
    delta = seq.delta if seq.continued and seq.delta is not None else found.delta
    if delta > floor:
        return ()
    return (f"the delta is not above the noise floor: two runs of the incumbent differ by up to {points(floor)}",)


def _parts_missing(found: Findings) -> tuple[str, ...]:
    strata = [
        f"stratum {part.name!r} is not shown non-inferior: {points(part.delta)} on {part.n} pairs of "
        f"{part.n_clusters} families, could be {points(part.low_bound)}, margin {points(-part.margin)}"
        for part in found.strata
        if part.standing == "not shown"
    ]
    guards = [
        f"guard {guard.name!r} is not shown to hold: {points(guard.delta)}, a rise of up to "
        f"{points(guard.high_bound)} is not excluded, margin {points(guard.margin)}"
        for guard in found.guards
        if guard.standing == "not shown"
    ]
    return (*strata, *guards)


def _replay_missing(found: Findings) -> tuple[str, ...]:
    if found.replay is None or found.replay.rate <= found.replay.limit:
        return ()
    return (
        f"recorded tool results could not answer {found.replay.diverged} of {found.replay.attempted} pairs "
        f"({100 * found.replay.rate:.0f} %, limit {100 * found.replay.limit:.0f} %): try it live or in a sandbox",
    )


def _not_shown(found: Findings) -> tuple[Verdict, tuple[str, ...]]:
    """Between `no improvement` and `undecided`: is an effect worth having excluded?"""
    worth = found.power.worth
    if found.sequential.continued:
        excluded = found.sequential.log_e_short >= found.sequential.log_threshold
    else:
        excluded = found.interval.high < worth
    first = _said_not_shown(found)
    if excluded:
        return "no improvement", (first, f"an effect worth having ({points(worth)} or more) is excluded")
    reasons = [first, f"an effect worth having ({points(worth)} or more) is not excluded either"]
    if found.power.pairs_for_worth is not None and found.power.minimum_detectable > worth:
        reasons.append(
            f"these pairs show effects of {points(found.power.minimum_detectable)} with {found.power.power:.0%} "
            f"probability; {points(worth)} takes about {found.power.pairs_for_worth} pairs of "
            f"{found.power.clusters_for_worth} families"
        )
    return "undecided", (*reasons, *_missing(found))


def _said_not_shown(found: Findings) -> str:
    if found.sequential.continued:
        return f"over {found.sequential.state.nights} nights {_said_e(found)}: a gain is not shown"
    level = found.correction.alpha_spent
    tests = [("clustered p", found.clustered_p)]
    if found.binary:
        tests.append(("McNemar p", found.mcnemar_p))
    failed = [f"{name} {p:.3g} is above {level:.3g}" for name, p in tests if p > level]
    if found.interval.low <= ROUNDING:
        failed.insert(0, "the interval contains zero")
    return f"{points(found.delta)} {between(found.interval)} is not shown to be a gain: {', '.join(failed)}"


def _said_shown(found: Findings, side: str) -> str:
    if found.sequential.continued:
        return f"over {found.sequential.state.nights} nights the difference is shown {side} zero: {_said_e(found)}"
    return (
        f"{points(found.delta)} {between(found.interval)} is {side} zero on {found.n} pairs of "
        f"{found.n_clusters} families, clustered p {found.clustered_p:.2g}"
    )


def _said_e(found: Findings) -> str:
    seq = found.sequential
    return (
        f"log e-value {seq.log_e_up:.2f} up, {seq.log_e_down:.2f} down (threshold {seq.log_threshold:.2f}, "
        f"{seq.state.clusters} families)"
    )


def said_price(ratio: RatioEvidence) -> str:
    """What a solved task costs against the incumbent's, and the limit."""
    return f"{ratio.name} per solved task is {ratio.ratio:.2f} times the incumbent's, limit {ratio.limit:.2f}"


def _kept(found: Findings) -> tuple[str, ...]:
    strata = [f"stratum {part.name!r} is non-inferior: {points(part.delta)}" for part in found.strata]
    guards = [f"guard {guard.name!r} held: {points(guard.delta)}" for guard in found.guards]
    return (*strata, *guards)


def points(fraction: float) -> str:
    """A difference in percentage points, signed."""
    return f"{100 * fraction:+.1f} points"


def between(interval: Interval) -> str:
    """An interval in percentage points."""
    return f"[{100 * interval.low:+.1f}, {100 * interval.high:+.1f}]"
