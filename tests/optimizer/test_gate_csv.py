"""`strop gate FILE.csv`: anybody's results become a verdict, and bad input one error that names the line."""

from pathlib import Path

import pytest

from optimizer.gate import GateInputError, GateRules
from optimizer.gate_csv import GateOptions, run_gate_csv
from tests.optimizer.recorded import PLACE, needs_recorded

HEADER = "arm,task,outcome,family,write,harm,try,cost\n"
OPTIONS = GateOptions(a="old", b="new", rules=GateRules(resamples=500))


def table(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    """A CSV with these rows."""
    path = tmp_path / "runs.csv"
    path.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def twenty(arm: str, solved: int) -> list[str]:
    """Twenty tasks in ten families, the first `solved` solved."""
    return [f"{arm},t{i:02},{int(i < solved)},f{i % 10},{i % 2},0,0,{i}" for i in range(20)]


@needs_recorded
def test_the_command_of_the_issue() -> None:
    """The recorded gpt-4 pair, by column names, with stratum and guard."""
    options = GateOptions(
        a="gpt-4/all",
        b="gpt-4/domains",
        arm="config",
        task="task_id",
        cluster="template_id",
        outcome="correct",
        stratum="needs_write",
        guards=("side_effect_error",),
        baselines=("mistral-8x7B/all",),
    )
    found = run_gate_csv(PLACE / "workbench_runs.csv", options)
    assert (found.verdict, found.n, found.n_clusters) == ("better", 690, 69)
    assert [baseline.score for baseline in found.baselines] == [pytest.approx(0.1565, abs=1e-4)]


def test_columns_become_pairs(tmp_path: Path) -> None:
    """Clusters, strata, guards and cost are read from the columns named."""
    path = table(tmp_path, *twenty("old", 5), *twenty("new", 18), *twenty("other", 0))
    options = OPTIONS.model_copy(
        update={"cluster": "family", "stratum": "write", "guards": ("harm",), "cost": "cost", "baselines": ("other",)}
    )
    found = run_gate_csv(path, options)
    assert (found.n, found.n_clusters, found.gained, found.lost) == (20, 10, 13, 0)
    assert [part.name for part in found.strata] == ["0", "1"]
    assert found.ratios[0].ratio == pytest.approx(5 / 18)
    assert found.baselines[0].score == 0.0


def test_replicas_are_averaged_and_give_the_noise_floor(tmp_path: Path) -> None:
    """Two tries per task and arm: outcomes are means, and the incumbent's own tries are the A/A."""
    rows = [
        f"{arm},t{i},{int((i + t) % 3 == 0 or arm == 'new')},f,0,0,{t},1"
        for arm in ("old", "new")
        for i in range(12)
        for t in (0, 1)
    ]
    found = run_gate_csv(table(tmp_path, *rows), OPTIONS.model_copy(update={"replica": "try"}))
    assert (found.n, found.replicas, found.after) == (12, 2, 1.0)
    assert found.noise is not None
    assert found.noise.disagreement == pytest.approx(8 / 12)


def test_without_clusters_it_says_so(tmp_path: Path) -> None:
    """Tasks taken as independent are a claim, so the claim is written down."""
    found = run_gate_csv(table(tmp_path, *twenty("old", 5), *twenty("new", 18)), OPTIONS)
    assert "independent" in found.notes[0]


@pytest.mark.parametrize(
    ("rows", "changes", "said"),
    [
        (["old,a,1,f,0,0,0,1", "new,a,1,f,0,0,0,1"], {"outcome": "score"}, "no column 'score'; it has 'arm', 'task'"),
        (["old,a,1,f,0,0,0,1"], {}, "no row has 'new' in column 'arm'; it holds 'old'"),
        (["old,a,1,f,0,0,0,1", "new,b,1,f,0,0,0,1"], {}, r"1 only in 'old' \('a'\); 1 only in 'new' \('b'\)"),
        (["old,a,1,f,0,0,0,1", "new,a,good,f,0,0,0,1"], {}, "line 3: 'good' in column 'outcome' is not a number"),
        (["old,a,1,f,0,0,0,1", "new,a,7,f,0,0,0,1"], {}, "line 3: '7' in column 'outcome' is outside 0..1"),
        (["old,a,nan,f,0,0,0,1", "new,a,1,f,0,0,0,1"], {}, "line 2: 'nan'"),
        (["old,a,,f,0,0,0,1", "new,a,1,f,0,0,0,1"], {}, "line 2: column 'outcome' is empty"),
        (["old,a", "new,a,1,f,0,0,0,1"], {}, "line 2: column 'outcome' is empty"),
        (["old,a,1,f,0,0,0,1"] * 2 + ["new,a,1,f,0,0,0,1"], {}, "line 3: task 'a' of arm 'old' again; .*--replica"),
        (["old,a,1,f,0,0,0,1", "new,a,1,g,0,0,0,1"], {"cluster": "family"}, "several values in column 'family'"),
        (["old,a,1,f,0,0,0,1"], {"b": "old"}, "two different arms"),
    ],
)
def test_bad_tables(tmp_path: Path, rows: list[str], changes: dict[str, str], said: str) -> None:
    """Each mistake ends in one error that says what to change."""
    with pytest.raises(GateInputError, match=said):
        run_gate_csv(table(tmp_path, *rows), OPTIONS.model_copy(update=changes))


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    """Absent, empty, not UTF-8: said plainly."""
    with pytest.raises(GateInputError, match="cannot read"):
        run_gate_csv(tmp_path / "absent.csv", OPTIONS)
    empty, latin = tmp_path / "empty.csv", tmp_path / "latin.csv"
    empty.write_text("")
    latin.write_bytes("arm,task,outcome\nold,für,1\n".encode("latin-1"))
    with pytest.raises(GateInputError, match="is empty"):
        run_gate_csv(empty, OPTIONS)
    with pytest.raises(GateInputError, match="not UTF-8"):
        run_gate_csv(latin, OPTIONS)
