"""`strop approvals`: what waits is listed, shown and decided on from the command line."""

from pathlib import Path

from tests.tui.commands.workshop import Shell, make_workspace, write_agent

POLICIES = """\
strop:
  delegates: [{agent: plain, tool: ask_plain, description: Asks.}]
  policies: [{tool: ask_plain, then: ask, reason: it costs}]
"""


def test_a_call_is_held_listed_edited_and_made(tmp_path: Path) -> None:
    """The whole way in the shell; each verb has --json; a second decision ends with 2."""
    root = make_workspace(tmp_path / "ws")
    write_agent(root, "boss", more=POLICIES)
    shell = Shell(root)
    at = ("-w", str(root))
    shell("run", "boss", "go", *at, code=6)
    (held,) = shell.json("approvals", "list", *at)
    assert held["tool"] == "ask_plain"
    assert "it costs" in shell("approvals", "show", held["run_id"], *at).stdout
    assert "ask_plain" in shell("approvals", "list", *at).stdout
    assert "not a JSON object" in shell("approvals", "approve", held["id"], "--edit", "[]", *at, code=2).stderr
    edit = '{"request": "the cheap way"}'
    decided = shell.json("approvals", "approve", held["id"], "--edit", edit, "--reason", "cheaper", *at)
    assert (decided["state"], decided["sent"]) == ("approved", {"request": "the cheap way"})
    assert "was approved by" in shell.told("approvals", "deny", held["id"], *at, code=2)
    detail = shell.json("resume", held["run_id"], *at)
    assert detail["children"][0]["input"] == "the cheap way"
    assert shell.json("approvals", "list", *at) == []
