"""`strop queues`: everything the terminal does with them, for scripts."""

from tests.tui.commands.workshop import Shell


def test_a_queue_by_command(strop: Shell) -> None:
    """Opened, its next run named, judged, shown with agreement, closed; each speaks JSON."""
    run = str(strop.json("run", "plain", "hello")["run"]["id"])
    assert "no queue yet" in strop("queues", "list").stderr
    opened = strop.json("queues", "open", "polite", "agent:plain", "--reviewers", "1", "--label", "rude")
    assert (opened["runs"], opened["labels"]) == (1, ["rude"])
    assert "no run that has ended matches" in strop.told("queues", "open", "x", "agent:nobody", code=2)
    assert strop("queues", "next", "polite").stdout.strip() == run
    strop("feedback", run, "--label", "rude")
    assert strop.json("queues", "next", "polite")["run"] is None
    assert strop.json("queues", "next", "polite", "--by", "ann")["queue"]["mine"] == 0
    shown = strop("queues", "show", "polite").stdout
    assert "m.keller" in shown
    assert "No run was judged by two people yet" in shown
    assert "1/1" in strop("queues", "list").stdout
    assert strop.json("queues", "close", "polite", "--reason", "done")["closed_at"]
