"""Rows of the lists: runs, proposals, versions, nights. Each is a function of the value and the width. Pure."""

from datetime import datetime

from agents.service.wire import BundleView, NightView, ProposalView, RunView
from tui.glyphs import Glyphs
from tui.lines.cells import fit, one_line
from tui.lines.figures import age, count, duration, moment, money, percent, points, short, tokens
from tui.lines.line import Line, Span

STATUS_ROLES = {"finished": "good", "failed": "bad", "running": "accent", "waiting": "warn", "cancelled": "muted"}
VERDICT_ROLES = {"better": "good", "harmful": "bad", "undecided": "warn", "no improvement": "muted"}
STATE_ROLES = {"live": "good", "proposed": "warn", "rejected": "bad", "rolled_back": "bad"}


def run_head(width: int) -> Line:
    """The names of the columns of `run_row`."""
    cells = f"  {'age':>4} {'':1} {'status':9} {'agent':{_agent(width)}} "
    if width >= 72:
        cells += f"{'time':>6} "
    if width >= 110:
        cells += f"{'steps':>5} {'tools':>5} {'tokens':>11} {'cost':>8} "
    if width >= 132:
        cells += f"{'version':12} "
    if width >= 56:
        cells += f"{'score':>5}  "
    return Line(((cells + "input, or what went wrong", "muted"),)).clipped(width)


def run_row(run: RunView, width: int, now: datetime, glyphs: Glyphs, *, marked: bool = False) -> Line:
    """A run: what it is doing, what it cost, and what was asked; of a failed one, why."""
    role = STATUS_ROLES.get(run.status, "text")
    spans: list[Span] = [
        (f"* {age(run.started_at, now):>4} ", "warn.bold")
        if marked
        else (f"  {age(run.started_at, now):>4} ", "muted"),
        (f"{glyphs.status(run.status)} {run.status:9} ", role),
        (fit(one_line(run.agent), _agent(width)) + " ", "text"),
    ]
    if width >= 72:
        spans.append((f"{duration(run.seconds):>6} ", "text"))
    if width >= 110:
        spans.append(
            (f"{run.steps:>5} {run.tool_calls:>5} {tokens(run.input_tokens, run.output_tokens):>11} ", "text")
        )
        spans.append((f"{money(run.cost):>8} ", "text"))
    if width >= 132:
        spans.append((f"{short(run.bundle):12} ", "muted"))
    if width >= 56:
        spans.append(_score(run))
    spans.append((glyphs.child + " " if run.parent_run_id else "", "muted"))
    spans.append((one_line(run.error), "bad") if run.error else (one_line(run.input), "text"))
    return Line(tuple(spans), ("run", run.id)).clipped(width)


def _agent(width: int) -> int:
    return 8 if width < 90 else 14


def _score(run: RunView) -> Span:
    if run.score is not None:
        return f"{run.score:>5.2f}  ", "good" if run.score >= 0.5 else "bad"
    return f"{run.feedback:>4}n  " if run.feedback else "    -  ", "text"


def proposal_head(width: int) -> Line:
    """The names of the columns of `proposal_row`."""
    return Line(
        ((f"  {'age':>4} {'agent':10} {'version':12} {'verdict':14} {'change':>14}  what", "muted"),)
    ).clipped(width)


def proposal_row(proposal: ProposalView, width: int, now: datetime) -> Line:
    """A proposal: how old, for whom, what the gate said, and what it is."""
    bundle, evidence = proposal.bundle, proposal.evidence
    delta = f"{points(evidence['delta'])} on {evidence.get('n', '?')}" if "delta" in evidence else "-"
    return Line(
        (
            (f"  {age(bundle.created_at, now):>4} ", "muted"),
            (fit(one_line(bundle.agent), 10) + " ", "text"),
            (f"{short(bundle.digest):12} ", "muted"),
            (fit(proposal.verdict, 14) + " ", VERDICT_ROLES.get(proposal.verdict, "text")),
            (f"{delta:>14}  ", "text"),
            ("STALE: the live version has changed. " if proposal.stale else "", "warn.bold"),
            (one_line(bundle.note or bundle.author), "text"),
        ),
        ("proposal", bundle.digest),
    ).clipped(width)


def bundle_head(width: int) -> Line:
    """The names of the columns of `bundle_row`."""
    share = f" {'24 h':>6}" if width >= 72 else ""
    told = f"    {'version':12} {'state':12} {'runs':>6}{share} {'age':>4} {'by':12} note"
    return Line(((told, "muted"),)).clipped(width)


def only_tried(bundle: BundleView) -> bool:
    """A draft of a machine: a night tried it, and that was all."""
    return bundle.state == "draft" and bundle.author_kind == "machine" and not bundle.runs


def bundle_row(
    bundle: BundleView, width: int, now: datetime, glyphs: Glyphs, *, marked: bool = False, depth: int = 0,
    share: float | None = None,
) -> Line:  # fmt: skip
    """A version: is it live, where does it come from, what did it serve; `share` of its agent's runs of a day."""
    traffic = f" {'-' if share is None else percent(share):>6}" if width >= 72 else ""
    below = "  " * min(depth - 1, 8) + glyphs.child + " " if depth else ""
    return Line(
        (
            ("* " if marked else "  ", "warn.bold"),
            (f"{glyphs.live} " if bundle.live else "  ", "good.bold"),
            (below, "muted"),
            (f"{short(bundle.digest):12} ", "text.bold" if bundle.live else "text"),
            (fit("LIVE" if bundle.live else bundle.state.replace("_", " "), 12) + " ",
             "good.bold" if bundle.live else STATE_ROLES.get(bundle.state, "muted")),
            (f"{count(bundle.runs):>6}{traffic} {age(bundle.created_at, now):>4} ", "text"),
            (fit(one_line(bundle.author), 12) + " ", "muted"),
            (f"from {short(bundle.parent)}: " if bundle.parent else "", "muted"),
            (one_line(bundle.note), "text"),
        ),
        ("bundle", bundle.digest),
    ).clipped(width)  # fmt: skip


def night_head(width: int) -> Line:
    """The names of the columns of `night_row`."""
    return Line(((f"  {'began':14} {'agent':10} {'took':>6} {'tries':>6} {'verdict':14} what", "muted"),)).clipped(
        width
    )


def night_row(night: NightView, width: int, now: datetime) -> Line:
    """A night: when, for whom, how far, and how it ended."""
    took = duration(((night.ended_at or now) - night.started_at).total_seconds())
    verdict = night.verdict or ("running" if night.ended_at is None else "-")
    told = night.reasons[0] if night.reasons else f"{night.stage}: {night.message}" if night.stage else night.message
    return Line(
        (
            (f"  {moment(night.started_at, now):14} ", "muted"),
            (fit(one_line(night.agent), 10) + " ", "text"),
            (f"{took:>6} {count(night.rollouts):>6} ", "text"),
            (fit(verdict, 14) + " ", VERDICT_ROLES.get(verdict, "accent")),
            (one_line(told), "text"),
        ),
        ("night", night.id),
    ).clipped(width)
