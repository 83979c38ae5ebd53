"""The `strop` command: which verbs there are, and where each one lives. No verb is loaded before it is used.

Prevents: a `strop --help` that waits for libraries, and two places that say what an error looks like (there is one:
`tui.commands.telling`).
"""

import importlib
import os
import sys
import threading
from typing import Final

import click

try:
    from tui.commands.telling import Root
except ModuleNotFoundError as missing:
    if missing.name not in {"agents.errors", "agents.models.errors"}:
        raise
    # The one mistake that keeps even `strop doctor` from starting.
    sys.exit(
        "error: another package called `agents` hides Strop's own (openai-agents has one)\n"
        "hint: Install Strop into an environment of its own: make install, or python -m venv and pip install strop."
    )

SECTIONS: Final = {
    "Start": {
        "init": "tui.commands.init:init",
        "doctor": "tui.commands.doctor:doctor",
        "demo": "tui.commands.demo:demo",
        "model": "tui.commands.model:model",
    },
    "Run": {
        "run": "tui.commands.run:run",
        "resume": "tui.commands.run:resume",
        "outcome": "tui.commands.outcome:outcome",
        "cancel": "tui.commands.outcome:cancel",
        "waiting": "tui.commands.waiting:waiting",
        "approvals": "tui.commands.approvals:approvals",
        "questions": "tui.commands.questions:questions",
        "runs": "tui.commands.runs:runs",
        "views": "tui.commands.views:views",
        "stats": "tui.commands.stats:stats",
        "feedback": "tui.commands.feedback:feedback",
        "playground": "tui.commands.playground:playground",
        "queues": "tui.commands.queues:queues",
        "agreement": "tui.commands.agreement:agreement",
        "outcomes": "tui.commands.outcomes:outcomes",
        "signals": "tui.commands.signals:signals",
        "costs": "tui.commands.costs:costs",
    },
    "Improve and prove": {
        "optimize": "tui.commands.optimize:optimize",
        "nights": "tui.commands.nights:nights",
        "examples": "tui.commands.examples:examples",
        "judges": "tui.commands.judges:judges",
        "gate": "tui.commands.gate:gate",
        "check": "tui.commands.check:check",
    },
    "Decide": {
        "agents": "tui.commands.agents:agents",
        "bundles": "tui.commands.bundles:bundles",
        "tools": "tui.commands.tools:tools",
        "proposals": "tui.commands.decide:proposals",
        "approve": "tui.commands.decide:approve",
        "reject": "tui.commands.decide:reject",
        "rollback": "tui.commands.decide:rollback",
        "rollout": "tui.commands.rollout:rollout",
        "adopt": "tui.commands.agents:adopt",
        "decisions": "tui.commands.agents:decisions",
        "governance": "tui.commands.governance:governance",
        "audit": "tui.commands.audit:audit",
        "why": "tui.commands.audit:why",
    },
    "Serve and look after": {
        "serve": "tui.commands.serve:serve",
        "worker": "tui.commands.worker:worker",
        "tokens": "tui.commands.tokens:tokens",
        "tui": "tui.commands.screen:tui",
        "keys": "tui.commands.keys:keys",
        "forward": "tui.commands.forward:forward",
        "verify": "tui.commands.verify:verify",
        "losses": "tui.commands.losses:losses",
        "export": "tui.commands.carry:export",
        "import": "tui.commands.carry:bring",
        "retention": "tui.commands.retention:retention",
        "forget": "tui.commands.forget:forget",
        "db": "tui.commands.db:db",
        "version": "tui.commands.version:version",
    },
}
"""Verb -> `module:function`, in the order of the help."""

ENGINE_THREAD: Final = "embedded-model"
"""Name of the threads that wait for the embedded engine (agents/models/stream.py)."""


class Strop(Root):
    """The root group: loads a verb's module when the verb (or the help) is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order of the help."""
        return [name for section in SECTIONS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, or None."""
        for section in SECTIONS.values():
            if cmd_name in section:
                module, _, name = section[cmd_name].partition(":")
                command: click.Command = getattr(importlib.import_module(module), name)
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs under the headings of `SECTIONS`."""
        width = max(len(name) for name in self.list_commands(ctx))
        for title, section in SECTIONS.items():
            rows = []
            for name in section:
                command = self.get_command(ctx, name)
                assert command is not None
                rows.append((name.ljust(width), command.get_short_help_str(formatter.width - width - 6)))
            with formatter.section(title):
                formatter.write_dl(rows)


@click.group(cls=Strop, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """Agents with MCP tools whose trace is their journal, and an optimizer that proves a better prompt or says no."""


def main() -> None:
    """Entry point of the `strop` script."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets an escape for it, never a crash in the middle of a table.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        cli.main(prog_name="strop")
    except SystemExit as end:
        leave(end.code if isinstance(end.code, int) else 0)
        raise


def leave(code: int) -> None:
    """End at once where a thread is still inside the embedded engine; else nothing.

    Such a thread stops at its next token, which on a busy machine may be long after it was told to. An interpreter
    that ends before it aborts the whole process, and the exit code is lost.
    """
    engine = sys.modules.get("agents.models.engine")
    if engine is None:
        return
    engine.close_engines()
    if any(thread.name == ENGINE_THREAD for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
