"""The doctor: each fault of a workspace is found, in one pass, with how to mend it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from agents.config import load_workspace
from agents.doctor import Check, examine, find_circle
from agents.prompts.decisions import approve, move
from agents.prompts.store import add_bundle
from agents.review import change_governance
from agents.scaffold import write_workspace
from agents.selection import live_bundle, own_bundle
from traces.db import open_database
from traces.provenance import Provenance
from traces.recorder import Recorder

ME = Provenance(by="m.keller", reason="a test", role="approver")
MACHINE = Provenance(by="optimizer", actor="machine")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound workspace on a model that needs no weights."""
    write_workspace(tmp_path / "ws")
    monkeypatch.setenv("STROP_MODEL", "test")
    return tmp_path / "ws"


def agent(root: Path, name: str = "hello", **strop: Any) -> None:
    """agents/NAME.yaml with this `strop:` block."""
    text = f"name: {name}\ninstructions: Hello.\nstrop: {json.dumps(strop)}\n"
    (root / "agents" / f"{name}.yaml").write_text(text)


def mcp(root: Path, **servers: Any) -> None:
    """mcp.json."""
    (root / "mcp.json").write_text(json.dumps({"mcpServers": servers}))


def faults(root: Path, *, online: bool = False) -> list[Check]:
    """What is not ok."""
    return [check for check in examine(root, online=online) if check.level != "ok"]


def only(root: Path, *, online: bool = False) -> Check:
    """The one fault."""
    found = faults(root, online=online)
    assert len(found) == 1, found
    return found[0]


def test_a_sound_workspace(root: Path) -> None:
    """Nothing is wrong, everything was looked at."""
    checks = list(examine(root, online=True))
    assert {check.level for check in checks} == {"ok"}
    looked_at = " ".join(check.subject for check in checks)
    for subject in (
        "python",
        "packages",
        "strop.toml",
        "mcp.json",
        "hello.yaml",
        "cafe",
        "model",
        "database",
        "disk",
        "live",
    ):
        assert subject in looked_at


def test_one_mistake_does_not_hide_another(root: Path) -> None:
    """A broken server file and two broken agents: all told, and the database still looked at."""
    (root / "mcp.json").write_text("{")
    (root / "agents" / "one.yaml").write_text("name: one\nmodle: x\n")
    (root / "agents" / "two.yaml").write_text("[")
    found = faults(root)
    assert {check.subject for check in found} >= {"mcp.json", "agents/one.yaml", "agents/two.yaml"}
    assert sum(check.subject == "agents/one.yaml" for check in found) == 2
    assert any(check.subject == "database" for check in examine(root))


def test_no_agent(root: Path) -> None:
    """A workspace for nobody."""
    (root / "agents" / "hello.yaml").unlink()
    mcp(root)
    assert only(root).subject == "agents/"


def test_an_agent_under_another_ending(root: Path) -> None:
    """A file that is not read is told."""
    (root / "agents" / "other.yml").write_text("name: other\ninstructions: Hello.\n")
    assert only(root).level == "warn"


def test_tasks_are_read_as_a_check_reads_them(root: Path) -> None:
    """How many, which line is broken, and a file that belongs to nobody."""
    tasks = root / "tasks"
    tasks.mkdir(exist_ok=True)
    good = '{"id": "a", "family": "f", "split": "dev", "turns": ["Hello"], "expected": {}}'
    (tasks / "hello.jsonl").write_text(good + "\n")
    assert [check.message for check in examine(root) if check.subject == "tasks/hello.jsonl"] == ["1 tasks"]
    (tasks / "hello.jsonl").write_text(good + '\n{"id": "b')
    broken = only(root)
    assert (broken.level, broken.subject, broken.hint) == ("fail", "tasks/hello.jsonl", "Mend that line.")
    assert broken.message.startswith("2: ")
    (tasks / "hello.jsonl").write_text(good)
    (tasks / "hello.jsonl").rename(tasks / "helo.jsonl")
    assert "no agent is called 'helo'" in only(root).message


def test_no_strop_toml(tmp_path: Path) -> None:
    """It is the first thing that is needed."""
    found = [check for check in examine(tmp_path) if check.level == "fail"]
    assert [check.subject for check in found] == ["strop.toml"]
    assert "strop init" in found[0].hint


def test_a_server_that_nobody_declares(root: Path) -> None:
    """The declared ones are named; one that nobody uses is a warning."""
    agent(root, tools=[{"server": "kafe"}])
    wrong, spare = faults(root)
    assert ("'kafe'" in wrong.message, "cafe" in wrong.hint) == (True, True)
    assert (spare.level, "'cafe'" in spare.message) == ("warn", True)


def test_effects_outside_of_allow(root: Path) -> None:
    """A policy without effect is a warning."""
    agent(root, tools=[{"server": "cafe", "allow": ["find_dish"], "effects": {"book_table": "write"}}])
    assert (only(root).level, "'book_table'" in only(root).message) == ("warn", True)


def test_delegates_that_are_not_there_or_go_round(root: Path) -> None:
    """A circle is drawn."""
    here = {"tool": "ask", "description": "Ask."}
    agent(root, "hello", tools=[{"server": "cafe"}], delegates=[{"agent": "nobody", **here}])
    assert "'nobody'" in only(root).message
    agent(root, "hello", tools=[{"server": "cafe"}], delegates=[{"agent": "other", **here}])
    agent(root, "other", delegates=[{"agent": "hello", **here}])
    assert "hello -> other -> hello" in only(root).message


@pytest.mark.parametrize(
    ("edges", "circle"),
    [
        ({}, []),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, []),
        ({"a": ["a"]}, ["a", "a"]),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, ["b", "c", "b"]),
        ({"a": ["x"]}, []),
    ],
)
def test_find_circle(edges: dict[str, list[str]], circle: list[str]) -> None:
    """Diamonds are no circles; one's own name is."""
    assert find_circle(edges) == circle


def test_a_program_or_a_file_that_is_not_there(root: Path) -> None:
    """Told without starting anything."""
    mcp(root, cafe={"command": "no-such-program"})
    assert "'no-such-program'" in only(root).message
    mcp(root, cafe={"command": sys.executable, "args": ["sevrer.py"]})
    assert "'sevrer.py'" in only(root).message
    mcp(root, cafe={"url": "http://127.0.0.1:9/mcp"})
    assert faults(root) == []


def test_online_a_server_that_dies(root: Path) -> None:
    """The last words it wrote are in the hint."""
    mcp(root, cafe={"command": sys.executable, "args": ["-c", "import sys; sys.exit('no data here')"]})
    found = only(root, online=True)
    assert (found.subject, found.level) == ("server cafe", "fail")
    assert "no data here" in found.hint


def test_online_names_that_the_server_does_not_offer(root: Path) -> None:
    """In `allow` and in `effects`; the right ones are listed."""
    agent(root, tools=[{"server": "cafe", "allow": ["find_dish", "find_drink"]}])
    assert ("'find_drink'" in only(root, online=True).message, "opening_hours" in only(root, online=True).hint) == (
        True,
        True,
    )
    agent(root, tools=[{"server": "cafe", "effects": {"find_drink": "read"}}])
    assert "'find_drink'" in only(root, online=True).message


def test_models(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is missing, weights that are missing or too short, a name that is none."""
    monkeypatch.setenv("STROP_MODELS_DIR", str(tmp_path / "weights"))
    monkeypatch.setenv("STROP_MODEL", "openai:gpt-5")
    assert "OPENAI_API_KEY" in only(root).message
    monkeypatch.setenv("STROP_MODEL", "local:smollm2-135m-instruct")
    assert "strop model pull smollm2-135m-instruct" in only(root).hint
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "smollm2-135m-instruct.gguf").write_bytes(b"GGUF")
    assert "98,362,432" in only(root).message
    monkeypatch.setenv("STROP_MODEL", "local:none-such")
    assert "none-such" in only(root).message


def test_models_that_are_asked_besides(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a fallback and of a route are looked at too, and the line says whose they are and what for."""
    monkeypatch.setenv("STROP_MODEL", "test")
    agent(root, asking={"fallback": ["local:none-such"], "routes": [{"model": "openai:gpt-5", "when": "^hi"}]})
    found = {one.subject: one for one in examine(root) if one.level == "fail"}
    assert found.keys() == {"model local:none-such", "model openai:gpt-5"}
    users = [one.message for one in examine(root) if one.subject == "model test"]
    assert users == ["for hello"]


def test_a_database_that_cannot_be_used(root: Path) -> None:
    """A file in the way of its folder."""
    (root / ".strop").write_text("in the way")
    assert (only(root).subject, ".strop" in only(root).message) == ("database", True)


def test_an_edited_file_and_the_version_that_serves(root: Path) -> None:
    """While nobody decided, the next run takes the file; behind a decision it waits, and that is a warning."""
    live = _live(root)
    agent(root, tools=[{"server": "cafe"}])
    assert "the next run takes it" in live(None)
    assert faults(root) == []
    agent(root, tools=[{"server": "cafe"}], rules=["Be short."])
    _approve(root)
    assert faults(root) == []
    agent(root, tools=[{"server": "cafe"}], rules=["Be long."])
    assert "strop adopt hello" in only(root).hint


def _live(root: Path) -> Any:
    """Takes the file up, as a first run does; gives a way to ask what the doctor says of it."""
    workspace = load_workspace(root)
    database = open_database(workspace.database_url)
    with database.writing() as session:
        live_bundle(session, Recorder(database), workspace, workspace.agent("hello"))
    database.close()
    return lambda _: next(check.message for check in examine(root) if check.subject == "live hello")


def _approve(root: Path) -> None:
    """A proposal on the file's version, approved by a person."""
    workspace = load_workspace(root)
    database = open_database(workspace.database_url)
    recorder = Recorder(database)
    with database.writing() as session:
        live = live_bundle(session, recorder, workspace, workspace.agent("hello")).digest
        better = own_bundle(workspace, workspace.agent("hello")).with_(instructions="Hello, and welcome.")
        digest = add_bundle(session, better, author="optimizer", author_kind="machine")
        found = {"incumbent": live}
        move(session, recorder, digest, "evaluated", MACHINE, evidence="sha256:e", detail=found)
        move(session, recorder, digest, "proposed", MACHINE, detail=found)
        approve(session, recorder, digest, ME)
    database.close()


def test_rules_that_the_file_asks_for_in_vain(root: Path) -> None:
    """What is in force is on record; the doctor names what differs, and who can change it."""
    workspace = load_workspace(root)
    database = open_database(workspace.database_url)
    boss = Provenance(by="root", reason="four eyes", role="admin")
    rules = workspace.governance.rules_for("hello").model_copy(update={"approvals": 2})
    change_governance(Recorder(database), "hello", rules, boss)
    database.close()
    found = only(root)
    assert (found.level, found.subject) == ("warn", "rules hello")
    assert "approvals" in found.message
    assert "strop governance adopt hello" in found.hint
