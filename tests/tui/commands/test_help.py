"""The command line as a whole: every verb can be looked up, is light until it is used, and speaks JSON."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.tui.commands.workshop import Shell, surroundings
from tui.cli import SECTIONS, cli
from tui.commands.optimize import STRATEGIES

SILENT = {"serve", "worker", "tui", "demo"}
"""Verbs that do not print a result."""


def every_command(
    group: click.Group = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each verb with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(every_command())


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_verb_has_a_help(strop: Shell, words: tuple[str, ...]) -> None:
    """What it does, and a word about each of its options."""
    assert strop(*words, "--help").stdout.startswith(f"Usage: strop {' '.join(words)}")
    command = COMMANDS[words]
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_verb_that_prints_speaks_json(words: tuple[str, ...]) -> None:
    """`--json` is everywhere the same."""
    options = {name for option in COMMANDS[words].params for name in option.opts}
    assert "--json" in options or words[0] in SILENT


def test_the_help_loads_nothing_heavy() -> None:
    """`strop --help` imports every verb's module and no library that it would have to wait for."""
    program = (
        "import sys; from click.testing import CliRunner; from tui.cli import cli;"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0;"
        "heavy = {'textual', 'dspy', 'fastapi', 'sqlalchemy', 'pydantic_ai', 'xllamacpp', 'mcp', 'scipy', 'numpy'};"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_each_section_names_real_verbs() -> None:
    """The table of verbs and what it points to."""
    assert {words[0] for words in COMMANDS} == {name for section in SECTIONS.values() for name in section}


def test_the_strategies_are_the_optimizers() -> None:
    """The list that the help shows without loading the optimizer is the optimizer's."""
    from optimizer.settings import ALL

    assert STRATEGIES == ALL


def test_another_package_called_agents_is_told(tmp_path: Path) -> None:
    """Strop cannot start then, and says why instead of dying in an import."""
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").touch()
    world = surroundings(tmp_path)
    world["env"]["PYTHONPATH"] = f"{tmp_path}:{world['env']['PYTHONPATH']}"
    command = [sys.executable, "-c", "from tui.cli import main; main()", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **world)
    assert done.returncode == 1
    assert done.stderr.startswith("error: another package called `agents`")


def test_version(strop: Shell) -> None:
    """Ours, and what a report of a mistake should name."""
    assert strop.json("version")["strop"]
    assert strop("version").stdout.startswith("strop ")
