"""Running, reading the record, judging: what a person does all day."""

import json
import re
from pathlib import Path

import pytest

from agents.service.wire import RunDetail, RunPage, RunView
from tests.tui.commands.workshop import Shell, serve, write_agent

ANSWER = "success (no tool calls)"


def ran(strop: Shell, text: str = "Hello") -> str:
    """The id of a fresh run of `plain`."""
    return str(strop.json("run", "plain", text)["run"]["id"])


def test_the_answer_is_on_stdout_and_the_figures_beside_it(strop: Shell) -> None:
    """A pipe gets the answer alone; the id, the tokens, the cost and the time are said on stderr."""
    result = strop("run", "plain", "Hello")
    assert result.stdout == f"{ANSWER}\n"
    assert re.search(r"run_\w+  finished  1 step  0 tool calls  \d+>\d+ tokens  cost -  \d", result.stderr)


def test_json_is_the_shape_of_the_service(strop: Shell) -> None:
    """`--json` prints what the HTTP service would answer."""
    detail = RunDetail.model_validate(strop.json("run", "plain", "Hello"))
    assert detail.answer == ANSWER
    assert RunPage.model_validate(strop.json("runs", "list")).items == [detail.run]
    assert RunDetail.model_validate(strop.json("runs", "show", detail.run.id)) == detail


def test_input_from_a_pipe(strop: Shell) -> None:
    """`-` reads all of standard input, a byte order mark left out."""
    run = json.loads(strop("run", "plain", "-", "--json", input="﻿Grüße\naus Köln".encode()).stdout)["run"]
    assert run["input"] == "Grüße aus Köln"


def test_streaming_shows_text_once_and_each_call(strop: Shell, root: Path) -> None:
    """What was streamed is not printed a second time; calls and results stand between."""
    assert strop("run", "plain", "Hello", "--stream").stdout.count(ANSWER) == 1
    serve(root, "garbled")
    shown = strop("run", "garbled", "Hello", "--stream").stdout
    assert "say {}" in shown
    assert "say: before" in shown


def test_a_conversation_goes_on(strop: Shell) -> None:
    """The second turn belongs to the first one's conversation."""
    first = strop.json("run", "plain", "Hello")["run"]
    second = strop.json("run", "plain", "And then?", "--conversation", first["conversation_id"])["run"]
    assert second["conversation_id"] == first["conversation_id"]
    assert second["input_tokens"] > first["input_tokens"]


def test_delegation_is_one_record(strop: Shell, root: Path) -> None:
    """The run that was handed over is shown below the one that handed it over."""
    write_agent(root, "boss", more="strop: {delegates: [{agent: plain, tool: ask, description: Ask plain.}]}\n")
    detail = strop.json("run", "boss", "Hello")
    child = detail["children"][0]
    assert child["agent"] == "plain"
    assert child["parent_run_id"] == detail["run"]["id"]
    shown = strop("runs", "show", detail["run"]["id"]).stdout
    assert "delegated to plain" in shown
    assert child["id"] in shown


def test_the_whole_trace_as_text(strop: Shell, root: Path) -> None:
    """Input, calls, results, feedback and answer can be read without the terminal app."""
    serve(root, "garbled")
    run = strop.json("run", "garbled", "What now?")["run"]["id"]
    strop("feedback", run, "--score", "0", "--comment", "It should have waited.")
    shown = strop("runs", "show", run).stdout
    for part in (
        "What now?",
        "calls say",
        "say returned",
        "answer",
        "feedback of m.keller",
        "It should have waited.",
    ):
        assert part in shown


def test_raw_is_every_fact(strop: Shell) -> None:
    """The facts as they are recorded, in order, none left out."""
    facts = strop.json("runs", "show", ran(strop), "--raw")
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))
    assert [fact["kind"] for fact in facts] == ["run_started", "model_requested", "model_replied", "run_finished"]


def test_a_list_comes_in_pages(strop: Shell) -> None:
    """Pages joined are the whole list, newest first; the next command is told."""
    runs = [ran(strop, f"number {number}") for number in range(5)]
    first = strop.json("runs", "list", "--limit", "3")
    rest = strop.json("runs", "list", "--limit", "3", "--after", first["after"])
    assert [run["id"] for run in first["items"] + rest["items"]] == runs[::-1]
    assert f"--after {first['after']}" in strop("runs", "list", "--limit", "3").stderr


def test_a_list_is_filtered(strop: Shell) -> None:
    """The filter language of the service, quoted or not."""
    run = ran(strop)
    ran(strop, "something else")
    strop("feedback", run, "--score", "0.25")
    assert [found["id"] for found in strop.json("runs", "list", "score<0.5", "agent:plain")["items"]] == [run]
    assert strop.json("runs", "list", "agent:other")["items"] == []


def test_resume_of_a_finished_run_asks_nothing(strop: Shell) -> None:
    """Its answer is given again from the record."""
    run = ran(strop)
    assert strop("resume", run).stdout == f"{ANSWER}\n"
    assert strop.json("verify")["model_replies"] == 1


def test_a_failed_run_goes_on_when_the_cause_is_gone(
    strop: Shell, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that failed for want of its server is finished by `resume` once the server is there."""
    serve(root, "garbled")
    declared = (root / "mcp.json").read_text()
    (root / "mcp.json").write_text('{"mcpServers": {"garbled": {"command": "no-such-program"}}}')
    strop.told("run", "garbled", "Hello", code=5)
    (root / "mcp.json").write_text(declared)
    run = strop.json("runs", "list")["items"][0]["id"]
    assert strop.json("resume", run)["run"]["status"] == "finished"


def test_a_failure_is_json_too(strop: Shell, root: Path) -> None:
    """With --json a run that failed is printed as well, and the error told beside it."""
    write_agent(root, "hosted", model="openai:gpt-5")
    result = strop("run", "hosted", "Hello", "--json", code=4)
    assert json.loads(result.stdout)["run"]["status"] == "failed"
    assert result.stderr.startswith("error: ")


def test_cancel(strop: Shell, root: Path) -> None:
    """A run that waits is stopped for good; one that ended stays as it is."""
    serve(root, "mortal")
    strop.told("run", "mortal", "Hello", code=5)
    run = strop.json("runs", "list")["items"][0]["id"]
    strop.told("resume", run, code=6)
    assert strop.json("cancel", run, "--reason", "not needed")["run"]["status"] == "cancelled"
    assert "was cancelled" in strop.told("resume", run, code=2)
    done = ran(strop)
    assert strop.json("cancel", done)["run"]["status"] == "finished"


def test_a_run_is_named_by_a_part_of_its_id(strop: Shell) -> None:
    """Its last characters are enough where they mean one run; where they mean several, that is said."""
    run = ran(strop)
    assert strop.json("runs", "show", run[-8:])["run"]["id"] == run
    ran(strop)
    assert "several" in strop.told("runs", "show", "run_", code=7)


# --- feedback ----------------------------------------------------------------------------------------------------


def test_feedback_of_every_kind(strop: Shell, root: Path) -> None:
    """Score, label, comment and correction are one judgement with the name of who gave it."""
    run = ran(strop)
    right = root / "right.json"
    right.write_text('{"team": "Heron"}')
    strop(
        "feedback",
        run,
        "--score",
        "0",
        "--label",
        "wrong team",
        "--comment",
        "Fixed risks.",
        "--correction",
        f"@{right}",
    )
    view = RunView.model_validate(strop.json("feedback", run[-8:], "--correction", "Heron", "--by", "a.weiss"))
    assert (view.feedback, view.score) == (2, 0)
    first, second = (
        fact["data"] for fact in strop.json("runs", "show", run, "--raw") if fact["kind"] == "feedback_given"
    )
    assert first["correction"] == {"team": "Heron"}
    assert first["provenance"]["by"] == "m.keller"
    assert (second["correction"], second["provenance"]["by"]) == ("Heron", "a.weiss")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ([], "says nothing"),
        (["--score", "2"], "0<=x<=1"),
        (["--correction", "{broken"], "not JSON"),
        (["--correction", "@nowhere.json"], "nowhere.json"),
        (["--score", "1", "--op", "no/such/op"], "no/such/op"),
    ],
)
def test_feedback_that_says_nothing_useful_is_refused(strop: Shell, options: list[str], word: str) -> None:
    """Nothing is written then."""
    run = ran(strop)
    result = strop("feedback", run, *options, code=7 if "--op" in options else 2)
    assert word in result.stderr
    assert strop.json("runs", "show", run)["run"]["feedback"] == 0


def test_costs_are_added_up(strop: Shell) -> None:
    """By agent in words, by model as JSON; what has no price is said, never shown as free."""
    strop("run", "plain", "Hello")
    assert "1 without a known price" in strop("costs").stdout
    (row,) = strop.json("costs", "agent:plain", "--by", "model")
    assert (row["name"], row["count"], row["unpriced"]) == ("test", 1, 1)
    assert strop.json("costs", "agent:nobody") == []


def test_two_runs_side_by_side(strop: Shell) -> None:
    """`runs diff` names the first difference, as text and as JSON."""
    one, other = ran(strop, "Hello"), ran(strop, "Good evening")
    told = strop.json("runs", "diff", one, other)
    assert (told["first"]["kind"], told["first"]["differences"][0]["path"]) == ("run_started", "input")
    shown = strop("runs", "diff", one, other)
    assert "first difference: run_started: input" in shown.stderr
    assert "~" in shown.stdout
    assert "no difference" in strop("runs", "diff", one, one).stderr
