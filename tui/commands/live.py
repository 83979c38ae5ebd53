"""A run on the screen while it is worked on: reasoning dimmed, text, calls and results as they happen.

Prevents: a screen that waits in silence for minutes while a small model thinks.
"""

from typing import TYPE_CHECKING, Any

from tui.commands.printing import console, glyphs, style
from tui.lines.cells import clean, clip, one_line
from tui.lines.figures import count, duration, money, of, short, tokens

if TYPE_CHECKING:
    from agents.service.wire import RunView
    from traces.recorder import Recorded

CALL_CELLS = 100
"""Cells of a call or a result on its line; the whole of it is in `strop runs show`."""


class Live:
    """Writes one run, and the runs it delegates to, to stdout. `text` is what was streamed since the last call."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.text = ""
        self._open = False
        self._kind = ""

    def delta(self, kind: str, piece: str) -> None:
        """A piece of a reply while it is written."""
        if kind == "tool" or not piece:
            return
        if kind != self._kind or kind == "progress":
            self._break()
            self._kind = kind
        if kind == "text":
            self.text += piece
        shown = "\n".join(clean(part) for part in piece.split("\n"))
        console().print(shown, end="", style=style("text" if kind == "text" else "reasoning"))
        self._open = not shown.endswith("\n")

    def fact(self, recorded: "Recorded") -> None:
        """A fact of this run or of one below it."""
        if not recorded.stream.startswith(self.run_id):
            return
        event, depth = recorded.event, recorded.stream.count(".")
        kind = str(getattr(event, "kind", ""))
        if kind == "model_replied":
            self._break()
        told = _line(kind, event)
        if told is not None:
            self._break()
            self.text = ""
            text, role = told
            console().print("  " * depth + text, style=style(role))

    def _break(self) -> None:
        if self._open:
            console().print()
            self._open = False


def _line(kind: str, event: Any) -> tuple[str, str] | None:
    signs = glyphs()
    match kind:
        case "tool_called":
            return f"{signs.arrow} {event.tool} {_short(event.arguments)}", "tool"
        case "tool_returned":
            role = "muted" if event.outcome == "ok" else "warn"
            return f"  {event.tool}: {_short(event.result)}", role
        case "tool_failed":
            return f"  {event.tool} broke: {one_line(event.message)}", "bad"
        case "run_delegated":
            return (
                f"{signs.child} {event.agent} is asked: {_short(event.request)}  ({short(event.child_run_id)})",
                "accent",
            )
        case "replay_diverged":
            return f"  not in the recording: {event.tool}", "warn"
        case "run_resumed":
            return f"goes on: {event.recorded_operations} steps come from the record", "muted"
        case _:
            return None


def _short(value: Any) -> str:
    if isinstance(value, dict) and value.keys() >= {"kind", "result"}:  # as results are recorded
        value = value["result"]
    from tui.lines.blocks import pretty

    return clip(one_line(pretty(value)), CALL_CELLS)


def ending(run: "RunView") -> str:
    """The figures of a run on one line."""
    return (
        f"{run.id}  {run.status}  {of(run.steps, 'step')}  {of(run.tool_calls, 'tool call')}  "
        f"{tokens(run.input_tokens, run.output_tokens)} tokens  cost {money(run.cost)}  {duration(run.seconds)}"
        + (f"  feedback {count(run.feedback)}" if run.feedback else "")
    )
