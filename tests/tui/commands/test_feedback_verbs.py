"""Feedback by hand over many runs: outcomes from a file, agreement, signals, corrections field by field."""

import json
from pathlib import Path

from tests.tui.commands.workshop import Shell


def asked(strop: Shell, text: str, conversation: str = "c-1") -> str:
    """The id of a run of `plain`."""
    return str(strop.json("run", "plain", text, "--conversation", conversation)["run"]["id"])


def test_outcomes_are_imported_from_both_kinds_of_file(strop: Shell, tmp_path: Path) -> None:
    """What is known is left alone; what is not on record is named; a wrong row is told with its number."""
    run_id = asked(strop, "hello")
    table = tmp_path / "outcomes.csv"
    table.write_text("conversation_id,outcome,score\nc-1,refunded,0\nc-9,refunded,0\n")
    lines = tmp_path / "outcomes.jsonl"
    lines.write_text(json.dumps({"conversation": "c-1", "outcome": "refunded", "score": 0}) + "\n")
    told = strop.json("outcomes", "import", str(table))
    assert (told["recorded"], told["known"], told["unknown"]) == (1, 0, ["c-9"])
    assert strop.json("outcomes", "import", str(lines))["known"] == 1
    assert [one["id"] for one in strop.json("runs", "list", "outcome:refunded")["items"]] == [run_id]
    lines.write_text('{"outcome": "x"}\n')
    assert "row 1" in strop.told("outcomes", "import", str(lines), code=2)
    lines.write_text("[]\n")
    strop("outcomes", "import", str(lines), code=2)


def test_reviewers_and_their_edits(strop: Shell) -> None:
    """Two reviewers, one field; what they do not agree on is listed."""
    run_id = asked(strop, "hello")
    assert strop.json("agreement")["runs"] == 0
    strop("feedback", run_id, "--set", "=bridge", "--by", "ann", "--outcome", "complained")
    strop("feedback", run_id, "--score", "1", "--by", "bob")
    strop("feedback", run_id, "--set", "bridge", code=2)
    found = strop.json("agreement")
    assert (found["runs"], found["agreed"]) == (1, 0)
    assert f"{run_id}  ann: wrong, bob: right" in strop("agreement").stdout
    given = next(
        one["data"] for one in strop.json("runs", "show", run_id, "--raw") if one["kind"] == "feedback_given"
    )
    assert given["edits"][0]["right"] == given["correction"] == "bridge"


def test_a_judgement_is_taken_back(strop: Shell) -> None:
    """One's newest, or the one that is named; with a judgement beside it the command does nothing."""
    run_id = asked(strop, "hello")
    strop("feedback", run_id, "--score", "0", "--label", "rude")
    strop("feedback", run_id, "--score", "1", "--undo", code=2)
    assert strop.json("feedback", run_id, "--undo", "--comment", "wrong run")["feedback"] == 0
    assert "judgement of 'm.keller'" in strop.told("feedback", run_id, "--undo", code=7)
    assert strop.json("runs", "list", "label:rude")["items"] == []
    assert "m.keller took a judgement back" in strop("runs", "show", run_id).stdout


def test_signals_are_looked_for(strop: Shell) -> None:
    """Said again in the same words: a retry."""
    run_id = asked(strop, "when are you open on Friday")
    asked(strop, "When are you open on Friday?")
    assert [(one["run"], one["signal"]) for one in strop.json("signals")] == [(run_id, "retry")]
    assert strop.json("signals") == []
    assert [one["id"] for one in strop.json("runs", "list", "signal:retry")["items"]] == [run_id]
