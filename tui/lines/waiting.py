"""What waits for a person, as rows, and one held call as a page to decide by. Pure."""

from collections.abc import Sequence
from datetime import datetime

from agents.service.wire import ApprovalContext, ApprovalView, QuestionView, WaitingView
from tui.glyphs import Glyphs
from tui.lines.cells import fit, one_line, wrap
from tui.lines.figures import age, short
from tui.lines.line import Line
from tui.lines.pretty import pretty
from tui.lines.review import paragraph, section
from tui.lines.usual import compared

KINDS = {
    "call": ("held call", "warn"),
    "question": ("question", "warn"),
    "outcome": ("lost call", "bad"),
    "proposal": ("proposal", "accent"),
}
STATES = {"pending": "warn", "approved": "good", "denied": "bad", "expired": "muted"}
TARGETS = {"call": "approval", "question": "question", "outcome": "run", "proposal": "proposal"}


def left(until: datetime | None, now: datetime) -> str:
    """How long until then, in at most seven characters; nothing when there is no end."""
    if until is None:
        return ""
    return "expired" if until <= now else age(now, until)


def waiting_head(width: int) -> Line:
    """The names of the columns of `waiting_row`."""
    return Line(((f"    {'age':>4} {'left':>7} {'kind':10} {'agent':12} what", "muted"),)).clipped(width)


def waiting_row(one: WaitingView, width: int, now: datetime, glyphs: Glyphs, *, marked: bool = False) -> Line:
    """One thing that waits: how long, until when, what kind, and what it is."""
    kind, role = KINDS[one.kind]
    told = one_line(one.told) if one.kind != "proposal" else f"{short(one.id)}  {one_line(one.told)}"
    spans = (
        ("  * " if marked else f"  {glyphs.waiting} ", "warn.bold" if marked else role),
        (f"{age(one.since, now):>4} {left(one.expires_at, now):>7} ", "muted"),
        (fit(kind, 10) + " ", role),
        (fit(one_line(one.agent), 12) + " ", "text"),
        (told, "text"),
    )
    return Line(spans, (TARGETS[one.kind], one.id)).clipped(width)


def approval_lines(
    view: ApprovalView, context: ApprovalContext, width: int, now: datetime, glyphs: Glyphs
) -> list[Line]:
    """A held call: what would be sent, how that differs from what is usual, what the agent said before."""
    head = (
        (f"  {one_line(view.agent)} ", "text.bold"),
        (f"wants to call {one_line(view.server)}.{one_line(view.tool)}  ", "text"),
        (view.state.upper(), f"{STATES[view.state]}.bold"),
        (f"  {_when(view, now)}", "muted"),
    )
    lines = [Line(head, ("run", view.run_id)).clipped(width)]
    if view.reason:
        lines += paragraph(f"The house asks because: {view.reason}", width)
    if view.by:
        decided = f"decided by {view.by}" + (f" {age(view.decided_at, now)} ago" if view.decided_at else "")
        lines += paragraph(f"{decided}: {view.said or 'no reason given'}", width, f"{STATES[view.state]}.bold")
    if view.sent is not None:
        lines += paragraph(f"sent instead: {pretty(view.sent)}", width)
    lines += section("what would be sent, beside what is usual", width, glyphs)
    lines += _arguments(view, context, width, glyphs)
    lines += section("what the agent was asked", width, glyphs)
    lines += paragraph(context.input or "-", width, "text", ("run", view.run_id))
    lines += section("what it thought and said before", width, glyphs)
    lines += paragraph(context.before or "Nothing: it called the tool without a word.", width, "reasoning")
    lines += section(f"earlier calls of {one_line(view.tool)}: {len(context.earlier)}", width, glyphs)
    lines += _earlier(context, width, now)
    return lines


def _when(view: ApprovalView, now: datetime) -> str:
    asked = f"asked {age(view.asked_at, now)} ago" if view.asked_at else ""
    ends = left(view.expires_at, now) if view.state == "pending" else ""
    return ", ".join(part for part in (asked, ends if ends in {"", "expired"} else f"expires in {ends}") if part)


def _arguments(view: ApprovalView, context: ApprovalContext, width: int, glyphs: Glyphs) -> list[Line]:
    found = compared(view.arguments, [call.arguments for call in context.earlier])
    if not found:
        return paragraph("No arguments.", width, "muted")
    room = min(max((len(one.name) for one in found), default=0), max(width // 4, 8))
    lines: list[Line] = []
    for one in found:
        sign = f"  {glyphs.waiting} " if one.unusual else "    "
        role = "warn.bold" if one.unusual else "tool"
        first, *rest = wrap(one.value, max(min(width - room - 8, 96), 1))
        lines.append(
            Line(((sign, "warn.bold"), (fit(one_line(one.name), room) + "  ", "muted"), (first, role))).clipped(width)
        )
        lines += [Line(((" " * (room + 6) + part, role),)).clipped(width) for part in rest]
        told_role = "warn" if one.unusual else "muted"
        lines += [
            Line(((" " * (room + 6) + part, told_role),)).clipped(width)
            for part in wrap(one.told, max(min(width - room - 8, 96), 1))
        ]
    return lines


def _earlier(context: ApprovalContext, width: int, now: datetime) -> Sequence[Line]:
    return [
        Line(
            (
                (f"  {age(call.at, now):>4}  {short(call.run_id)}  ", "muted"),
                (one_line(pretty(call.arguments)), "text"),
            ),
            ("run", call.run_id),
        ).clipped(width)
        for call in context.earlier
    ] or paragraph("None was sent yet.", width, "muted")


QUESTION_STATES = {"pending": "warn", "accepted": "good", "declined": "bad", "cancelled": "muted"}


def question_lines(view: QuestionView, width: int, now: datetime, glyphs: Glyphs) -> list[Line]:
    """A tool server's question: who asks what, and the form's fields."""
    ends = f", expires in {left(view.expires_at, now)}" if view.state == "pending" else ""
    head = (
        (f"  {one_line(view.server)}.{one_line(view.tool)} ", "text.bold"),
        (f"asks, for {one_line(view.agent)}  ", "text"),
        (view.state.upper(), f"{QUESTION_STATES[view.state]}.bold"),
        (f"  asked {age(view.asked_at, now)} ago{ends}", "muted"),
    )
    lines = [Line(head, ("run", view.run_id)).clipped(width), Line(), *paragraph(view.message, width)]
    if view.by:
        lines += paragraph(f"{view.state} by {view.by}: {view.said or 'no reason given'}", width, "muted")
    if view.content is not None:
        lines += paragraph(f"answered: {pretty(view.content)}", width)
    if view.url:
        lines += section("a page to visit", width, glyphs) + paragraph(view.url, width, "accent")
    fields = (view.form or {}).get("properties") or {}
    if fields:
        lines += section("the form", width, glyphs)
        needed = (view.form or {}).get("required") or ()
        for name, field in fields.items():
            told = f"{name}{' (needed)' if name in needed else ''}: {pretty(field)}"
            lines += paragraph(told, width)
    return lines
