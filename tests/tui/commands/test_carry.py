"""`strop export` and `strop import` as they are used."""

from pathlib import Path

import pytest

from tests.tui.commands.workshop import Shell, make_workspace


def test_runs_go_to_another_workspace_and_back(strop: Shell, tmp_path: Path) -> None:
    """As lines and as Parquet; an export that is there is only gone on with; an import can be done again."""
    pytest.importorskip("pyarrow", reason="the `parquet` extra is not installed")
    other = ["--workspace", str(make_workspace(tmp_path / "other"))]
    for text in ("one", "two"):
        strop.json("run", "plain", text)
    lines, parts = str(tmp_path / "runs.jsonl"), str(tmp_path / "parts")
    assert strop.json("export", lines)["runs"] == 2
    strop("export", lines, code=2)
    assert strop.json("export", lines, "--resume")["runs"] == 0
    assert strop.json("export", parts, "--format", "parquet")["runs"] == 2
    strop.json("run", "plain", "three")
    assert strop.json("export", parts, "--format", "parquet", "--resume")["runs"] == 1
    assert strop("export", "-").stdout.count("\n") == 3
    assert strop.json("import", lines, *other)["runs"] == 2
    done = strop.json("import", parts, *other)
    assert (done["runs"], done["known"], done["refused"]) == (1, 2, {})
    assert strop.json("verify", *other)["problems"] == []
    assert len(strop.json("runs", "list", *other)["items"]) == 3
    Path(lines).write_text("no run\n")
    assert "line 1" in strop.told("import", lines, *other, code=2)
