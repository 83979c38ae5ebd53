"""A rollout as lines: who gets how much of the traffic, what came of it, how far each alarm is. Pure."""

from datetime import datetime
from typing import Final

from agents.service.wire import ArmView, RolloutView, ShadowView
from tui.glyphs import Glyphs
from tui.lines.cells import fit
from tui.lines.figures import age, duration, moment, money, percent, points, short
from tui.lines.line import Line, Span, line

STATE_ROLES: Final = {"running": "accent", "exposed": "warn", "ended": "muted"}
OUTCOME_ROLES: Final = {"rolled_back": "bad", "promoted": "good", "stopped": "muted"}
VERDICT_ROLES: Final = {"worse": "bad", "better": "good", "unharmed": "good", "undecided": "warn"}
BAR: Final = 24
"""Cells of the bar that shows the share of traffic."""


def rollout_head(width: int) -> Line:
    """The names of the columns of `rollout_row`."""
    cells = f"  {'age':>4} {'agent':14} {'what':7} {'version':12} {'share':>6} {'had':>9} {'state':11} "
    return line((cells + "what it says", "muted")).clipped(width)


def rollout_row(one: RolloutView, width: int, now: datetime) -> Line:
    """One rollout: what is tried, how many it had, where it stands."""
    state = one.outcome or one.state
    role = OUTCOME_ROLES.get(state, STATE_ROLES.get(one.state, "text"))
    spans: list[Span] = [
        (f"  {age(one.started_at, now):>4} ", "muted"),
        (f"{fit(one.agent, 14)} {one.mode:7} {short(one.candidate.bundle):12} ", "text"),
        (f"{percent(one.share):>6} {one.exposed:>4}/{one.exposure:<4} ", "text"),
        (f"{state.replace('_', ' '):11} ", role),
        (one.reasons[0] if one.reasons else one.verdict, VERDICT_ROLES.get(one.verdict, "muted")),
    ]
    return Line(tuple(spans), ("rollout", one.id)).clipped(width)


def rollout_lines(one: RolloutView, width: int, now: datetime, glyphs: Glyphs) -> list[Line]:
    """One rollout, whole."""
    found = [*_head(one, now), line(), *_traffic(one, glyphs)]
    if one.shadow is not None:
        found += [line(), *_shadow(one.shadow)]
    else:
        found += [line(), *_arms(one.candidate, one.control)]
        if one.difference is not None:
            between = ""
            if one.interval is not None:
                between = (
                    f"  (95 % interval {points(one.interval[0])} to {points(one.interval[1])}, good for one look)"
                )
            found.append(line(f"  quality differs by {points(one.difference)} points{between}"))
        found += [line(), *_tests(one)]
    if one.reasons:
        found += [line(), line(("why", "accent"), mark="section")]
        found += [line(f"  {glyphs.dot} {reason}") for reason in one.reasons]
    return [each.clipped(width) for each in found]


def _head(one: RolloutView, now: datetime) -> list[Line]:
    state = one.outcome or one.state
    role = OUTCOME_ROLES.get(state, STATE_ROLES.get(one.state, "text"))
    told = {"exposed": "exposed: the candidate had all it may have"}.get(state, state.replace("_", " "))
    lines = [
        line((f"{one.mode} of {one.agent}", "text.bold"), "  ", (told, role), f"  {one.id}"),
        line(f"  started {moment(one.started_at, now)} by {one.started_by}"),
    ]
    if one.ended_at is not None:
        lines.append(line(f"  ended {moment(one.ended_at, now)} by {one.ended_by}"))
    elif one.mode == "canary":
        who = {"person": "a person", "better": "the watch, if it is better", "unharmed": "the watch, if not harmful"}
        lines.append(line(f"  who takes it live: {who[one.promote]}"))
    return lines


def _traffic(one: RolloutView, glyphs: Glyphs) -> list[Line]:
    """The share of new conversations as a bar, and how much of the exposure is used."""
    share = 0.0 if one.state != "running" or one.mode == "shadow" else one.share
    cells = round(share * BAR) if share in (0.0, 1.0) else min(max(round(share * BAR), 1), BAR - 1)
    bar: list[Span] = [(glyphs.span * cells, "accent"), (glyphs.dot * (BAR - cells), "muted")]
    what = "runs" if one.mode == "shadow" else "conversations"
    used = f"{one.exposed} of at most {one.exposure} {what}"
    return [line("  candidate gets ", *bar, f" {percent(share)} of new conversations; it had {used}")]


def _arms(candidate: ArmView, control: ArmView) -> list[Line]:
    head = f"  {'':10} {'version':12} {'had':>5} {'known':>5} {'quality':>8} {'errors':>7} {'safety':>7}"
    head += f" {'cost':>9} {'time':>7}"
    return [line((head, "muted")), _arm("candidate", candidate), _arm("control", control)]


def _arm(name: str, arm: ArmView) -> Line:
    rates = "".join(
        f" {percent(arm.means[metric]) if metric in arm.means else '-':>{room}}"
        for metric, room in (("quality", 8), ("errors", 7), ("safety", 7))
    )
    more = f" {money(arm.means.get('cost')):>9} {duration(arm.means.get('seconds')):>7}"
    return line(f"  {name:10} {short(arm.bundle):12} {arm.conversations:>5} {arm.counted:>5}{rates}{more}")


def _tests(one: RolloutView) -> list[Line]:
    lines = [line((f"  {'alarm':10} {'is at z':>8} {'of':>6}  of the error budget", "muted"))]
    for test in one.tests:
        z, needed = ("-" if value is None else f"{value:.2f}" for value in (test.z, test.needed))
        role = "bad" if test.alarm and test.name != "better" else "good" if test.alarm else "text"
        told = "raised" if test.alarm else ""
        lines.append(line((f"  {test.name:10} {z:>8} {needed:>6}  {percent(test.alpha):>5}  {told}", role)))
    return lines


def _shadow(shadow: ShadowView) -> list[Line]:
    return [
        line(f"  {shadow.runs} turns answered beside the live version; nobody saw them"),
        line(f"  the same answer {shadow.same}, failed {shadow.failed}, beyond the recording {shadow.diverged}"),
        line(f"  cost {money(shadow.cost)} against {money(shadow.live_cost)}"),
        line(f"  time {duration(shadow.seconds)} (tools from the record) against {duration(shadow.live_seconds)}"),
    ]
