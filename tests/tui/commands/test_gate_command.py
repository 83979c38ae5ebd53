"""`strop gate`: a verdict for anybody's paired results."""

from pathlib import Path

from optimizer.evidence import Evidence
from tests.tui.commands.workshop import Shell


def csv(path: Path, before: list[int], after: list[int]) -> str:
    """A file with an arm `old` and an arm `new`."""
    rows = [
        f"{arm},t{task},{value}"
        for arm, values in (("old", before), ("new", after))
        for task, value in enumerate(values)
    ]
    path.write_text("\n".join(["arm,task,outcome", *rows]))
    return str(path)


def test_a_verdict_with_its_figures(strop: Shell, tmp_path: Path) -> None:
    """As a table and as JSON; the verdict is not an exit code."""
    file = csv(tmp_path / "r.csv", [0] * 60, [1] * 60)
    assert "BETTER" in strop("gate", file, "--a", "old", "--b", "new").stdout
    evidence = Evidence.model_validate(strop.json("gate", file, "--a", "old", "--b", "new"))
    assert (evidence.verdict, evidence.n) == ("better", 60)
    assert strop.json("gate", file, "--a", "new", "--b", "old")["verdict"] == "harmful"


def test_a_wrong_file_is_told(strop: Shell, tmp_path: Path) -> None:
    """Missing, of another shape, or not text."""
    assert "nowhere.csv" in strop.told("gate", "nowhere.csv", "--a", "x", "--b", "y", code=2)
    file = csv(tmp_path / "r.csv", [0, 1], [1, 1])
    assert "'other'" in strop.told("gate", file, "--a", "old", "--b", "other", code=2)
    assert "'colour'" in strop.told("gate", file, "--a", "old", "--b", "new", "--guard", "colour", code=2)
    (tmp_path / "bad.csv").write_bytes(b"arm,task,outcome\nold,caf\xe9,1\n")
    assert "UTF-8" in strop.told("gate", str(tmp_path / "bad.csv"), "--a", "old", "--b", "new", code=2)


def test_it_needs_no_workspace(strop: Shell, tmp_path: Path, monkeypatch: object) -> None:
    """Anybody's results, anywhere."""
    file = csv(tmp_path / "r.csv", [0, 1, 1, 0], [1, 1, 0, 0])
    (strop.root / "strop.toml").write_text("[broken")
    assert strop.json("gate", file, "--a", "old", "--b", "new")["verdict"] in {"undecided", "no improvement"}
