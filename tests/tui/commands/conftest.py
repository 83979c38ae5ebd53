"""A workspace to command in, and two ways to run `strop`: in this process, and as a program of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.commands.workshop import Shell, make_workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with agents that run on pydantic-ai's own test model."""
    return make_workspace(tmp_path / "ws")


@pytest.fixture
def strop(root: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """`strop` in this process, started in the workspace."""
    monkeypatch.chdir(root)
    monkeypatch.setenv("STROP_USER", "m.keller")
    return Shell(root)


@pytest.fixture
def agent_file(root: Path) -> Callable[[str, str], Path]:
    """Writes agents/NAME.yaml."""

    def write(name: str, text: str) -> Path:
        path = root / "agents" / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
