"""Plays as rows and heads, and the form that begins one. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from agents.service.wire import AgentView, BundleView
from agents.service.wire.playground import PlayView, SideView
from tui.glyphs import Glyphs
from tui.lines.cells import fit, one_line
from tui.lines.figures import age, duration, money, of, short, tokens
from tui.lines.line import Line, Span
from tui.lines.rows import STATUS_ROLES

OFFERED: Final = 12
"""Versions that the form offers: those that may matter, the newest first."""
STATES: Final = ("live", "proposed", "canary", "shadow", "evaluated", "draft", "retired")
"""In the order in which versions are offered."""


def play_head(width: int) -> Line:
    """The names of the columns of `play_row`."""
    return Line(((f"  {'age':>4} {'sides':12} {'cost':>8}  input", "muted"),)).clipped(width)


def play_row(play: PlayView, width: int, now: Any, glyphs: Glyphs) -> Line:
    """One play: how old, how its sides ended, what they cost together, what they were asked."""
    signs: list[Span] = [
        (glyphs.status(one.run.status) + " ", STATUS_ROLES.get(one.run.status, "text")) for one in play.sides
    ]
    pad = " " * max(12 - 2 * len(signs), 0)
    spans = (
        (f"  {age(play.started_at, now):>4} ", "muted"), *signs, (f"{pad} ", "text"),
        (f"{money(play.cost):>8}  ", "text"),
        (f"replays {short(play.replay_of)}: " if play.replay_of else "", "muted"), (one_line(play.input), "text"),
    )  # fmt: skip
    return Line(spans, ("play", play.id)).clipped(width)


def play_title(play: PlayView, width: int) -> Line:
    """What was asked, what it cost, and what tools could do."""
    tools = "tools answer from the record" if play.tools == "recorded" else "tools only look"
    cost = f"cost {money(play.cost)}" if play.cost is not None else "no price known"
    spans = ((f"  {cost}, {tools}  ", "text.bold"), (one_line(play.input), "text"))
    return Line(spans).clipped(width)


def side_title(side: SideView, focused: bool, width: int, glyphs: Glyphs) -> Line:
    """Which version on which model, and how it ended."""
    run = side.run
    name = f"{short(run.bundle)}{' LIVE' if side.live else ''}"
    spans = (
        (f"{glyphs.cursor if focused else ' '} {run.agent} {name} ", "accent.bold"),
        (f"{glyphs.status(run.status)} {run.status}", STATUS_ROLES.get(run.status, "text")),
    )
    return Line(spans).clipped(width)


def side_model(side: SideView, width: int) -> Line:
    """On which model it ran, and what the version is."""
    return Line(((f"  {one_line(side.model)}  ", "tool"), (one_line(side.note), "muted"))).clipped(width)


def side_figures(side: SideView, width: int) -> Line:
    """What the side took."""
    run = side.run
    told = f"  {money(run.cost)}  {tokens(run.input_tokens, run.output_tokens)} tokens  {duration(run.seconds)}"
    return Line(((f"{told}  {of(run.steps, 'step')}, {of(run.tool_calls, 'call')}", "text"),)).clipped(width)


def play_form(
    agents: Sequence[AgentView], bundles: Sequence[BundleView], chosen: Sequence[str] = (),
    input: str = "", replay: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The form of a play: the input, the versions that may answer it, other models, what tools may do."""
    known = {one.name for one in agents}
    offered = sorted(
        (one for one in bundles if one.agent in known),
        key=lambda one: (one.digest not in chosen, not one.live, _rank(one.state)),
    )[:OFFERED]
    names = [{"const": one.digest, "title": _offer(one)} for one in offered]
    tools = [{"const": "read", "title": "only look: nothing that changes something is called"}]
    if replay:
        tools.append({"const": "recorded", "title": "answer from the record of this run alone"})
    return {
        "type": "object",
        "required": ["input", "versions"],
        "properties": {
            "input": {"type": "string", "title": "Input", "default": input},
            "versions": {
                "type": "array", "title": "Versions (space marks)", "minItems": 1, "maxItems": 6,
                "items": {"anyOf": names or [{"const": "", "title": "no version yet"}]}, "default": list(chosen),
            },
            "models": {
                "type": "string", "title": "Other models too",
                "description": "each version also on these, with commas between",
            },
            "tools": {"type": "string", "title": "Tools", "oneOf": tools, "default": "read"},
        },
    }  # fmt: skip


def _rank(state: str) -> int:
    return STATES.index(state) if state in STATES else len(STATES)


def _offer(one: BundleView) -> str:
    state = "LIVE" if one.live else one.state.replace("_", " ")
    return f"{fit(one.agent, 10)} {short(one.digest)} {fit(state, 9)} {one_line(one.note)}"


def sides_asked(values: Mapping[str, Any]) -> list[dict[str, str]]:
    """The form's values as the sides that are asked: each version as it is, then on each other model."""
    models = [one.strip() for one in str(values.get("models") or "").split(",") if one.strip()]
    versions = [str(one) for one in values.get("versions") or []]
    return [{"bundle": one, "model": model} for model in ("", *models) for one in versions]
