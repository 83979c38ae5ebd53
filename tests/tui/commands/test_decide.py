"""A person decides what is live: proposals are read, approved, rejected, rolled back, and the file adopted."""

from pathlib import Path
from typing import Any

import pytest

from agents.config import load_workspace
from agents.prompts.decisions import move
from agents.prompts.store import add_bundle, get_bundle
from agents.selection import own_bundle
from agents.service.wire import BundleView, ProposalView
from tests.tui.commands.workshop import Shell, write_agent
from traces.db import open_database
from traces.provenance import Provenance
from traces.recorder import Recorder

BETTER = "Be helpful. Answer in one sentence."


@pytest.fixture
def proposed(strop: Shell, root: Path) -> str:
    """The digest of a version of `plain` that the optimizer proposed, after the agent ran once."""
    strop("run", "plain", "Hello")
    workspace = load_workspace(root)
    database = open_database(workspace.database_url)
    recorder = Recorder(database)
    machine = Provenance(by="optimizer", actor="machine")
    live = strop.json("agents")[0]["live"]
    run = strop.json("runs", "list")["items"][0]["id"]
    flip = {
        "example": "e1",
        "input": "Hello",
        "expected": "hi",
        "before": "success",
        "after": "hi",
        "run_before": run,
    }
    detail = {"incumbent": live, "summary": "it is shorter", "got_better": [flip]}
    with database.writing() as session:
        bundle = own_bundle(workspace, workspace.agent("plain")).with_(instructions=BETTER)
        digest = add_bundle(session, bundle, author="optimizer", author_kind="machine", parent=live, note="shorter")
        move(session, recorder, digest, "evaluated", machine, evidence="sha256:e")
        move(session, recorder, digest, "proposed", machine, detail=detail)
        assert get_bundle(session, digest).state == "proposed"
    database.close()
    return digest


def live(strop: Shell) -> str:
    """The digest that serves `plain`."""
    return str(strop.json("agents")[0]["live"])


def test_both_transcripts_of_an_example(strop: Shell, proposed: str) -> None:
    """What tells them apart, then one after the other; a run that left none says so; other names are refused."""
    told = strop.json("proposals", proposed[7:19], "--example", "e1")
    assert (told["expected"], told["before"]["answer"], told["after"]["run"]) == ("hi", "success", None)
    assert told["before"]["events"][0]["kind"] == "run_started"
    assert [one["told"] for one in told["findings"]] == ["after: no answer"]
    shown = strop("proposals", proposed[7:19], "--example", "e1").stdout
    assert "got better: e1" in shown
    assert "no transcript of this run is on record" in shown
    assert "disagree on: e1" in strop.told("proposals", proposed[7:19], "--example", "e2", code=7)
    strop("proposals", "--example", "e1", code=2)


def test_a_proposal_is_read_then_approved_then_rolled_back(strop: Shell, proposed: str) -> None:
    """The next run uses the approved version; the one after the roll-back the old one again."""
    old = live(strop)
    assert ProposalView.model_validate(strop.json("proposals")[0]).bundle.digest == proposed
    shown = strop("proposals", proposed[7:19]).stdout
    assert "one" in shown
    assert "sentence." in shown
    strop("approve", proposed[7:19], "--reason", "It is shorter and as right.")
    assert live(strop) == proposed
    assert strop.json("run", "plain", "Hello")["run"]["bundle"] == proposed
    assert strop.json("proposals") == []
    strop("rollback", "plain", "--reason", "Customers miss the details.")
    assert live(strop) == old
    assert strop.json("run", "plain", "Hello")["run"]["bundle"] == old
    assert strop.json("verify")["whole"]


def test_a_rejection_needs_a_reason_and_keeps_what_is_live(strop: Shell, proposed: str) -> None:
    """Its reason is in the record with the name of who gave it."""
    old = live(strop)
    assert "--reason" in strop.told("reject", proposed, code=2)
    assert "reason" in strop.told("reject", proposed, "--reason", "  ", code=2)
    view = ProposalView.model_validate(strop.json("reject", proposed, "--reason", "Too short."))
    assert view.bundle.state == "rejected"
    assert live(strop) == old
    decided = strop.json("decisions", "plain")[-1]["data"]
    assert decided["to_state"] == "rejected"
    said = {"by": "m.keller", "actor": "person", "reason": "Too short.", "role": "admin", "login": ""}
    assert decided["provenance"] == said
    assert "Too short." in strop("decisions", "plain").stdout


def test_a_decision_on_something_else_than_what_was_seen_is_refused(strop: Shell, proposed: str) -> None:
    """With the live version, or the evidence, that the person saw."""
    told = strop.told("approve", proposed, "--reason", "x", "--seen", proposed, code=2)
    assert "has changed since you looked" in told
    strop.told("approve", proposed, "--reason", "x", "--shown", "sha256:0", code=2)
    assert live(strop) != proposed


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["approve", "ffff", "--reason", "x"], 7),
        (["rollback", "nobody", "--reason", "x"], 2),
        (["rollback", "plain", "--reason", "x"], 2),
        (["adopt", "nobody", "--yes"], 2),
        (["decisions", "nobody"], 2),
        (["bundles", "list", "nobody"], 2),
        (["bundles", "show", "ffff"], 7),
        (["proposals", "ffff"], 7),
        (["nights", "show", "ffff"], 7),
    ],
)
def test_what_is_not_there_is_told(strop: Shell, command: list[str], code: int) -> None:
    """Each with its own exit code; nothing happens."""
    strop("run", "plain", "Hello")
    strop.told(*command, code=code)
    assert len(strop.json("decisions", "plain")) == 1


def test_approving_twice_is_refused(strop: Shell, proposed: str) -> None:
    """The lifecycle has no such step."""
    strop("approve", proposed, "--reason", "x")
    assert "live" in strop.told("approve", proposed, "--reason", "x", code=2)


def test_an_edited_file_waits_behind_a_decision_until_it_is_adopted(strop: Shell, root: Path, proposed: str) -> None:
    """A person's decision rules; `adopt` asks, then makes the file live."""
    strop("approve", proposed, "--reason", "x")
    write_agent(root, "plain", more="description: edited\nmodel_settings: {temperature: 0.5}\n")
    view = strop.json("agents")[0]
    assert (view["live"], view["live_source"], view["definition_changed"]) == (proposed, "decision", True)
    assert "strop adopt" in strop("agents").stdout
    assert strop("adopt", "plain", input="n\n", code=1)
    assert live(strop) == proposed
    adopted = BundleView.model_validate(strop.json("adopt", "plain", "--yes"))
    assert live(strop) == adopted.digest
    assert adopted.content["settings"] == {"temperature": 0.5}
    assert "live already" in strop("adopt", "plain", "--yes").stderr


def test_bundles(strop: Shell, proposed: str) -> None:
    """Listed newest first, shown whole, compared word by word."""
    views: list[Any] = strop.json("bundles", "list", "plain")
    assert {view["state"] for view in views} == {"live", "proposed"}
    assert BETTER in strop("bundles", "show", proposed[7:19]).stdout
    assert BundleView.model_validate(strop.json("bundles", "show", proposed)).digest == proposed
    changed = {kind for line in strop.json("bundles", "diff", proposed) for kind, _ in line["runs"]}
    assert changed == {"same", "added"} or changed == {"same", "added", "removed"}
    assert "~ Be helpful." in strop("bundles", "diff", proposed).stdout
    assert len(strop("bundles", "list").stdout.splitlines()) == 3
