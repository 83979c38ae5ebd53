"""Pages that are read from top to bottom: a proposal's review, a version, a night's report, facts of a run. Pure."""

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from agents.service.wire import BundleView, DiffLineView, FlipView, ProposalView, RunDetail
from tui.glyphs import Glyphs
from tui.lines.cells import one_line, wrap
from tui.lines.diff import AS_ONE, Look, diff_lines
from tui.lines.evidence import evidence_lines
from tui.lines.figures import age, count, duration, moment, money, short, tokens
from tui.lines.line import Line, Target
from tui.lines.rows import STATUS_ROLES, VERDICT_ROLES


def section(title: str, width: int, glyphs: Glyphs) -> list[Line]:
    """A heading; `tab` jumps from one to the next."""
    rule = glyphs.rule * max(min(width, 96) - len(title) - 2, 2)
    return [Line(), Line(((f"{title} ", "accent.bold"), (rule, "muted")), mark="section").clipped(width)]


def paragraph(text: str, width: int, role: str = "text", target: Target | None = None) -> list[Line]:
    """A text, wrapped and set in by two cells."""
    return [Line((("  " + part, role),), target).clipped(width) for part in wrap(text, max(min(width - 2, 96), 1))]


def pairs(facts: Iterable[tuple[str, str]], width: int, role: str = "text") -> list[Line]:
    """Name and value, one a line; what has no value is left out."""
    return [
        Line(((f"  {name:12} ", "muted"), (one_line(value), role))).clipped(width) for name, value in facts if value
    ]


def proposal_head_lines(proposal: ProposalView, width: int, now: datetime) -> list[Line]:
    """Who proposes what against what, and the gate's verdict."""
    bundle = proposal.bundle
    verdict = proposal.verdict or "not judged"
    lines = [
        Line((
            (f"  {one_line(bundle.agent)}  ", "text.bold"),
            (f"{short(bundle.digest)} against {short(proposal.incumbent)}  ", "muted"),
            (verdict.upper(), f"{VERDICT_ROLES.get(verdict, 'text')}.bold"),
            (f"  {bundle.state.replace('_', ' ')}, {bundle.author}, {moment(bundle.created_at, now)}", "muted"),
        )).clipped(width)
    ]  # fmt: skip
    if proposal.stale:
        told = "STALE: the live version is not the one this was proven against. Run another night before approving."
        lines += paragraph(told, width, "warn.bold")
    if bundle.note:
        lines += paragraph(bundle.note, width)
    if proposal.approvals > 1 or proposal.signatures:
        lines += paragraph(f"{len(proposal.signatures)} of {proposal.approvals} signatures", width, "accent")
    for one in proposal.signatures:
        role = f" ({one.role})" if one.role else ""
        lines += paragraph(f"signed by {one.by}{role}, {age(one.at, now)} ago: {one.reason}", width, "muted")
    return lines


def evidence_section(proposal: ProposalView, width: int, glyphs: Glyphs) -> list[Line]:
    """What was measured."""
    lines = section("evidence", width, glyphs) + evidence_lines(proposal.evidence, width, glyphs)
    if not proposal.evidence and proposal.summary:
        lines += paragraph(proposal.summary, width)
    return lines


def diff_section(
    diff: Sequence[DiffLineView],
    width: int,
    glyphs: Glyphs,
    look: Look = AS_ONE,
) -> list[Line]:
    """What would change, word by word."""
    return section("what changes", width, glyphs) + diff_lines(diff, width, look)


def flips_section(
    title: str, flips: Sequence[FlipView], width: int, glyphs: Glyphs, *, good: bool, seen: Container[str] = ()
) -> list[Line]:
    """The examples on which the two versions disagree, one after the other; those in `seen` were read."""
    lines = section(f"{title}: {len(flips)}", width, glyphs)
    if not flips:
        return lines + paragraph("None.", width, "muted")
    lines[-1] = replace(lines[-1], target=_place_of(flips[0]))
    for flip in flips:
        lines += _flip_lines(flip, width, glyphs, good=good, seen=flip.example in seen)
    return lines


def _place_of(flip: FlipView) -> Target | None:
    return ("flip", flip.example) if flip.run_before or flip.run_after else None


def _flip_lines(flip: FlipView, width: int, glyphs: Glyphs, *, good: bool, seen: bool) -> list[Line]:
    role, sign = ("good", glyphs.good) if good else ("bad", glyphs.bad)
    target = _place_of(flip)
    told: list[tuple[str, Any, str | None]] = [
        ("expected", flip.expected, None),
        ("before", flip.before, flip.run_before),
        ("after", flip.after, flip.run_after),
    ]  # fmt: skip
    head = (
        (f"  {sign} ", f"{role}.bold"),
        (one_line(flip.example), "text.bold"),
        ("  read" if seen else "", "muted"),
    )
    lines = [Line(head, target, "flip").clipped(width)]
    lines += [
        Line((("    " + part, "text"),), target).clipped(width)
        for part in wrap(one_line(flip.input), max(min(width - 4, 96), 1))[:3]
    ]
    for name, value, run in told:
        if value is None and run is None:
            continue
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        hint = f"  {short(run)}" if run and width >= 100 else ""
        colour = "text" if name == "expected" else role if name == "after" else "muted"
        spans = ((f"    {name:9}", "muted"), (one_line(shown), colour), (hint, "muted"))
        lines.append(Line(spans, target).clipped(width))
    return lines


def bundle_lines(bundle: BundleView, width: int, now: datetime, glyphs: Glyphs) -> list[Line]:
    """A version, whole."""
    facts = [
        ("version", bundle.digest), ("agent", bundle.agent), ("state", "live" if bundle.live else bundle.state),
        ("from", ", ".join(bundle.parents) or bundle.parent or "a definition file"),
        ("by", f"{bundle.author} ({bundle.author_kind})"),
        ("made", moment(bundle.created_at, now)), ("runs", count(bundle.runs)), ("note", bundle.note),
    ]  # fmt: skip
    lines = section("version", width, glyphs) + pairs(facts, width)
    readable = bundle.readable or json.dumps(bundle.content, indent=2, ensure_ascii=False)
    return lines + section("what the model gets", width, glyphs) + paragraph(readable, width)


def run_facts_lines(detail: RunDetail, width: int, now: datetime, glyphs: Glyphs) -> list[Line]:
    """The facts of a run, for the pane beside its transcript."""
    run = detail.run
    facts = [
        ("status", run.status), ("agent", run.agent), ("version", short(run.bundle)),
        ("started", moment(run.started_at, now)), ("took", duration(run.seconds)), ("steps", str(run.steps)),
        ("tool calls", str(run.tool_calls)), ("tokens", tokens(run.input_tokens, run.output_tokens)),
        ("cost", money(run.cost)), ("score", "" if run.score is None else f"{run.score:.2f}"),
        ("feedback", str(run.feedback)), ("diverged", str(run.divergences) if run.divergences else ""),
        ("origin", run.origin), ("events", str(run.events)), ("id", run.id), ("conversation", run.conversation_id),
    ]  # fmt: skip
    lines = section("run", width, glyphs) + pairs(facts, width)
    if run.parent_run_id:
        lines += section("handed over by", width, glyphs)
        lines += [
            Line(((f"  {short(run.parent_run_id)}  enter opens", "accent"),), ("run", run.parent_run_id)).clipped(
                width
            )
        ]
    if detail.children:
        lines += section("handed over to", width, glyphs)
        lines += [
            Line(
                (
                    (f"  {glyphs.status(child.status)} {child.status} ", STATUS_ROLES[child.status]),
                    (f"{child.agent} {duration(child.seconds)}", "text"),
                ),
                ("run", child.id),
            ).clipped(width)
            for child in detail.children
        ]
    return lines
