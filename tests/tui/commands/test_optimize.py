"""`strop optimize` and `strop nights`: a night from the command line, stopped and gone on with."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agents.service.wire import NightView
from tests.optimizer.night_world import make_world
from tests.tui.commands.workshop import Shell, surroundings
from traces.db import open_database

COMMAND = [sys.executable, "-c", "from tui.cli import main; main()", "optimize", "desk", "--budget-rollouts", "24"]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with reviewed runs; its agent runs on the `test` model, which no prompt helps."""
    root = tmp_path / "night"
    database = open_database(f"sqlite:///{root}/.strop/strop.db")
    make_world(root, database).play(families=16, size=2)
    database.close()
    monkeypatch.chdir(root)
    return root


def test_a_night_of_an_agent_that_nobody_reviewed(strop: Shell) -> None:
    """It ends with an honest no, and costs nothing."""
    result = strop("optimize", "plain")
    assert result.stdout.startswith("NO IMPROVEMENT\n  - too few reviewed runs")
    night = NightView.model_validate(strop.json("optimize", "plain", "--budget-minutes", "1"))
    assert (night.verdict, night.rollouts, night.proposal) == ("no improvement", 0, None)
    assert strop.json("nights", "list", "plain")[0]["id"] == night.id
    shown = strop.json("nights", "show", night.id)
    assert shown["night"]["id"] == night.id
    assert shown["events"][0]["kind"] == "night_started"
    assert "NO IMPROVEMENT" in strop("nights", "show", night.id[-8:]).stdout
    asked = NightView.model_validate(strop.json("optimize", "plain", "--because", "schedule 0 2 * * *"))
    assert strop("nights", "report").stdout.startswith("# plain: no improvement\n")
    assert "- because: schedule 0 2 * * *" in strop.json("nights", "report", asked.id)["text"]


def test_what_a_night_would_learn_from(world: Path) -> None:
    """Before the first night all are new; after it each has its pool, and what a sealed one says is not shown."""
    shell = Shell(world)
    before = shell.json("examples", "list", "desk")
    assert before["pools"] == {"new": len(before["examples"])}
    shell("optimize", "desk", "--budget-rollouts", "1")
    after = shell.json("examples", "list", "desk")
    assert set(after["pools"]) == {"reflect", "select", "sealed"}
    sealed = shell.json("examples", "list", "desk", "--pool", "sealed")["examples"]
    assert len(sealed) == after["pools"]["sealed"]
    assert all("input" not in one and "expected" not in one for one in sealed)
    said = next(one["input"] for one in before["examples"] if one["id"] == sealed[0]["id"])
    shown = shell("examples", "show", "desk", sealed[0]["id"])
    assert "it is sealed" in shown.stderr
    assert said not in shown.output + shell("examples", "list", "desk").output
    exported = [json.loads(line) for line in shell("examples", "export", "desk").stdout.splitlines()]
    assert len(exported) == len(after["examples"]) - len(sealed)
    assert exported[0]["input"] in shell("examples", "show", "desk", exported[0]["run"]).stdout
    shell.told("examples", "show", "desk", "ex_none", code=7)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_stopped_night_goes_on(world: Path, sent: signal.Signals, code: int) -> None:
    """The same command ends it; no recorded rollout is run a second time."""
    shell = Shell(world)
    with subprocess.Popen(COMMAND, stderr=subprocess.PIPE, text=True, **surroundings(world)) as process:
        assert process.stderr is not None
        told = ""
        while "rollout_scored" not in str(_kinds(shell)) and process.poll() is None:
            told += process.stderr.readline()
        process.send_signal(sent)
        told += process.stderr.read()
    assert process.returncode == code, told
    if sent == signal.SIGINT:
        assert "strop optimize desk" in told.splitlines()[-1]
        assert "Traceback" not in told
    open_night = shell.json("nights", "list")[0]
    assert open_night["verdict"] is None
    night = NightView.model_validate(shell.json("optimize", "desk"))
    assert (night.id, night.proposal) == (open_night["id"], None)
    kinds = _kinds(shell)
    assert kinds.count("night_started") == 1
    assert kinds.count("night_resumed") == 1
    scored = [
        fact["op"] for fact in shell.json("nights", "show", night.id)["events"] if fact["kind"] == "rollout_scored"
    ]
    assert len(scored) == len(set(scored))
    assert shell.json("verify")["whole"]


def _kinds(shell: Shell) -> list[str]:
    """What is on record of the newest night."""
    nights = shell.json("nights", "list")
    if not nights:
        return []
    return [fact["kind"] for fact in shell.json("nights", "show", nights[0]["id"])["events"]]


@pytest.mark.parametrize("option", [["--budget-minutes", "0"], ["--strategy", "luck"], ["--size", "huge"]])
def test_a_budget_that_is_none(strop: Shell, option: list[str]) -> None:
    """It is told before anything is spent."""
    strop.told("optimize", "plain", *option, code=2)
    assert strop.json("nights", "list") == []


def test_an_unknown_agent(strop: Shell) -> None:
    """With the names there are."""
    assert "plain" in strop.told("optimize", "nobody", code=2)
