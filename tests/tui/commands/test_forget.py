"""`strop forget`: what would go is shown, asked about, erased, and on record."""

from pathlib import Path

from tests.tui.commands.workshop import Shell


def run_with(strop: Shell, text: str, conversation: str) -> str:
    """The id of a run of `plain`."""
    return str(strop.json("run", "plain", text, "--conversation", conversation)["run"]["id"])


def test_a_person_is_forgotten(strop: Shell, root: Path) -> None:
    """Found by a word, shown, erased on a yes; the ledger is whole and its files hold the word no more."""
    run_id = run_with(strop, "I am Xaveria", "c-1")
    run_with(strop, "I am somebody else", "c-2")
    shown = strop("forget", "--person", "xaveria", "--dry-run")
    assert shown.stdout == "c-1  1 run  found by words\n"
    strop("forget", "--person", "xaveria", input="n\n", code=1)
    done = strop("forget", "--person", "xaveria", "--reason", "asked for", input="y\n")
    assert "of 1 runs" in done.stdout
    assert strop.json("runs", "show", run_id)["run"]["input"] == "[erased]"
    assert strop.json("verify")["erased"] > 0
    (log,) = strop.json("forget")
    assert (log["because"], log["provenance"]["reason"], log["runs"]) == ("forget", "asked for", 1)
    assert "asked for" in strop("forget").stdout
    assert not any(b"Xaveria" in path.read_bytes() for path in (root / ".strop").glob("strop.db*"))
    told = strop.told("forget", "--person", "xaveria", "--yes", code=7)
    assert "no person 'xaveria'" in told


def test_what_cannot_be_meant_is_told(strop: Shell) -> None:
    """Before anything is looked for."""
    strop("forget", "--person", "x y", "--conversation", "c", code=2)
    strop("forget", "--person", "x y", "--json", code=2)
    assert strop.json("forget") == []


def test_retention_is_run_by_hand(strop: Shell, root: Path) -> None:
    """Looked at first; without a rule it says what is missing."""
    strop("retention", "run", code=2)
    run_id = run_with(strop, "I am Xaveria", "c-1")
    toml = root / "strop.toml"
    toml.write_text(toml.read_text() + "[retention]\ndays = 0.0000001\n")
    shown = strop.json("retention", "run", "--dry-run")
    assert (shown["erasure"], shown["runs"], shown["by_age"]) == (None, 1, 1)
    assert strop.json("runs", "show", run_id)["run"]["input"] == "I am Xaveria"
    assert "erased 1 runs" in strop("retention", "run", "--compact").stdout
    assert strop.json("runs", "show", run_id)["run"]["input"] == "[erased]"
