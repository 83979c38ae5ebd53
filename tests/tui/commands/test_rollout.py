"""`strop rollout` and `strop tools` at the command line: the same acts, told to people and to programs."""

from agents.service.wire import RolloutView
from tests.tui.commands.test_decide import proposed as proposed
from tests.tui.commands.workshop import Shell, serve


def test_a_canary_from_start_to_live(strop: Shell, proposed: str) -> None:
    """Started by its first characters, shown, changed, promoted; each step says what is now."""
    given = ("--share", "0.25", "--exposure", "80", "--plan", "wait_minutes=5", "--reason", "it was proven")
    began = RolloutView.model_validate(strop.json("rollout", "start", "plain", proposed[7:19], *given))
    assert (began.mode, began.share, began.exposure, began.plan["wait_minutes"]) == ("canary", 0.25, 80, 5)
    shown = strop("rollout", "show", "plain").stdout
    assert "25.0% of new conversations" in shown
    assert "who takes it live: a person" in shown
    assert strop.json("rollout", "list")[0]["id"] == began.id
    assert strop.json("rollout", "change", "plain", "--share", "0.5", "--reason", "all well")["share"] == 0.5
    assert "is live" in strop("rollout", "promote", began.id, "--reason", "all well").stderr
    assert strop.json("agents")[0]["live"] == proposed
    assert "went live" in strop.told("rollout", "stop", began.id, "--reason", "late", code=2)


def test_what_cannot_be_started_is_told(strop: Shell, proposed: str) -> None:
    """A plan with a wrong field, a live version against itself, a rollout that is not there."""
    start = ("rollout", "start", "plain", proposed, "--reason", "why not")
    assert "plan.shares" in strop.told(*start, "--plan", "shares=1", code=2)
    live = strop.json("agents")[0]["live"]
    assert "with itself" in strop.told("rollout", "start", "plain", live, "--reason", "why not", code=2)
    assert "rollout" in strop.told("rollout", "show", "nothing", code=7)
    strop("rollout", "start", "plain", proposed, "--reason", "why not", "--plan", "colour", code=2)


def test_tools_of_agents(strop: Shell, root: object) -> None:
    """An agent without servers has nothing to list; one with a server is pinned by its first run."""
    assert strop.json("tools", "list") == []
    serve(strop.root, "good")
    strop("run", "good", "Hello")
    (one,) = strop.json("tools", "list", "good")
    assert (one["server"], one["standing"]) == ("good", "pinned")
    assert strop.json("tools", "drift") == []
    assert "is as version" in strop("tools", "diff", "good").stdout
    assert "has not drifted" in strop.told("tools", "accept", "good", "--agent", "good", "--reason", "why", code=2)
    assert "no live version uses" in strop.told("tools", "diff", "nothing", code=2)
