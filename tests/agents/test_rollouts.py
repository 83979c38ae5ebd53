"""Rollouts: who meets which version, for how long, who may take one live, and what a roll-back does to whom."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from agents.errors import IllegalStep, Refused, UsageError
from agents.prompts.exposure import chance
from agents.prompts.rollout_store import find_active
from agents.prompts.store import find_live
from agents.review import approve_proposal
from agents.rollouts import alter_rollout, begin_rollout, end_rollout
from tests.agents.rollout_world import World, open_world
from tests.builders import MACHINE, PERSON, finished, judged, model_step
from traces.events import RolloutEnded, RunStarted
from traces.store import read_events
from traces.verify import verify


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    """A live version and a proposal, on each database."""
    with open_world(tmp_path / "ws", database_url) as one:
        yield one


def live(world: World) -> str:
    """Digest of what serves."""
    with world.database.reading() as session:
        pointer = find_live(session, "hello")
    assert pointer is not None
    return pointer.digest


def test_a_canary_gets_its_share_and_conversations_stay(world: World) -> None:
    """Each conversation keeps its arm over its turns; the run names the rollout; the shares come out by chance."""
    candidate = world.propose()
    rollout = world.begin(candidate, share=0.3, exposure=1000)
    first = {f"c{number}": world.converse(f"c{number}") for number in range(60)}
    assert {name: world.converse(name) for name in list(first)[:20]} == dict(list(first.items())[:20])
    drawn = {name for name in first if chance(rollout.id, name) < 0.3}
    assert {name for name, bundle in first.items() if bundle == candidate} == drawn
    assert 5 < len(drawn) < 35
    run_id, _ = world.turn("c_new")
    with world.database.reading() as session:
        started = read_events(session, run_id, limit=1)[0].event
        assert verify(session).whole
    assert isinstance(started, RunStarted)
    assert (started.rollout, started.arm) in {(rollout.id, "candidate"), (rollout.id, "control")}
    assert world.find(rollout).exposed == len(drawn) + (started.arm == "candidate")


def test_exposure_is_a_bound(world: World) -> None:
    """The candidate gets so many conversations and not one more; its open ones go on with it."""
    candidate = world.propose()
    rollout = world.begin(candidate, exposure=5)
    met = Counter(world.converse(f"c{number}") for number in range(40))
    assert met[candidate] == 5
    assert world.find(rollout).exposed == 5
    mine = next(f"c{number}" for number in range(40) if world.turn(f"c{number}")[1] == candidate)
    assert world.turn(mine)[1] == candidate


def test_what_does_harm_is_taken_back_by_itself(world: World) -> None:
    """The watch needs nobody: the version is rolled back with the reason, and its conversations leave it."""
    candidate = world.propose()
    rollout = world.begin(candidate)
    assert world.serve(rollout, 100, bad=True) == {candidate, world.live}
    ended = world.find(rollout)
    assert (ended.outcome, world.state(candidate), live(world)) == ("rolled_back", "rolled_back", world.live)
    assert ended.exposed <= 12
    with world.database.reading() as session:
        fact = read_events(session, rollout.id)[-1].event
        assert verify(session).whole
    assert isinstance(fact, RolloutEnded)
    assert fact.provenance.actor == "machine"
    assert "quality is worse: 0.0%" in fact.reasons[0]
    mine = next(f"conv_{rollout.id}_{n}" for n in range(100) if chance(rollout.id, f"conv_{rollout.id}_{n}") < 0.5)
    assert world.turn(mine)[1] == world.live


def test_equal_arms_wait_for_a_person(world: World) -> None:
    """Nothing is worse: the exposure ends, nothing is decided; a person promotes, and it serves."""
    candidate = world.propose()
    rollout = world.begin(candidate)
    world.serve(rollout, 80, bad=False)
    found = world.find(rollout)
    assert (found.active, found.open, live(world)) == (True, False, world.live)
    with pytest.raises(IllegalStep, match="error budget is spent"):
        alter_rollout(world.recorder, rollout.id, PERSON, exposure=90)
    assert end_rollout(world.recorder, rollout.id, "promote", PERSON).outcome == "promoted"
    assert (live(world), world.state(candidate), world.state(world.live)) == (candidate, "live", "retired")


def test_the_watch_promotes_only_what_a_person_signed(world: World) -> None:
    """With `unharmed` in the signed plan it goes live at the end of its exposure; a machine's word alone does not."""
    candidate = world.propose()
    rollout = world.begin(candidate, promote="unharmed", margin=0.3)
    world.serve(rollout, 100, bad=False)
    assert (world.find(rollout).outcome, live(world)) == ("promoted", candidate)
    world.live = candidate
    other = world.propose("Greet the visitor.")
    plain = world.begin(world.propose("Greet whoever comes."))
    with pytest.raises(Refused, match="is a machine"):
        end_rollout(world.recorder, plain.id, "promote", MACHINE)
    with pytest.raises(IllegalStep, match="under way"):
        world.begin(other)


def test_a_machine_starts_nothing(world: World) -> None:
    """No rollout without a person and a reason."""
    with pytest.raises(Refused, match="is a machine"):
        begin_rollout(world.recorder, "hello", world.propose(), "canary", {}, MACHINE)


def test_nobody_meets_what_was_not_approved(world: World) -> None:
    """A draft can be neither a canary nor in an A/B."""
    with pytest.raises(IllegalStep):
        world.begin(world.draft("Say nothing."))
    with pytest.raises(IllegalStep, match="a person approved"):
        world.begin(world.draft("Say less."), "ab")


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        ({"share": 1.5}, "plan.share"),
        ({"shar": 0.1}, "plan.shar"),
        ({"share": 0.7, "control_share": 0.7}, "shares|more"),
    ],
)
def test_a_plan_that_is_none_is_told(world: World, plan: dict[str, float], word: str) -> None:
    """With the field, and what a plan may have."""
    with pytest.raises(UsageError, match=word):
        begin_rollout(world.recorder, "hello", world.propose(), "canary", plan, PERSON)


def test_two_operators_at_once(world: World) -> None:
    """Of two who start, and of two who end, one is told what the other did; the record is whole."""
    first, second = world.propose(), world.propose("Greet the visitor.")

    def both(*acts: Callable[[], object]) -> list[str]:
        with ThreadPoolExecutor(2) as pool:
            return [_outcome(done) for done in [pool.submit(act) for act in acts]]

    assert sorted(both(lambda: world.begin(first), lambda: world.begin(second))) == ["conflict", "done"]
    with world.database.reading() as session:
        rollout = find_active(session, "hello")
    assert rollout is not None
    ends = both(
        lambda: end_rollout(world.recorder, rollout.id, "promote", PERSON),
        lambda: end_rollout(world.recorder, rollout.id, "stop", PERSON),
    )
    assert sorted(ends) == ["conflict", "done"]
    with world.database.reading() as session:
        assert verify(session).whole
        ended = [one for one in read_events(session, rollout.id) if one.kind == "rollout_ended"]
    assert len(ended) == 1


def _outcome(done: Future[object]) -> str:
    try:
        done.result()
    except IllegalStep:
        return "conflict"
    return "done"


def test_another_version_went_live(world: World) -> None:
    """A canary whose control serves nobody any more is ended; new conversations get what is live at once."""
    candidate = world.propose()
    rollout = world.begin(candidate)
    other = world.propose("Greet the visitor.")
    approve_proposal(world.recorder, other, PERSON)
    assert {world.turn(f"n{number}")[1] for number in range(10)} == {other}
    world.watch.look()
    assert world.find(rollout).outcome == "rolled_back"


def test_an_ab_compares_any_two(world: World) -> None:
    """Both get their share, the rest gets what is live; what loses by harm is left, the other goes on serving."""
    old = world.live
    approve_proposal(world.recorder, world.propose(), PERSON)
    rollout = world.begin(old, "ab", share=0.3, control_share=0.3)  # against what is live
    met = world.serve(rollout, 200, bad=True)
    assert met == {old, live(world)}
    assert (world.find(rollout).outcome, world.state(old)) == ("rolled_back", "retired")


def test_a_watch_that_comes_later_finds_the_same(world: World, tmp_path: Path, database_url: str) -> None:
    """Killed after counting and before acting, another process ends it; a third look changes nothing."""
    candidate = world.propose()
    rollout = world.begin(candidate)
    for number in range(40):
        run_id, bundle = world.turn(f"c{number}")
        world.recorder.append_all(run_id, [*model_step(), finished(), judged(score=float(bundle != candidate))])
    world.watch._count(world.find(rollout), world.recorder.now())  # and then it dies
    with open_world(tmp_path / "ws", database_url) as other:
        other.watch.look()
        assert other.find(rollout).outcome == "rolled_back"
        other.watch.look()
    with world.database.reading() as session:
        facts = [one.kind for one in read_events(session, rollout.id)]
    assert facts.count("rollout_ended") == 1
    assert facts.count("conversation_counted") == 40
