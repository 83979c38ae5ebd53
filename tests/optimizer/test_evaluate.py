"""The held-out check: every task scored on a bundle, live, once; before and after as one paired interval."""

import pytest

from agents.prompts.store import get_bundle
from agents.runtime import Runtime
from agents.tasks import Task
from optimizer.evaluate import compare, evaluate
from optimizer.mine import mine
from tests.optimizer.conftest import Proven
from tests.optimizer.night_world import TEAMS, World
from traces.errors import NotFound
from traces.events import FeedbackGiven
from traces.ids import new_id
from traces.provenance import Provenance
from traces.recorder import Recorder

TASKS = [
    Task.model_validate(
        {
            "id": f"desk-{number}", "family": f"{topic}-new-{number % 3}", "split": "heldout",
            "turns": [f"{topic} says hello {number}", f"{topic} in other words {number}"],
            "expected": {"output": {"team": team}},
        }
    )
    for number, (topic, team) in enumerate([*TEAMS.items()] * 2)
]  # fmt: skip


def test_before_and_after_are_compared_on_the_same_tasks(proven: Proven) -> None:
    """All turns are played as one conversation, and the gain comes with its interval over families."""
    world, result = proven.world, proven.result
    assert result.proposal is not None
    told: list[int] = []
    before = evaluate(
        world.workspace, world.database, result.incumbent, TASKS, make_runtime=lambda: _runtime(world),
        told=lambda done, total, scored: told.append(done),
    )  # fmt: skip
    after = evaluate(world.workspace, world.database, result.proposal, TASKS, make_runtime=lambda: _runtime(world))
    assert (before.mean, after.mean) == (0.0, 1.0)
    assert told == list(range(1, 9))
    evidence = compare(before, after)
    assert (evidence.n, evidence.delta) == (8, 1.0)
    assert evidence.interval.low > 0
    asked = len(world.asked)
    again = evaluate(world.workspace, world.database, result.proposal, TASKS, make_runtime=lambda: _runtime(world))
    assert again == after
    assert len(world.asked) == asked, "what is on record is not run again"


def test_a_held_out_run_is_never_learned_from(world: World) -> None:
    """Even when somebody reviews it: its mark keeps it out of every night."""
    with world.database.reading() as session:
        metric = world.workspace.agent("desk").block.metric
        before = mine(session, "desk", metric).examples
        bundle = before[0].bundle
    played = evaluate(world.workspace, world.database, bundle, TASKS[:1], make_runtime=lambda: _runtime(world))
    said = FeedbackGiven(feedback_id=new_id("fb"), score=1.0, provenance=Provenance(by="m.keller"))
    Recorder(world.database).append(played.scores[0].run_id, said)
    with world.database.reading() as session:
        assert mine(session, "desk", metric).examples == before


def test_another_name_plays_anew(world: World) -> None:
    """The same tasks after a change of the world are another check."""
    with world.database.reading() as session:
        bundle = mine(session, "desk", world.workspace.agent("desk").block.metric).examples[0].bundle
    for name in ("monday", "tuesday"):
        evaluate(world.workspace, world.database, bundle, TASKS[:1], name=name, make_runtime=lambda: _runtime(world))
    assert len(world.asked) == 4


def test_an_unknown_bundle_is_told(world: World) -> None:
    """Before anything is run."""
    with pytest.raises(NotFound):
        evaluate(world.workspace, world.database, "sha256:none", TASKS, make_runtime=lambda: _runtime(world))
    with world.database.reading() as session, pytest.raises(NotFound):
        get_bundle(session, "sha256:none")


def _runtime(world: World) -> Runtime:
    return world.make_runtime(world.workspace, world.database)
