"""The morning report of a night as Markdown: what was tried, what it cost, what was found, and why (nothing) follows.

Read from the night's stream alone, so that it says what is on record, for an open night as for an ended one.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from optimizer.evidence import Evidence
from optimizer.evidence_text import render_evidence
from traces.events import Event, EvidenceWritten, NightEnded, NightStarted, StageReached
from traces.ids import short
from traces.store import StoredEvent

EventT = TypeVar("EventT", bound=Event)


def morning_report(night: str, events: Sequence[StoredEvent]) -> str:
    """Markdown, ending with a newline. `events` are all facts of the night's stream, in order."""
    started = _one(events, NightStarted)
    ended = _last(events, NightEnded)
    blocks = [
        _head(night, events, started, ended),
        _section("What was found", _found(ended)),
        _section("What was tried", _tried(events)),
        _section("What was left out", _left_out(events)),
        _section("The proof on sealed examples", _proof(events)),
        _section("What it cost", _cost(events, ended)),
        _section("Step by step", _steps(events)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(night: str, events: Sequence[StoredEvent], started: NightStarted, ended: NightEnded | None) -> list[str]:
    verdict = "still open" if ended is None else ended.verdict
    facts = [
        f"- night: `{night}`, began {events[0].at:%Y-%m-%d %H:%M} UTC",
        f"- against: `{short(started.incumbent)}`",
    ]
    why = [f"- because: {started.because}"] if started.because else []
    return [f"# {started.agent}: {verdict}", "", *facts, *why]


def _section(title: str, lines: Iterator[str]) -> list[str]:
    body = list(lines)
    return [f"## {title}", "", *body] if body else []


def _found(ended: NightEnded | None) -> Iterator[str]:
    if ended is None:
        yield "The night has not ended. The same `strop optimize` goes on with it."
        return
    yield from (f"- {reason}" for reason in ended.reasons)
    if ended.proposal is not None:
        name = short(ended.proposal)
        yield f"- It proposes `{name}`. Look at it with `strop proposals {name}`, then approve or reject it."
    else:
        yield "- Nothing is proposed: what serves stays."


def _tried(events: Sequence[StoredEvent]) -> Iterator[str]:
    race = next((one for one in _all(events, StageReached) if one.stage == "race"), None)
    standings: Any = [] if race is None else race.facts.get("standings")
    if not standings:
        return
    yield "| version | how it was found | examples | before | after | p, corrected | tokens a run | seconds |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for one in standings:
        how = f"{one['strategy']}: {one['note']}".replace("|", "\\|")
        how += "".join(f"; too dear: {told}" for told in one.get("dear") or ())
        figures = f"{one['n']} | {one['before']:.1%} | {one['after']:.1%} | {one['adjusted_p']:.2g}"
        figures += f" | {one.get('tokens', 0):.0f} | {one.get('seconds', 0):.1f}"
        figures += " (on the front)" if one.get("front") else ""
        yield f"| `{short(one['bundle'])}` | {how} | {figures} |"


def _left_out(events: Sequence[StoredEvent]) -> Iterator[str]:
    """What strategies and the miner said: why something was not tried, and who was not heard."""
    for stage in _all(events, StageReached):
        facts: Any = stage.facts
        if stage.stage == "search":
            yield from (f"- {text}" for text in facts.get("said") or ())
        if stage.stage == "mined":
            yield from (f"- {n} reviewed runs: {why}" for why, n in (facts.get("left_out") or {}).items())
            unheard = (facts.get("unheard") or {}).items()
            yield from (f"- nothing was learned from {by}, who {how} with the others" for by, how in unheard)


def _proof(events: Sequence[StoredEvent]) -> Iterator[str]:
    written = _last(events, EvidenceWritten)
    if written is not None:
        yield from ("```", *render_evidence(Evidence.model_validate(written.evidence)).splitlines(), "```")


def _cost(events: Sequence[StoredEvent], ended: NightEnded | None) -> Iterator[str]:
    foreseen = next((one for one in _all(events, StageReached) if one.stage == "estimate"), None)
    if foreseen is not None:
        yield f"Foreseen: {foreseen.message}.\n"
    if ended is not None:
        facts: Any = ended.facts
        yield (
            f"{facts['rollouts']:.0f} runs of the agent, {facts.get('requests', 0):.0f} requests to models, "
            f"{facts['tokens']:.0f} tokens, {facts['dollars']:.2f} dollars, {facts['seconds'] / 60:.1f} minutes."
        )


def _steps(events: Sequence[StoredEvent]) -> Iterator[str]:
    for stored in events:
        if isinstance(stored.event, StageReached):
            yield f"- {stored.at:%H:%M:%S} {stored.event.stage}: {stored.event.message}"


def _all(events: Sequence[StoredEvent], kind: type[EventT]) -> list[EventT]:
    return [one.event for one in events if isinstance(one.event, kind)]


def _one(events: Sequence[StoredEvent], kind: type[EventT]) -> EventT:
    return _all(events, kind)[0]


def _last(events: Sequence[StoredEvent], kind: type[EventT]) -> EventT | None:
    found = _all(events, kind)
    return found[-1] if found else None
