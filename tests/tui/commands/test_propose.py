"""A version that a person wrote: taken in from a file, evaluated, proposed, signed by somebody else, live."""

from pathlib import Path

from tests.tui.commands.test_check import tasks
from tests.tui.commands.workshop import Shell

__all__ = ["tasks"]


def test_an_edited_file_is_proposed_on_evidence_and_signed_by_another(strop: Shell, root: Path, tasks: Path) -> None:
    """The author does not sign; who comes after does; the evidence is the paired test of both versions."""
    strop("run", "plain", "Hi")
    live = strop.json("agents")[0]["live"]
    path = root / "version.yaml"
    strop("bundles", "export", live, "-o", str(path))
    path.write_text(path.read_text().replace("Be helpful.", "Be helpful and brief."))
    draft = strop.json("bundles", "import", str(path))
    assert (draft["state"], draft["parent"], draft["author"]) == ("draft", live, "m.keller")
    assert "brief." in strop("bundles", "diff", live, draft["digest"]).stdout
    view = strop.json("bundles", "propose", draft["digest"], "--reason", "shorter answers")
    assert view["bundle"]["state"] == "proposed"
    assert (view["evidence"]["n"], view["evidence"]["delta"], view["incumbent"]) == (2, 0.0, live)
    assert "{+helpful and brief.+}" in view["sheet"]
    assert "somebody else must sign it" in strop.told("approve", draft["digest"], "--reason", "mine", code=2)
    # Another name at the same login is the same person.
    told = strop.told("approve", draft["digest"], "--reason", "fine", "--by", "a.other", code=2)
    assert "somebody else must sign it" in told
    refused = strop.json("audit", "list")["items"][0]
    assert (refused["kind"], refused["who"]) == ("decision_refused", "a.other")
    toml = root / "strop.toml"
    toml.write_text(toml.read_text() + "\n[governance]\nauthor_may_approve = true\n")
    assert strop.json("governance", "show", "plain")["in_force"]["author_may_approve"]
    strop("governance", "adopt", "plain", "--reason", "a team of one")
    assert strop.json("approve", draft["digest"], "--reason", "mine")["bundle"]["live"]


def test_where_the_rules_want_it_the_definition_file_is_proposed_too(strop: Shell, root: Path, tasks: Path) -> None:
    """Nothing serves before; the first version is compared with an agent that gets nothing right."""
    toml = root / "strop.toml"
    toml.write_text(
        toml.read_text()
        + '\n[governance]\nauthor_may_approve = true\n[governance.agents.plain]\ndefinition = "proposed"\n'
    )
    assert "bundles propose" in strop.told("run", "plain", "Hi", code=2)
    view = strop.json("bundles", "propose", "plain", "--reason", "the first")
    assert (view["incumbent"], view["evidence"]["before"], view["evidence"]["after"]) == ("", 0.0, 0.5)
    assert strop.json("approve", view["bundle"]["digest"], "--reason", "go")["bundle"]["live"]
    strop("run", "plain", "Hi")
    assert strop.json("governance", "show", "plain")["in_force"]["definition"] == "proposed"
    agent = root / "agents" / "plain.yaml"
    agent.write_text(agent.read_text().replace("Be helpful.", "Be rude."))
    strop("run", "plain", "Hi")
    assert strop.json("agents")[0]["live"] == view["bundle"]["digest"]


def test_what_cannot_be_proposed_is_told(strop: Shell, root: Path, tasks: Path) -> None:
    """What is live, and a version of an agent without tasks."""
    strop("run", "plain", "Hi")
    live = strop.json("agents")[0]["live"]
    assert "nothing to propose" in strop.told("bundles", "propose", live, "--reason", "x", code=2)
    tasks.unlink()
    agent = root / "agents" / "plain.yaml"
    agent.write_text(agent.read_text().replace("Be helpful.", "Be kind."))
    assert "no tasks for 'plain'" in strop.told("bundles", "propose", "plain", "--reason", "x", code=2)
