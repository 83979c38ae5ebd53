"""Queues as rows and as a page: how far each is, who judged how much, how far they agree. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from agents.service.wire.queues import AgreementView, QueueDetail, QueueTurn, QueueView
from tui.glyphs import Glyphs
from tui.lines.cells import fit, one_line
from tui.lines.figures import short
from tui.lines.line import Line, Span
from tui.lines.review import pairs, paragraph, section

GOOD: Final = 0.667
"""Krippendorff's own bound: below it no conclusion should be drawn from such words."""
BAR: Final = 16
QUEUE_FORM: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "title": "Name", "description": "small letters, digits, hyphens"},
        "size": {"type": "integer", "title": "Runs", "minimum": 1, "maximum": 1000, "default": 50},
        "reviewers": {"type": "integer", "title": "People for each", "minimum": 1, "maximum": 9, "default": 2},
        "labels": {"type": "string", "title": "Labels", "description": "with commas between, or none: good and bad"},
        "reason": {"type": "string", "title": "What for"},
    },
}
"""What opens a queue, as a form."""


def queue_asked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The form's values as they are sent."""
    labels = [one.strip() for one in str(values.get("labels", "")).split(",") if one.strip()]
    return {**values, "labels": labels}


def queue_head(width: int) -> Line:
    """The names of the columns of `queue_row`."""
    bar = f"{'':{BAR}} " if width >= 70 else ""
    return Line(((f"  {'name':20} {bar}{'done':>9} {'yours':>6} {'left':>5}  runs", "muted"),)).clipped(width)


def queue_row(queue: QueueView, width: int) -> Line:
    """One queue: how far it is, and how much is left for whoever looks."""
    state = "closed" if queue.closed_at else "done" if queue.done == queue.runs else ""
    spans: list[Span] = [(f"  {fit(one_line(queue.name), 20)} ", "text.bold" if queue.left else "text")]
    if width >= 70:
        spans += [*bar(queue), (" ", "text")]
    spans += [
        (f"{queue.done:>4}/{queue.runs:<4} {queue.mine:>6} ", "text"),
        (f"{queue.left:>5}  ", "accent.bold" if queue.left else "muted"),
        (f"{state}  " if state else "", "good" if state == "done" else "muted"),
        (f"{one_line(queue.query) or 'all runs'}, {queue.reviewers} people each", "muted"),
    ]
    return Line(tuple(spans), ("queue", queue.name)).clipped(width)


def bar(queue: QueueView) -> list[Span]:
    """Runs that are done, begun, and untouched."""
    total = max(queue.runs, 1)
    done = round(BAR * queue.done / total)
    begun = max(min(round(BAR * queue.begun / total), BAR), done) - done
    return [("#" * done, "good"), ("+" * begun, "warn"), ("." * (BAR - done - begun), "muted")]


def queue_lines(detail: QueueDetail, width: int, glyphs: Glyphs) -> list[Line]:
    """One queue, whole: progress, reviewers, agreement, and the runs in dispute."""
    queue, found = detail.queue, detail.agreement
    state = f"closed {queue.closed_at:%Y-%m-%d %H:%M} UTC" if queue.closed_at else "open"
    facts = [
        ("runs", f"{queue.runs}, of {', '.join(queue.agents)}"), ("drawn from", queue.query or "all runs"),
        ("asked", f"{queue.reviewers} people for each run"), ("labels", ", ".join(queue.labels)),
        ("opened", f"{queue.opened_at:%Y-%m-%d %H:%M} UTC by {queue.opened_by}"), ("what for", queue.note),
        ("state", state), ("done", f"{queue.done} of {queue.runs}; {queue.begun} begun"),
        ("yours", f"{queue.mine} judged, {queue.left} left"),
    ]  # fmt: skip
    lines = section(f"queue {one_line(queue.name)}", width, glyphs) + pairs(facts, width)
    lines += section("who judged", width, glyphs)
    lines += [
        Line(((f"  {fit(one_line(name), 20)} {count:>5} of {queue.runs}", "text"),)).clipped(width)
        for name, count in sorted(queue.by_reviewer.items(), key=lambda one: -one[1])
    ] or paragraph("Nobody yet. enter judges the first run.", width, "muted")
    lines += section("how far they agree", width, glyphs)
    told, role = agreement_told(found)
    lines += paragraph(told, width, role)
    if found.disputed:
        lines += section(f"in dispute: {len(found.disputed)}", width, glyphs)
    for run, words in found.disputed.items():
        told = ", ".join(f"{one_line(by)}: {one_line(word)}" for by, word in words.items())
        lines.append(Line(((f"  {short(run)}  ", "accent"), (told, "text")), ("run", run)).clipped(width))
    return lines


def agreement_told(found: AgreementView) -> tuple[str, str]:
    """(words, role): alpha, its interval, and what it is good for."""
    if not found.runs:
        return "No run was judged by two people yet.", "muted"
    alike = f"{found.agreed} of {found.runs} runs alike"
    if found.alpha is None:
        return f"{alike}; everybody said the same one thing, so chance cannot be told from agreement", "warn"
    interval = "" if found.low is None or found.high is None else f" [{found.low:.2f}, {found.high:.2f}]"
    verdict = "good enough to learn from" if found.alpha >= GOOD else f"below {GOOD}: settle what is right first"
    return f"alpha {found.alpha:.2f}{interval}, {alike}: {verdict}", "good" if found.alpha >= GOOD else "warn"


def turn_line(turn: QueueTurn, keys: str, width: int) -> Line:
    """The bar over a run that is judged: which queue, how far, and the keys."""
    queue = turn.queue
    place = f"{queue.mine + 1} of {queue.mine + queue.left}" if turn.run is not None else "nothing left for you"
    told = f" QUEUE {one_line(queue.name)}: {place}, {queue.done} of {queue.runs} done by all.  {keys} "
    return Line(((told.ljust(width), "badge.waiting"),)).clipped(width)
