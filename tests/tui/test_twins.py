"""What the terminal asks and does exists as a command with `--json`: for scripts, and for who cannot see a screen."""

import inspect
import re
from pathlib import Path

import click
import pytest

from tui.cli import cli
from tui.client import Client

TWINS = {
    "about": "doctor", "me": "tokens list", "agents": "agents", "decisions": "decisions",
    "runs": "runs list", "stats": "stats", "run": "runs show", "events": "runs show", "event_page": "runs show",
    "feed": "runs list", "follow": "runs show", "start": "run", "resume": "resume", "cancel": "cancel",
    "feedback": "feedback", "withdraw": "feedback", "decide_outcome": "outcome",
    "waiting": "waiting", "approval": "approvals show", "approval_context": "approvals context",
    "decide_approval": "approvals approve", "question": "questions show", "answer": "questions answer",
    "bundles": "bundles list", "bundle": "bundles show", "diff": "bundles diff", "roll_back": "rollback",
    "proposals": "proposals", "proposal": "proposals", "decide": "approve",
    "rollouts": "rollout list", "rollout": "rollout show", "end_rollout": "rollout promote",
    "audit": "audit list", "audit_row": "audit show", "nights": "nights list", "night_events": "nights show",
    "queues": "queues list", "queue": "queues show", "queue_turn": "queues next", "open_queue": "queues open",
    "close_queue": "queues close", "plays": "playground list", "get_play": "playground show",
    "play": "playground start",
}  # fmt: skip
"""What the client asks the service for -> the command that gives or does the same."""
ALSO = ("reject", "approvals deny", "rollout stop", "keys", "views list", "views save", "views remove")
"""The other side of a decision, the keys themselves, and what is kept beside the service."""
DOCS = Path(__file__).parents[2] / "docs" / "terminal.md"


def test_everything_the_terminal_asks_for_has_a_command() -> None:
    """A new request of the client needs a row above, and so a command."""
    asked = {
        name
        for name, method in vars(Client).items()
        if not name.startswith("_") and name != "close"
        and (inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method))
    }  # fmt: skip
    assert asked == set(TWINS)


@pytest.mark.parametrize("words", sorted({*TWINS.values(), *ALSO}))
def test_each_command_is_there_and_speaks_json(words: str) -> None:
    """The command is found, takes `--json`, and docs/terminal.md names it beside its key."""
    command: click.Command | None = cli
    context = click.Context(cli)
    for word in words.split():
        assert isinstance(command, click.Group), words
        command = command.get_command(context, word)
    assert command is not None, words
    assert any("--json" in option.opts for option in command.params), words
    assert re.search(rf"`strop {words}\b", DOCS.read_text(encoding="utf-8")), f"{DOCS.name} does not name it"
