"""README says nothing that is not so: its commands exist with their options, its files and links are there.

It is the first thing a stranger meets, and nobody runs it by hand after the first week.
"""

import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(ROOT.glob("docs/*.md")),
    *ROOT.glob("examples/*/README.md"),
]
FIRST_SCREEN = 40
"""Lines of a tall terminal: what is seen without scrolling."""


def _targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_the_two_commands_are_on_the_first_screen_and_in_the_makefile() -> None:
    """A stranger needs two commands, sees both at once, and both are there."""
    first_screen = "\n".join(README.splitlines()[:FIRST_SCREEN])
    for target in ("demo", "test"):
        assert re.search(rf"^    make {target}\b", first_screen, re.MULTILINE)
        assert target in _targets()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_make_target_named_is_in_the_makefile(page: Path) -> None:
    """No page sends a reader to a target that is not there."""
    named = set(re.findall(r"(?:`|^    )make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= _targets()


def test_the_start_of_your_own_works(tmp_path: Path) -> None:
    """The block of commands, line by line as it stands, on pydantic-ai's `test` model; screens and services aside."""
    block = README.split("## Start your own")[1].split("An agent is a")[0]
    lines = [line.split("#")[0].strip() for line in block.splitlines() if line.startswith("    strop ")]
    assert len(lines) == 8
    program = f"{shlex.quote(sys.executable)} -c 'from tui.cli import main; main()'"
    script = ["set -e", f'strop() {{ {program} "$@"; }}']
    for line in lines:
        if line in {"strop tui", "strop serve"}:
            continue
        script.append(line.replace("RUN", "$(strop runs list --json | grep -o 'run_[0-9a-z]*' | head -n 1)"))
    world = {**os.environ, "PYTHONPATH": str(ROOT), "STROP_MODEL": "test"}
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)], cwd=tmp_path, env=world, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NO IMPROVEMENT" in done.stdout
    assert (tmp_path / "my-agents" / ".strop" / "strop.db").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Relative links are resolved from the page that has them."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]


def test_every_path_of_the_where_is_table_is_there() -> None:
    """A newcomer who follows the table finds what it promises."""
    table = README.split("## Where is…?")[1].split("\n## ")[0]
    paths = re.findall(r"`([\w./-]+(?:/|\.py|\.md|\.toml))`", table)
    assert len(paths) > 20
    assert not [path for path in paths if not (ROOT / path).exists()]


def _commands_named() -> Iterator[str]:
    """Each `strop …` of the pages, in backticks or in an indented line, without what follows a comment sign."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in re.findall(
            r"`(?:\.venv/bin/)?strop( [^`]*)?`|^    (?:\.venv/bin/)?strop (.*)$", text, re.MULTILINE
        ):
            yield re.split(r"\s{2,}#|;", found[0] or found[1])[0].strip()


@pytest.mark.parametrize("command", sorted(set(_commands_named())))
def test_every_command_named_exists_with_its_options(command: str) -> None:
    """Each `strop VERB --option` written anywhere is a command with that option."""
    here: click.Command = _root_command()
    known = _options(here)
    for word in shlex.split(command):
        if word.startswith("-"):
            assert word.split("=")[0] in known, f"`strop {command}`: no option {word}"
        elif isinstance(here, click.Group):
            found = here.get_command(click.Context(here), word)
            assert found is not None, f"`strop {command}`: no command {word!r}"
            here, known = found, known | _options(found)


def test_every_command_is_in_the_readme() -> None:
    """A command that README does not name is one that nobody finds."""
    root = _root_command()
    assert isinstance(root, click.Group)
    context = click.Context(root)
    visible = [
        name for name in root.list_commands(context) if not getattr(root.get_command(context, name), "hidden", False)
    ]
    named = {command.split(" ")[0] for command in _commands_named()}
    assert not [name for name in visible if name not in named]


def test_every_command_that_ends_by_itself_takes_json() -> None:
    """Scripts are told in one way; a screen, a service and a show are for people."""
    leaves = dict(_leaves("", _root_command()))
    silent = {name for name, command in leaves.items() if "--json" not in _options(command)}
    assert silent == {"demo", "serve", "tui", "worker"}


def _leaves(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for verb in command.list_commands(context):
        below = command.get_command(context, verb)
        assert below is not None
        yield from _leaves(f"{name} {verb}".strip(), below)


def _options(command: click.Command) -> set[str]:
    return {
        "--help",
        *(name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)),
    }


def _root_command() -> click.Command:
    module = importlib.import_module("tui.cli")
    groups = [value for value in vars(module).values() if isinstance(value, click.Group)]
    assert groups, "tui.cli has no click group"
    return max(groups, key=lambda group: len(group.list_commands(click.Context(group))))
