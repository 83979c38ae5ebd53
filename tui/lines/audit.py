"""Rows of the audit, and one of them whole. Pure."""

from datetime import datetime

from agents.service.wire.audit import AuditDetail, AuditView
from tui.glyphs import Glyphs
from tui.lines.cells import fit, one_line
from tui.lines.figures import moment, short
from tui.lines.line import Line
from tui.lines.pretty import pretty
from tui.lines.review import pairs, paragraph, section

REFUSED = {"decision_refused", "request_refused"}


def audit_head(width: int) -> Line:
    """The names of the columns of `audit_row`."""
    return Line(((f"  {'when':14} {'who':14} {'role':9} {'agent':10} what, and why", "muted"),)).clipped(width)


def audit_row(one: AuditView, width: int, now: datetime) -> Line:
    """Who did what, when, and the reason given."""
    spans = (
        (f"  {moment(one.at, now):14} ", "muted"),
        (fit(one_line(one.who) or "-", 14) + " ", "text"),
        (fit(one.role or "-", 9) + " ", "muted"),
        (fit(one_line(one.agent) or "-", 10) + " ", "text"),
        (one_line(one.what), "bad" if one.kind in REFUSED else "text"),
        (f": {one_line(one.why)}" if one.why else "", "muted"),
    )
    return Line(spans, ("audit", str(one.id))).clipped(width)


def audit_lines(detail: AuditDetail, width: int, now: datetime, glyphs: Glyphs) -> list[Line]:
    """One row with everything that belongs to it."""
    row = detail.row
    facts = [
        ("what", row.what), ("who", f"{row.who} ({row.actor or 'somebody'}{', ' + row.role if row.role else ''})"),
        ("when", moment(row.at, now)), ("why", row.why), ("agent", row.agent), ("version", row.bundle),
        ("run", row.run_id), ("stream", f"{row.stream} fact {row.seq}"),
    ]  # fmt: skip
    lines = section("who did what", width, glyphs) + pairs(facts, width)
    if row.bundle:
        lines += paragraph(f"enter opens version {short(row.bundle)}", width, "accent", ("bundle", row.bundle))
    if row.run_id:
        lines += paragraph(f"enter opens run {short(row.run_id)}", width, "accent", ("run", row.run_id))
    if detail.sheet:
        sent = "The person's client sent its digest back." if detail.confirmed else "Its digest was not sent back."
        lines += section("what was on the screen", width, glyphs) + paragraph(sent, width, "muted")
        lines += paragraph(detail.sheet, width)
    return (
        lines + section("the fact as it is recorded", width, glyphs) + paragraph(pretty(detail.data), width, "muted")
    )
