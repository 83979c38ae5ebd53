"""`strop playground`: what the terminal's screen does, for scripts."""

from tests.tui.commands.workshop import Shell


def test_a_play_by_command(strop: Shell) -> None:
    """What serves an agent, and a model that is not to be had, which says so; nothing of it is a user's run."""
    played = strop.json("playground", "start", "hello", "--agent", "plain", "--model", "test:other")
    assert [one["run"]["status"] for one in played["sides"]] == ["finished", "failed"]
    assert "test:other" in played["sides"][1]["run"]["error"]
    assert [one["model"] for one in played["sides"]] == ["test", "test:other"]
    assert [one["id"] for one in strop.json("playground", "list")] == [played["id"]]
    assert "success" in strop("playground", "show", played["id"]).stdout
    assert strop.json("runs", "list")["items"] == []
    assert len(strop.json("runs", "list", "origin:playground")["items"]) == 2
    assert "name at least one" in strop.told("playground", "start", "hello", code=2)
    assert "`recorded` needs a run" in strop.told(
        "playground", "start", "x", "--agent", "plain", "--recorded", code=2
    )
    replayed = strop.json("playground", "start", "--agent", "plain", "--run", played["sides"][0]["run"]["id"])
    assert replayed["input"] == "hello"
