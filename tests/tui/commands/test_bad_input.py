"""Each kind of bad input ends in one clear error with its own exit code, and nothing that was recorded is lost."""

import json
import random
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.commands.workshop import Shell, program, serve, surroundings, write_agent

Write = Callable[[str, str], Path]


def test_unknown_agent(strop: Shell) -> None:
    """A wrong name is told with the right ones; no run is recorded."""
    told = strop.told("run", "nobody", "Hello", code=2)
    assert "'nobody'" in told
    assert "plain" in told
    assert strop.json("runs", "list")["items"] == []


def test_unknown_command_and_option(strop: Shell) -> None:
    """A wrong verb or option leads to the help of the right place."""
    assert "strop --help" in strop.told("rnu", code=2)
    assert "strop run --help" in strop.told("run", "plain", "x", "--colour", code=2)


def test_broken_yaml_is_told_with_its_line(strop: Shell, agent_file: Write) -> None:
    """The file, the line and the column of the mistake."""
    path = agent_file("broken", "name: broken\ninstructions: Hello.\n  model: [test\n")
    assert f"{path}:3:" in strop.told("run", "plain", "Hello", code=3)


def test_all_mistakes_of_a_file_are_told_at_once(strop: Shell, agent_file: Write) -> None:
    """Nobody mends a file one error at a time."""
    agent_file("odd", "name: odd\nmodle: test\nstrop: {limits: {steps: many}}\noutput_schema: {type: wrong}\n")
    told = strop.told("run", "plain", "Hello", code=3)
    for part in ("modle", "limits.steps", "output_schema", "instructions: missing"):
        assert part in told


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("strop.toml", b"[workspace\n"),
        ("strop.toml", b"[workspace]\ncolour = 1\n"),
        ("strop.toml", b'[workspace]\nname = "caf\xe9"\n'),
        ("mcp.json", b"{"),
        ("mcp.json", b"[]"),
        ("mcp.json", b'{"mcpServers": []}'),
        ("mcp.json", b'{"mcpServers": {"x": 3}}'),
        ("mcp.json", b'{"mcpServers": {"x": {}}}'),
        ("mcp.json", b'{"mcpServers": {"x": {"command": "${NOT_SET_ANYWHERE}"}}}'),
        ("mcp.json", b'{"mcpServers": {"x": {"command": "caf\xe9"}}}'),
        ("agents/latin.yaml", b"name: caf\xe9\n"),
        ("agents/list.yaml", b"- one\n- two\n"),
        ("agents/empty.yaml", b""),
        ("agents/twice.yaml", b"name: plain\ninstructions: Hello.\nmodel: test\n"),
    ],
)
def test_a_wrong_file_is_named(strop: Shell, root: Path, name: str, content: bytes) -> None:
    """Whatever is wrong with a file of the workspace: exit 3, and the file's name."""
    (root / name).write_bytes(content)
    assert name in strop.told("run", "plain", "Hello", code=3)


def test_the_record_is_read_whatever_the_files_say_today(strop: Shell, root: Path, agent_file: Write) -> None:
    """A broken definition keeps nobody from reading, judging and proving what happened before."""
    run = strop.json("run", "plain", "Hello")["run"]["id"]
    agent_file("broken", "[")
    (root / "mcp.json").write_text("{")
    assert strop.json("runs", "list")["items"][0]["id"] == run
    assert strop.json("feedback", run, "--score", "1")["feedback"] == 1
    assert strop.json("verify")["whole"]


def test_no_workspace(strop: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a workspace, and with a wrong --workspace."""
    monkeypatch.chdir(tmp_path)
    assert "strop init" in strop.told("runs", "list", code=3)
    assert "strop init" in strop.told("runs", "list", "--workspace", str(tmp_path / "nowhere"), code=3)
    file = tmp_path / "file"
    file.touch()
    assert "file" in strop.told("runs", "list", "--workspace", str(file), code=3)


def test_a_number_that_is_none(strop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment variable is checked like a file."""
    monkeypatch.setenv("STROP_THREADS", "many")
    assert "STROP_THREADS" in strop.told("runs", "list", code=3)


# --- models ------------------------------------------------------------------------------------------------------


def test_missing_key(strop: Shell, root: Path) -> None:
    """The variable to set is named; the run is on record as failed and can be resumed."""
    write_agent(root, "hosted", model="openai:gpt-5")
    told = strop.told("run", "hosted", "Hello", code=4)
    assert "OPENAI_API_KEY" in told
    run = strop.json("runs", "list")["items"][0]
    assert run["status"] == "failed"
    assert run["id"] in told


@pytest.mark.parametrize("model", ["nonsense", "nobody:gpt-5", "local:no-such-model"])
def test_a_model_that_nobody_knows(strop: Shell, root: Path, model: str) -> None:
    """A string that names no model is told with what would."""
    write_agent(root, "lost", model=model)
    assert model.removeprefix("local:") in strop.told("run", "lost", "Hello", code=4)


def test_missing_weights(strop: Shell, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that fetches them is named."""
    monkeypatch.setenv("STROP_MODELS_DIR", str(tmp_path / "empty"))
    write_agent(root, "small", model="local:smollm2-135m-instruct")
    assert "strop model pull smollm2-135m-instruct" in strop.told("run", "small", "Hello", code=4)


# --- tool servers ------------------------------------------------------------------------------------------------


def test_a_server_that_is_not_there(strop: Shell, root: Path) -> None:
    """The program that could not be started is named."""
    (root / "mcp.json").write_text('{"mcpServers": {"gone": {"command": "no-such-program"}}}')
    write_agent(root, "gone", more="strop: {tools: [{server: gone}]}\n")
    assert "no-such-program" in strop.told("run", "gone", "Hello", code=5)


def test_a_server_that_is_not_declared(strop: Shell, root: Path) -> None:
    """It is told as a mistake of the workspace, not of a server."""
    write_agent(root, "orphan", more="strop: {tools: [{server: nowhere}]}\n")
    assert "'nowhere'" in strop.told("run", "orphan", "Hello", code=3)


def test_a_server_that_dies_at_its_start(strop: Shell, root: Path) -> None:
    """The error leads to the server's own words."""
    serve(root, "stillborn")
    told = strop.told("run", "stillborn", "Hello", code=5)
    assert "server-stillborn.log" in told
    assert "the data file is missing" in (root / ".strop" / "server-stillborn.log").read_text()


def test_a_server_that_dies_in_a_call(strop: Shell, root: Path) -> None:
    """A write whose outcome nobody knows is never repeated by itself: a person decides, then the run goes on."""
    serve(root, "mortal")
    strop.told("run", "mortal", "Hello", code=5)
    run = strop.json("runs", "list")["items"][0]["id"]
    assert "strop outcome" in strop.told("resume", run, code=6)
    facts = strop.json("runs", "show", run, "--raw")
    op = next(fact["op"] for fact in facts if fact["kind"] == "tool_called")
    assert "no/such/op" in strop.told("outcome", run, "no/such/op", "--retry", "--reason", "x", code=2)
    strop("outcome", run, op, "--done", '"paid 5"', "--reason", "I asked the bank.")
    assert strop.json("resume", run)["run"]["status"] == "finished"
    assert sum(fact["kind"] == "tool_called" for fact in strop.json("runs", "show", run, "--raw")) == 1
    assert strop.json("verify")["whole"]


def test_a_tool_that_returns_ten_megabytes(strop: Shell, root: Path) -> None:
    """What the model sees and the ledger keeps is cut and says so; the run ends well."""
    serve(root, "fat")
    run = strop.json("run", "fat", "Hello")["run"]
    assert run["status"] == "finished"
    returned = [fact for fact in strop.json("runs", "show", run["id"], "--raw") if fact["kind"] == "tool_returned"]
    assert len(json.dumps(returned)) < 100_000
    assert "[cut: 10,000,000 bytes" in json.dumps(returned)
    assert (root / ".strop" / "strop.db").stat().st_size < 1_000_000


# --- the database ------------------------------------------------------------------------------------------------

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_locked_database(strop: Shell, root: Path) -> None:
    """While another process holds it: told after the waiting time, nothing written; reading goes on."""
    before = strop.json("run", "plain", "Hello")["run"]["id"]
    command = [sys.executable, "-c", HOLD, str(root / ".strop" / "strop.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert "locked" in strop.told("run", "plain", "Hello again", code=7)
        assert [run["id"] for run in strop.json("runs", "list")["items"]] == [before]
        other.communicate()
    assert strop.json("run", "plain", "Hello again")["run"]["status"] == "finished"


def test_a_full_disk(strop: Shell, root: Path) -> None:
    """When the database may not grow in the middle of a run: told once, the ledger whole, the run resumable."""
    strop("run", "plain", "Hello")
    (root / ".strop" / "strop.db-wal").unlink(missing_ok=True)
    size = (root / ".strop" / "strop.db").stat().st_size
    done = program(
        root, "run", "plain", "-", input=random.Random(7).randbytes(2 * size).hex(),  # it cannot be made small
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    assert done.stderr.startswith("error: the disk is full")
    assert strop.json("verify")["whole"]
    assert strop.json("run", "plain", "Hello")["run"]["status"] == "finished"


def test_an_unwritable_workspace(strop: Shell, root: Path) -> None:
    """A file where the database's folder should be."""
    (root / ".strop").write_text("in the way")
    assert ".strop" in strop.told("run", "plain", "Hello", code=7)


def test_a_file_that_is_no_database(strop: Shell, root: Path) -> None:
    """It is told, and left as it is."""
    (root / ".strop").mkdir()
    (root / ".strop" / "strop.db").write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    assert "not a readable SQLite database" in strop.told("runs", "list", code=7)


def test_a_damaged_ledger(strop: Shell, root: Path) -> None:
    """A changed fact is found by `verify`, which then fails."""
    strop("run", "plain", "Hello")
    with sqlite3.connect(root / ".strop" / "strop.db") as connection:
        connection.execute(
            "UPDATE events SET payload = replace(payload, 'Hello', 'Hullo') WHERE kind = 'run_started'"
        )
    report = strop.json("verify", code=7)
    assert not report["whole"]
    assert "hash" in report["problems"][0]


@pytest.mark.parametrize("url", ["nonsense", "oracle://x", "postgresql+psycopg://nobody:secret@127.0.0.1:9/none"])
def test_a_database_that_cannot_be_reached(strop: Shell, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """The place is named, a password never."""
    monkeypatch.setenv("STROP_DATABASE_URL", url)
    assert "secret" not in strop.told("runs", "list", code=7)


# --- text --------------------------------------------------------------------------------------------------------


def test_input_that_is_not_utf8(strop: Shell) -> None:
    """On standard input, with the byte; nothing is recorded."""
    assert "byte 3" in strop.told("run", "plain", "-", input=b"caf\xe9", code=2)
    assert strop.json("runs", "list")["items"] == []


def test_an_argument_that_is_not_utf8(root: Path) -> None:
    """As the shell hands it over."""
    command = [sys.executable, "-c", "from tui.cli import main; main()", "run", "plain", b"caf\xe9"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **surroundings(root))
    assert done.returncode == 2
    assert done.stderr.startswith("error: argument 3 is not UTF-8 text")


def test_empty_input(strop: Shell) -> None:
    """There is nothing to ask."""
    assert "empty" in strop.told("run", "plain", "  ", code=2)


def test_a_result_cannot_drive_the_terminal(strop: Shell, root: Path) -> None:
    """Control characters of a tool's result are shown as such, nowhere sent to the terminal."""
    serve(root, "garbled")
    streamed = strop("run", "garbled", "Hello", "--stream").stdout
    run = strop.json("runs", "list")["items"][0]["id"]
    for printed in (streamed, strop("runs", "show", run).stdout, strop("runs", "list").stdout):
        assert not {"\x1b", "\x07", "‮"} & set(printed)


def test_output_that_the_terminal_cannot_show(root: Path) -> None:
    """A terminal without UTF-8 gets signs it knows; nothing crashes in the middle of a table."""
    world = surroundings(root)
    world["env"]["PYTHONIOENCODING"] = "ascii"
    command = [sys.executable, "-c", "from tui.cli import main; main()"]
    done = subprocess.run([*command, "run", "plain", "Grüße ☃"], capture_output=True, text=True, check=False, **world)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([*command, "runs", "list"], capture_output=True, text=True, check=False, **world)
    assert done.returncode == 0
    assert "Gr\\xfc\\xdfe" in done.stdout
