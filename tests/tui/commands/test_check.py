"""`strop check` and bundles as files: prompts reviewed and tested like code."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.tui.commands.workshop import Shell, write_agent


@pytest.fixture
def tasks(root: Path) -> Path:
    """Two tasks of the agent `plain`: its model gets one right, and never the other."""
    path = root / "tasks" / "plain.jsonl"
    path.parent.mkdir()
    schema = "output_schema: {type: object, properties: {team: {type: string, enum: [a, b]}}, required: [team]}\n"
    write_agent(root, "plain", more=schema + "strop: {metric: {kind: fields, fields: {team: {weight: 1}}}}\n")
    rows = [
        {"id": "t-1", "family": "one", "split": "dev", "turns": ["Hi"], "expected": {"output": {"team": "a"}}},
        {"id": "t-2", "family": "two", "split": "heldout", "turns": ["Hi"], "expected": {"output": {"team": "b"}}},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_check_fails_below_its_bar(strop: Shell, root: Path, tasks: Path) -> None:
    """It names the wrong task and its run, writes JUnit XML, and its exit code is for CI; nothing becomes live."""
    report = root / "report.xml"
    result = strop("check", "plain", "--junit", str(report), code=1)
    assert "t-2  0.00" in result.stdout
    assert "1 of 2 right, mean 0.500: FAILED" in result.stdout
    suite = ET.parse(report).getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    wrong = suite.findall("testcase")[1]
    assert (wrong.get("name"), wrong.get("classname")) == ("t-2", "plain.two")
    assert wrong.find("failure") is not None
    assert strop.json("check", "plain", "--least", "0.5")["passed"]
    assert strop.json("check", "plain", "--split", "dev")["right"] == 1
    assert strop.json("bundles", "list", "plain")[0]["state"] == "draft"


def test_two_versions_are_compared_in_pairs(strop: Shell, root: Path, tasks: Path) -> None:
    """The same tasks on both; equal versions differ by nothing, and that is no failure."""
    strop("run", "plain", "Hi")
    told = strop("check", "plain", "--against", "live").stdout
    assert "1 of 2 right, mean 0.500: passed" in told
    facts = strop.json("check", "plain", "--against", "live")
    assert (facts["evidence"]["n"], facts["evidence"]["delta"]) == (2, 0.0)
    assert facts["evidence"]["verdict"] != "better"


def test_the_same_name_goes_on_with_what_is_on_record(strop: Shell, tasks: Path) -> None:
    """A named check that was stopped asks no model again; without a name it is a new one."""
    first = strop.json("check", "plain", "--name", "nightly", code=1)
    again = strop.json("check", "plain", "--name", "nightly", code=1)
    assert first["tasks"] == again["tasks"]
    fresh = strop.json("check", "plain", code=1)
    assert fresh["tasks"][0]["run_id"] != first["tasks"][0]["run_id"]


def test_what_cannot_be_checked_is_told(strop: Shell, root: Path, tasks: Path) -> None:
    """No tasks, no live version, two versions named, another agent's version, an unknown agent."""
    write_agent(root, "bare")
    assert "tasks/bare.jsonl" in strop.told("check", "bare", code=2)
    assert "serves yet" in strop.told("check", "plain", "--live", code=2)
    strop("run", "bare", "Hi")
    other = strop.json("bundles", "list", "bare")[0]["digest"]
    assert "of agent 'bare'" in strop.told("check", "plain", "--bundle", other, code=2)
    assert "two versions" in strop.told("check", "plain", "--bundle", other, "--live", code=2)
    strop.told("check", "nobody", code=2)


def test_a_version_goes_out_as_a_file_and_comes_back(strop: Shell, root: Path) -> None:
    """Unchanged it is the version that is here; edited it is a draft whose parent is that version."""
    strop("run", "plain", "Hi")
    (live,) = strop.json("bundles", "list", "plain")
    path = root / "plain.bundle.yaml"
    strop("bundles", "export", live["digest"][7:19], "-o", str(path))
    assert "was here already" in strop("bundles", "import", str(path)).stderr
    path.write_text(path.read_text().replace("Be helpful.", "Be helpful and brief."), encoding="utf-8")
    draft = strop.json("bundles", "import", str(path))
    assert (draft["parent"], draft["state"], draft["author"]) == (live["digest"], "draft", "m.keller")
    assert strop("bundles", "export", draft["digest"]).stdout.startswith("format: strop-bundle/1\n")
    assert len(strop.json("bundles", "list", "plain")) == 2
    path.write_bytes(b"\xff\xfe")
    strop.told("bundles", "import", str(path), code=2)
