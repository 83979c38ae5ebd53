"""Versions as a tree of parents and children, and what was decided about them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agents.service.wire import BundleView, EventView
from tui.glyphs import Glyphs
from tui.lines.cells import one_line
from tui.lines.figures import count, moment, short
from tui.lines.line import Line
from tui.lines.review import paragraph, section
from tui.lines.rows import STATE_ROLES


def as_tree(bundles: Sequence[BundleView]) -> list[tuple[int, BundleView]]:
    """(depth, version): every version below the one it comes from, the newest of each one's children first.

    A version whose parent is not among them stands at the top, and so does one of a circle.
    """
    known = {one.digest: one for one in bundles}
    children: dict[str | None, list[BundleView]] = {}
    for one in bundles:
        parent = one.parent if one.parent in known and one.parent != one.digest else None
        children.setdefault(parent, []).append(one)
    found: list[tuple[int, BundleView]] = []
    seen: set[str] = set()

    def walk(one: BundleView, depth: int) -> None:
        if one.digest not in seen:
            seen.add(one.digest)
            found.append((depth, one))
            for child in children.get(one.digest, []):
                walk(child, depth + 1)

    for root in [*children.get(None, []), *bundles]:
        walk(root, 0)
    return found


def tree_lines(bundles: Sequence[BundleView], digest: str, width: int, now: datetime, glyphs: Glyphs) -> list[Line]:
    """The family of one version as a small tree; that version is named."""
    lines = section("where it comes from, and what came of it", width, glyphs)
    for depth, one in as_tree(bundles):
        state = "LIVE" if one.live else one.state.replace("_", " ")
        role = "good.bold" if one.live else STATE_ROLES.get(one.state, "muted")
        here = one.digest == digest
        sign = f"{glyphs.child} " if depth else ""
        named = "this one, " if here else ""
        told = f"  {named}{count(one.runs)} runs, {moment(one.created_at, now)}  {one_line(one.note)}"
        spans = (
            (f"  {'  ' * min(depth, 12)}{sign}", "accent.bold"),
            (f"{short(one.digest)} ", "text.bold" if here else "text"), (state, role), (told, "muted"),
        )  # fmt: skip
        lines.append(Line(spans, ("bundle", one.digest)).clipped(width))
    return lines


def history_lines(facts: Sequence[EventView], width: int, now: datetime, glyphs: Glyphs) -> list[Line]:
    """What was decided about an agent's versions, newest first: when, by whom, what, and why."""
    lines = section(f"decisions: {len(facts)}", width, glyphs)
    if not facts:
        return [*lines, *paragraph("Nothing was decided yet.", width, "muted")]
    for fact in reversed(facts):
        lines += _decision(fact, width, now)
    return lines


def _decision(fact: EventView, width: int, now: datetime) -> list[Line]:
    data: Mapping[str, Any] = fact.data
    signed = data.get("provenance") or {}
    bundle = str(data.get("bundle") or "")
    state = str(data.get("to_state") or fact.kind.replace("_", " "))
    role = "good.bold" if state == "live" else f"{STATE_ROLES.get(state, 'text')}.bold"
    spans = (
        (f"  {moment(fact.at, now):14} ", "muted"), (f"{short(bundle) if bundle else '':12} ", "text"),
        (f"{state.replace('_', ' '):12} ", role), (one_line(str(signed.get("by", "somebody"))), "accent"),
    )  # fmt: skip
    lines = [Line(spans, ("bundle", bundle) if bundle else None).clipped(width)]
    why = str(signed.get("reason") or "")
    return [*lines, *([Line(((" " * 30 + one_line(why), "text"),)).clipped(width)] if why else [])]
