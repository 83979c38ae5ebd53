"""`strop init`: a workspace that runs at once, never over anything that is there."""

from pathlib import Path

import pytest

from tests.tui.commands.workshop import Shell


@pytest.mark.parametrize("example", ["hello", "insurer", "shop"])
def test_each_example_is_whole(strop: Shell, tmp_path: Path, example: str) -> None:
    """Its files fit together, as far as can be seen without starting anything."""
    target = tmp_path / "new"
    written = strop.json("init", str(target), "--example", example)["files"]
    assert "strop.toml" in written
    checks = strop.json("doctor", "--workspace", str(target), code=3 if _no_weights() else 0)["checks"]
    wrong = [check for check in checks if check["level"] != "ok" and not check["subject"].startswith("model ")]
    assert not wrong
    assert not list(target.rglob("__pycache__"))
    assert (target / ".gitignore").exists() or example != "hello"


def _no_weights() -> bool:
    from agents.config import models_dir
    from agents.models.catalogue import DEFAULT
    from agents.models.weights import find_weights

    return find_weights(DEFAULT, models_dir()) is None


def test_hello_runs(strop: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its agent and its own server work together."""
    strop("init", str(tmp_path / "new"))
    monkeypatch.setenv("STROP_MODEL", "test")
    detail = strop.json("run", "hello", "When are you open?", "--workspace", str(tmp_path / "new"))
    assert set(detail["answer"].split('"')[1::2]) >= {"opening_hours", "find_dish", "book_table"}


def test_nothing_is_overwritten(strop: Shell, tmp_path: Path) -> None:
    """One file in the way, and nothing is written; other files may be there."""
    target = tmp_path / "new"
    target.mkdir()
    (target / "notes.txt").write_text("mine")
    (target / "mcp.json").write_text("mine too")
    assert "mcp.json" in strop.told("init", str(target), code=2)
    assert sorted(path.name for path in target.iterdir()) == ["mcp.json", "notes.txt"]
    (target / "mcp.json").unlink()
    strop("init", str(target))
    assert (target / "notes.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_made(strop: Shell, tmp_path: Path) -> None:
    """It is told; nothing is left behind."""
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in strop.told("init", str(tmp_path / "file"), code=3)
    assert str(tmp_path / "file") in strop.told("init", str(tmp_path / "file" / "below"), code=3)


def test_an_unknown_example(strop: Shell, tmp_path: Path) -> None:
    """The names there are."""
    assert "hello" in strop.told("init", str(tmp_path / "new"), "--example", "bank", code=2)
