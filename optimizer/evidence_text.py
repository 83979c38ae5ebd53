"""Evidence as plain text for people; prevents each screen from wording the figures its own way."""

import math
from collections.abc import Iterator

from optimizer.evidence import Evidence, Interval

LISTED = 12  # flips named before "and N more"


def render_evidence(evidence: Evidence) -> str:
    """A table of figures under the verdict, ending without a newline; differences in points."""
    blocks = (_head(evidence), _main(evidence), _parts(evidence), _rest(evidence), _flips(evidence))
    return "\n\n".join(text for text in ("\n".join(lines) for lines in blocks) if text)


def _head(e: Evidence) -> Iterator[str]:
    yield f"{e.verdict.upper()}   {e.a} -> {e.b}   ({e.metric})"
    yield from (f"  - {reason}" for reason in e.reasons)
    yield from (f"  note: {note}" for note in e.notes)


def _main(e: Evidence) -> Iterator[str]:
    runs = f", {e.replicas} runs per task and arm" if e.replicas > 1 else ""
    yield _row("pairs", f"{e.n} in {e.n_clusters} families{runs}")
    yield _row("before -> after", f"{100 * e.before:.2f} % -> {100 * e.after:.2f} %   ({_pt(e.delta)})")
    if e.expected_gain is not None:
        yield _row("gain to expect", f"{_pt(e.expected_gain)}   the delta less the luck of having passed")
    yield _row("interval", f"{_span(e.interval)}   clustered bootstrap, {e.resamples} draws, seed {e.seed}")
    yield _row("gained / lost", f"{e.gained} / {e.lost}")
    yield _row("p", f"{e.clustered_p:.3g} clustered (sign flips), {e.mcnemar_p:.3g} McNemar (blind to families)")
    yield _row("needed", f"p <= {e.correction.alpha_spent:.3g}   ({e.correction.method})")
    yield _row("e-value", _sequential(e))
    yield _row("power", _power(e))


def _sequential(e: Evidence) -> str:
    seq = e.sequential
    nights = f"{seq.state.nights} nights" if seq.continued else "tonight only"
    needed = f"{math.exp(seq.log_threshold):.3g} decides when continued"
    return f"{e.e_value:.3g} on {seq.state.clusters} families, {nights}   ({needed})"


def _power(e: Evidence) -> str:
    p = e.power
    text = f"sees {_pt(p.minimum_detectable)} with {p.power:.0%} probability; worth having: {_pt(p.worth)}"
    if p.pairs_for_worth is None:
        return text
    return f"{text}, takes about {p.pairs_for_worth} pairs"


def _parts(e: Evidence) -> Iterator[str]:
    for s in e.strata:
        figures = f"{s.n:5d} {100 * s.before:6.1f} -> {100 * s.after:5.1f}  {_pt(s.delta)} {_span(s.interval)}"
        yield _row(f"stratum {s.name}", f"{figures}   {s.standing} (margin {_pt(-s.margin)})")
    for g in e.guards:
        figures = f"{g.n:5d} {100 * g.before:6.1f} -> {100 * g.after:5.1f}  {_pt(g.delta)} {_span(g.interval)}"
        yield _row(f"guard {g.name}", f"{figures}   {g.standing} (one-sided p {g.p_rise:.2g})")
    for r in e.ratios:
        ratio = "no ratio" if r.ratio is None else f"x {r.ratio:.2f}"
        limit = "" if r.limit is None else f"   limit x {r.limit:.2f}{'' if r.within else ', exceeded'}"
        yield _row(f"{r.name} per solved", f"{_amount(r.before)} -> {_amount(r.after)}   {ratio}{limit}")


def _rest(e: Evidence) -> Iterator[str]:
    for baseline in e.baselines:
        yield _row(f"baseline {baseline.name}", f"{100 * baseline.score:.2f} %")
    if e.noise is not None:
        differ = f"{100 * e.noise.disagreement:.0f} % of {e.noise.n} tasks differ between two runs"
        yield _row("noise (A/A)", f"{differ}; identical agents stay under {_pt(e.noise.floor)}")
    if e.replay is not None:
        yield _row("replay", f"{e.replay.diverged} of {e.replay.attempted} pairs diverged ({e.replay.rate:.0%})")


def _flips(e: Evidence) -> Iterator[str]:
    for name, tasks in (("gained", e.gained_tasks), ("lost", e.lost_tasks)):
        if tasks:
            more = f" and {len(tasks) - LISTED} more" if len(tasks) > LISTED else ""
            yield _row(name, ", ".join(tasks[:LISTED]) + more)


def _row(name: str, text: str) -> str:
    return f"  {name:<26}{text}"


def _pt(fraction: float) -> str:
    return f"{100 * fraction:+.1f} pt"


def _span(interval: Interval) -> str:
    return f"[{100 * interval.low:+.1f}, {100 * interval.high:+.1f}] at {100 * interval.level:.4g} %"


def _amount(value: float | None) -> str:
    return "none solved" if value is None else f"{value:.4g}"
