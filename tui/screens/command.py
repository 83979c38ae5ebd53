"""`:` and a command: go anywhere by name. What can be typed is one table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


@dataclass(frozen=True)
class Command:
    """A command's name, what it takes, and what it does."""

    name: str
    takes: str
    does: str


COMMANDS: Final = (
    Command("runs", "[FILTER]", "the runs, filtered"),
    Command("run", "ID", "one run"),
    Command("compare", "RUN RUN", "two runs beside each other"),
    Command("goto", "TIME", "the runs from then on back: 14:05, 03-12 14:05, 2h"),
    Command("ask", "AGENT TEXT", "start a run and watch it"),
    Command("waiting", "", "all that waits for you"),
    Command("call", "RUN:NUMBER", "one held call"),
    Command("question", "RUN:NUMBER", "a tool server's question"),
    Command("proposals", "", "versions that wait for a decision"),
    Command("proposal", "VERSION", "the review of one"),
    Command("prompts", "", "every agent's versions"),
    Command("version", "VERSION", "one version, whole"),
    Command("diff", "VERSION VERSION", "what differs"),
    Command("nights", "", "the optimizer's nights"),
    Command("rollouts", "", "versions that meet real conversations"),
    Command("metrics", "", "quality, cost, latency, errors"),
    Command("audit", "", "who did what, and why"),
    Command("queues", "", "runs that several people judge"),
    Command("queue", "NAME", "judge the runs of one"),
    Command("playground", "", "versions and models tried side by side"),
    Command("play", "ID", "one of those"),
    Command("theme", "", "the other theme"),
    Command("help", "", "every key"),
    Command("quit", "", "leave"),
)


ALIASES: Final = {"q": "quit", "approvals": "waiting", "candidates": "proposals", "bundles": "prompts"}
"""Other words for the same, as people of other tools type them."""


def parse(text: str) -> tuple[Command, str] | None:
    """The command that `text` means (a start that fits one alone is enough; an exact name wins), and the rest."""
    name, _, rest = text.strip().removeprefix(":").partition(" ")
    name = ALIASES.get(name, name)
    exact = [command for command in COMMANDS if command.name == name]
    begun = exact or [command for command in COMMANDS if name and command.name.startswith(name)]
    return (begun[0], rest.strip()) if len(begun) == 1 else None


def hints(text: str) -> Sequence[Command]:
    """The commands that may still be meant."""
    name, space, _ = text.strip(" :").partition(" ")
    if space or text.endswith(" "):
        return [command for command in COMMANDS if command.name == name]
    return [command for command in COMMANDS if command.name.startswith(name)]


class CommandLine(ModalScreen[str | None]):
    """Gives what was typed, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close", show=True),
        Binding("tab", "complete", "Complete", show=True, priority=True),
    ]

    def compose(self) -> ComposeResult:
        """The hints and the line."""
        with Vertical(id="command-box"):
            yield Static("", id="hints", markup=False)
            yield Input(placeholder="command", id="command", compact=True)

    def on_mount(self) -> None:
        """Ready to type."""
        self._hint("")
        self.query_one("#command", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """The hints follow."""
        event.stop()
        self._hint(event.value)

    def _hint(self, text: str) -> None:
        found = hints(text)
        told = "\n".join(f":{f'{one.name} {one.takes}':24} {one.does}" for one in found) or "No such command."
        self.query_one("#hints", Static).update(told)

    def action_complete(self) -> None:
        """Finish the name when only one is meant."""
        line = self.query_one("#command", Input)
        found = hints(line.value)
        if len(found) == 1 and " " not in line.value:
            line.value = found[0].name + " "
            line.cursor_position = len(line.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Run it."""
        event.stop()
        self.dismiss(event.value)

    def action_back(self) -> None:
        """Nothing happens."""
        self.dismiss(None)
