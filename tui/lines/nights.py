"""A night as a page: how far it is, what of its budget is used, the race with its front, and what happened. Pure.

All of it is read from the night's own facts, so a running night says as much as one that has ended.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from agents.service.wire import EventView, NightView
from tui.glyphs import Glyphs
from tui.lines.cells import fit, one_line, wrap
from tui.lines.figures import count, duration, moment, money, percent, points, short
from tui.lines.line import Line, Span, Target
from tui.lines.review import pairs, paragraph, section
from tui.lines.rows import VERDICT_ROLES

STAGES: Final = ("mined", "pools", "estimate", "noise", "headroom", "search", "race", "sealed")
"""The stages that every night comes to, in their order; others stand between them."""
BAR: Final = 24


def night_lines(
    night: NightView, facts: Sequence[EventView], width: int, now: datetime, glyphs: Glyphs
) -> list[Line]:
    """The report on top, then what it cost, the race, and stage by stage what happened."""
    lines = section("morning report" if night.ended_at else "progress", width, glyphs)
    lines += _verdict(night, now, width)
    lines += _progress(night, facts, width, glyphs)
    lines += section("budget", width, glyphs) + budget_lines(facts, width, glyphs)
    lines += _race(facts, width, glyphs)
    lines += section("what happened", width, glyphs)
    for fact in facts:
        lines += _fact(fact, width, now, glyphs)
    tries = [fact.data for fact in facts if fact.kind == "rollout_scored"]
    return [line.clipped(width) for line in lines] + _tries(tries, width, glyphs)


def _verdict(night: NightView, now: datetime, width: int) -> list[Line]:
    verdict = night.verdict or ("still running" if night.ended_at is None else "none")
    took = duration(((night.ended_at or now) - night.started_at).total_seconds())
    head = [
        ("agent", night.agent), ("against", short(night.incumbent)), ("began", moment(night.started_at, now)),
        ("took", took), ("because", night.because),
    ]  # fmt: skip
    role = f"{VERDICT_ROLES.get(verdict, 'accent')}.bold"
    lines = [Line((("  verdict      ", "muted"), (verdict.upper(), role)))]
    lines += pairs(head, width)
    for reason in night.reasons:
        lines += paragraph(f"- {reason}", width)
    if night.proposal:
        told = f"It proposes {short(night.proposal)}: enter opens the review."
        lines += paragraph(told, width, "accent.bold", ("proposal", night.proposal))
    return lines


def _progress(night: NightView, facts: Sequence[EventView], width: int, glyphs: Glyphs) -> list[Line]:
    """The stages in one line: those that were reached, the present one, and what is to come."""
    reached = [str(fact.data.get("stage")) for fact in facts if fact.kind == "stage_reached"]
    spans: list[Span] = [("  stages       ", "muted")]
    last = reached[-1] if reached and night.ended_at is None else ""
    for stage in dict.fromkeys([*reached, *([] if night.ended_at else STAGES)]):
        if stage == last:
            spans.append((f"{glyphs.running} {stage}  ", "accent.bold"))
        elif stage in reached:
            spans.append((f"{glyphs.good} {stage}  ", "good"))
        else:
            spans.append((f"{glyphs.dot} {stage}  ", "muted"))
    return [Line(tuple(spans)).clipped(width)]


def budget_lines(facts: Sequence[EventView], width: int, glyphs: Glyphs) -> list[Line]:
    """What the night used of each of its caps; where there is none only what it used."""
    begun = next((fact.data.get("settings") for fact in facts if fact.kind == "night_started"), None)
    settings = begun.get("settings") if isinstance(begun, Mapping) else None
    caps: Mapping[str, Any] = settings if isinstance(settings, Mapping) else {}
    used = _used(facts)
    told = [
        ("runs", used["rollouts"], caps.get("rollouts"), lambda value: count(round(value))),
        ("tokens", used["tokens"], caps.get("tokens"), lambda value: count(round(value))),
        ("cost", used["dollars"], caps.get("dollars"), money),
        ("minutes", used["seconds"] / 60, caps.get("minutes"), lambda value: f"{value:.0f}"),
    ]
    return [_cap(name, value, cap, show, width, glyphs) for name, value, cap, show in told]


def _used(facts: Sequence[EventView]) -> dict[str, float]:
    """From the end's own account; before there is one, from the tries."""
    ended = next((fact.data.get("facts") for fact in facts if fact.kind == "night_ended"), None)
    if isinstance(ended, Mapping) and "tokens" in ended:
        return {name: float(ended.get(name) or 0) for name in ("rollouts", "tokens", "dollars", "seconds")}
    tries = [fact.data for fact in facts if fact.kind == "rollout_scored"]
    seconds = (facts[-1].at - facts[0].at).total_seconds() if facts else 0.0
    tokens = sum(int(one.get("input_tokens") or 0) + int(one.get("output_tokens") or 0) for one in tries)
    dollars = sum(float(one.get("cost") or 0) for one in tries)
    return {"rollouts": float(len(tries)), "tokens": float(tokens), "dollars": dollars, "seconds": seconds}


def _cap(name: str, value: float, cap: Any, show: Any, width: int, glyphs: Glyphs) -> Line:
    if not isinstance(cap, int | float) or cap <= 0:
        return Line(((f"  {name:12} ", "muted"), (f"{show(value)}  no cap", "text"))).clipped(width)
    share = value / cap
    cells = min(round(share * BAR), BAR)
    role = "bad" if share >= 1 else "warn" if share >= 0.8 else "good"
    bar = ((glyphs.span * cells, role), (glyphs.dot * (BAR - cells), "muted"))
    told = f"  {show(value)} of {show(cap)}, {percent(share)}"
    return Line(((f"  {name:12} ", "muted"), *bar, (told, "text"))).clipped(width)


# --- the race ------------------------------------------------------------------------------------------------------


def _race(facts: Sequence[EventView], width: int, glyphs: Glyphs) -> list[Line]:
    """The candidates with what they are good at, and which of them no other one beats."""
    found = [fact.data for fact in facts if fact.kind == "stage_reached" and fact.data.get("stage") == "race"]
    standings = (found[-1].get("facts") or {}).get("standings") if found else None
    if not isinstance(standings, list) or not standings:
        return []
    lines = section("the race", width, glyphs)
    head = f"    {'version':12} {'n':>4} {'before':>7} {'after':>7} {'tokens':>7} {'time':>6}  how it was found"
    lines.append(Line(((head, "muted"),)).clipped(width))
    for one in standings:
        if isinstance(one, Mapping):
            lines.append(_standing(one, width, glyphs))
    told = f"{glyphs.point} on the front: no other is better in quality, tokens and time together"
    return [*lines, *paragraph(told, width, "muted")]


def _standing(one: Mapping[str, Any], width: int, glyphs: Glyphs) -> Line:
    bundle, front = str(one.get("bundle", "")), bool(one.get("front"))
    before, after = (float(one.get(name) or 0) for name in ("before", "after"))
    figures = f"{int(one.get('n') or 0):>4} {percent(before):>7} {percent(after):>7} "
    figures += f"{count(round(float(one.get('tokens') or 0))):>7} {duration(float(one.get('seconds') or 0)):>6}  "
    spans = (
        (f"  {glyphs.point if front else ' '} ", "good.bold"),
        (f"{short(bundle):12} ", "text.bold" if front else "text"),
        (figures, "text"), *((f"too dear: {told}  ", "warn") for told in one.get("dear") or ()),
        (one_line(f"{one.get('strategy', '')} {one.get('note', '')}".strip()), "muted"),
    )  # fmt: skip
    return Line(spans, ("bundle", bundle)).clipped(width)


# --- what happened -------------------------------------------------------------------------------------------------


def _fact(fact: EventView, width: int, now: datetime, glyphs: Glyphs) -> list[Line]:
    if fact.kind == "rollout_scored":
        return []
    name, told, target = _told(fact.kind, fact.data)
    when = f"{fact.at.astimezone(now.tzinfo):%H:%M:%S}"
    spans = ((f"  {when} ", "muted"), (fit(name, 12) + " ", "accent"), (one_line(told), "text"))
    return [Line(spans, target).clipped(width), *_figures(fact.data.get("facts"), width, glyphs)]


def _told(kind: str, data: Mapping[str, Any]) -> tuple[str, str, Target | None]:
    bundle = str(data.get("bundle"))
    match kind:
        case "stage_reached":
            return str(data.get("stage")), str(data.get("message")), None
        case "candidate_found":
            told = f"{short(bundle)} by {data.get('strategy')} {data.get('note', '')}"
            return "candidate", told, ("bundle", bundle)
        case "sealed_opened":
            return "sealed pool", f"opened for the {data.get('opening')}. time, {data.get('examples')} examples", None
        case "evidence_written":
            return "evidence", f"{short(bundle)}: {data.get('verdict')}", ("bundle", bundle)
        case "night_started":
            return "began", f"{data.get('agent')} against {short(str(data.get('incumbent')))}", None
        case "night_ended":
            return "ended", str(data.get("verdict")), None
        case other:
            return other.replace("_", " "), "", None


def _figures(facts: Any, width: int, glyphs: Glyphs) -> list[Line]:
    if not isinstance(facts, Mapping) or not facts:
        return []
    told = f" {glyphs.dot} ".join(
        f"{name} {value:{',.0f' if abs(value) >= 1000 else '.4g'}}" if isinstance(value, float) else f"{name} {value}"
        for name, value in facts.items()
        if not isinstance(value, dict | list)
    )
    room = max(min(width - 24, 96), 1)
    return [Line((("  " + " " * 22 + part, "muted"),)).clipped(width) for part in wrap(told, room)] if told else []


def _tries(tries: Sequence[Mapping[str, Any]], width: int, glyphs: Glyphs) -> list[Line]:
    """Mean score by version and pool: the race as it stands."""
    table: dict[tuple[str, str], list[float]] = {}
    for one in tries:
        if one.get("score") is not None:
            table.setdefault((str(one.get("pool")), str(one.get("bundle"))), []).append(float(one["score"]))
    if not table:
        return []
    lines = section("tries", width, glyphs)
    for (pool, bundle), scores in sorted(table.items(), key=lambda item: (item[0][0], -sum(item[1]) / len(item[1]))):
        mean = sum(scores) / len(scores)
        told = f"  {pool:9} {short(bundle):12} {points(mean).lstrip('+'):>5}%  of {len(scores)}"
        lines.append(Line(((told, "text"),), ("bundle", bundle)).clipped(width))
    return lines
