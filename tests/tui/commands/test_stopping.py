"""Ctrl-C and kill -9 in the middle of a run: the exit code, what to do next, and nothing asked twice."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.tui.commands.workshop import Shell, serve, surroundings, write_agent

PROGRAM = [sys.executable, "-c", "from tui.cli import main; main()"]


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_run_stopped_in_a_call_goes_on(strop: Shell, root: Path, sent: signal.Signals, code: int) -> None:
    """Stopped while its tool is at work, the run is resumed behind the recorded model reply."""
    pipe = root / "pipe"
    os.mkfifo(pipe)
    serve(root, "slow", env={"PIPE": str(pipe)})
    command = [*PROGRAM, "run", "slow", "Hello"]
    world = surroundings(root)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **world) as process:
        threading.Thread(target=_open_when_it_ends, args=(process, pipe), daemon=True).start()
        with pipe.open("w"):  # opens when the tool has opened its end: then the call is under way
            process.send_signal(sent)
            told = process.communicate()[1]
    assert process.returncode == code, told
    run = strop.json("runs", "list")["items"][0]
    assert run["status"] == "running"
    if sent == signal.SIGINT:
        assert f"strop resume {run['id']}" in told
        assert "Traceback" not in told
    _free_leases(root)
    (root / "mcp.json").write_text((root / "mcp.json").read_text().replace(str(pipe), str(root / "file")))
    (root / "file").write_text("the answer")
    detail = strop.json("resume", run["id"])
    assert detail["run"]["status"] == "finished"
    assert "the answer" in str(detail["answer"])
    report = strop.json("verify")
    assert (report["whole"], report["model_replies"]) == (True, 2)


def test_a_run_cancelled_from_another_process(strop: Shell, root: Path) -> None:
    """Who works on it hears of it and stops; the run stays cancelled, and its ledger whole."""
    pipe = root / "pipe"
    os.mkfifo(pipe)
    serve(root, "slow", env={"PIPE": str(pipe)})
    command = [*PROGRAM, "run", "slow", "Hello"]
    world = surroundings(root)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **world) as process:
        threading.Thread(target=_open_when_it_ends, args=(process, pipe), daemon=True).start()
        with pipe.open("w"):
            run = strop.json("runs", "list")["items"][0]["id"]
            assert strop.json("cancel", run, "--reason", "not needed")["run"]["status"] == "cancelled"
            told = process.communicate()[1]
    assert process.returncode == 1
    assert told.startswith(f"error: run {run} was cancelled")
    assert strop.json("runs", "show", run)["run"]["status"] == "cancelled"
    assert strop.json("verify")["whole"]


def _open_when_it_ends(process: "subprocess.Popen[str]", pipe: Path) -> None:
    """A run that ends before its call must not leave the test waiting at the pipe."""
    process.wait()
    os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))


def _free_leases(root: Path) -> None:
    """What the passing of the lease time does for a worker that was killed."""
    import sqlite3

    with sqlite3.connect(root / ".strop" / "strop.db") as connection:
        connection.execute("DELETE FROM leases")


def test_a_closed_pipe_is_no_error(root: Path) -> None:
    """`strop … | head` ends quietly."""
    command = " ".join(f"'{part}'" for part in [*PROGRAM, "version"])
    done = subprocess.run(
        ["bash", "-c", f"{command} | true; exit ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, check=False, **surroundings(root),
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "error" not in done.stderr


@pytest.mark.model
def test_an_engine_at_work_does_not_spoil_the_exit_code(root: Path) -> None:
    """A run whose time is up ends with its own code, though the embedded engine is still reading the prompt."""
    from agents.config import models_dir
    from agents.models.weights import find_weights

    if find_weights("smollm2-135m-instruct", models_dir()) is None:
        pytest.skip("the weights of smollm2-135m-instruct are not here: strop model pull smollm2-135m-instruct")
    more = "strop: {limits: {seconds: 4}}\nmodel_settings: {max_tokens: 4000}\n"
    write_agent(root, "small", model="local:smollm2-135m-instruct", more=more)
    world = surroundings(root)
    command = [*PROGRAM, "run", "small", "Write a very long story about the sea."]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **world)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("error: the time of run ")
    assert "FATAL" not in done.stderr
