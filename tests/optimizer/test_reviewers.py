"""Feedback that lies: a hostile reviewer is not heard, a flipped fifth costs power only, a tie teaches nothing."""

import random

import pytest

from optimizer.nightly import NightResult
from optimizer.reviewers import Vote, hostile, settle, standings
from tests.optimizer.night_world import SMALL, TEAMS, World, learner, night
from traces.events import FeedbackGiven, StageReached
from traces.ids import new_id
from traces.provenance import Provenance
from traces.recorder import Recorder
from traces.store import find_run, read_events, read_feed


def vote(by: str, team: str) -> Vote:
    """One word on one run."""
    return Vote(by, "reviewer", {"output": {"team": team}})


def test_the_majority_counts_and_a_tie_is_nobodys() -> None:
    """One voice each, the newest of a person; two against two say nothing."""
    said = [vote("a", "Heron"), vote("b", "Curlew"), vote("c", "Curlew"), vote("a", "Curlew")]
    settled = settle(said)
    assert settled is not None
    assert settled.expected == {"output": {"team": "Curlew"}}
    assert settle([vote("a", "Heron"), vote("b", "Curlew")]) is None
    assert settle([Vote("a", "reviewer", {})]) is None


def families(flip: float, hostile_by: str = "", *, seed: int = 0) -> dict[str, list[Vote]]:
    """Four reviewers on forty families of four; a share of their words is flipped, one of them lies always."""
    chance = random.Random(seed)
    found: dict[str, list[Vote]] = {}
    for number in range(40):
        right, wrong = ("Heron", "Curlew") if number % 2 else ("Curlew", "Heron")
        for by in ("anna", "ben", "cem", "dora"):
            lies = by == hostile_by or chance.random() < flip
            found.setdefault(f"f{number}", []).append(vote(by, wrong if lies else right))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_hostile_reviewer_is_found_among_careless_ones(seed: int) -> None:
    """With a fifth of all words flipped, the one who always lies is told from the rest; nobody else is."""
    assert set(hostile(families(0.2, "ben", seed=seed))) == {"ben"}
    assert hostile(families(0.2, seed=seed)) == {}


def test_two_who_contradict_each_other_are_both_heard() -> None:
    """Nobody can say who of two is right."""
    two = {f"f{n}": [vote("a", "Heron"), vote("b", "Curlew")] for n in range(20)}
    assert hostile(two) == {}
    assert standings(two)["a"].agreed == 0


def lie(world: World, *, flip: float, mallory: bool) -> None:
    """Three reviewers on every run, some of whose words are flipped; and one who always sends everything to Heron."""
    chance = random.Random(7)
    recorder = Recorder(world.database)
    with world.database.reading() as session:
        runs = sorted({one.stream for one in read_feed(session, after=0, kinds=["feedback_given"], limit=10_000)})
        texts = {run: found.input for run in runs if (found := find_run(session, run)) is not None}
    for run, text in texts.items():
        topic = text.split()[0]
        for by in ("anna", "ben", *(["m.mallory"] if mallory else [])):
            lies = by == "m.mallory" or chance.random() < flip
            team = chance.choice([one for one in TEAMS.values() if one != TEAMS[topic]]) if lies else TEAMS[topic]
            team = "Bittern" if by == "m.mallory" else team
            recorder.append(run, FeedbackGiven(
                feedback_id=new_id("fb"), score=0.0, correction={"team": team}, comment=f"{topic} is {team}.",
                provenance=Provenance(by=by),
            ))  # fmt: skip


def truly(world: World, result: NightResult) -> float:
    """The true share of right answers of what is proposed, on messages nobody reviewed."""
    from agents.prompts.bundle import render
    from agents.prompts.store import get_bundle

    with world.database.reading() as session:
        bundle = get_bundle(session, result.proposal or result.incumbent).bundle
    asked = [f"{topic} letter {number}" for topic in TEAMS for number in range(5)]
    return sum(learner(render(bundle), text) == TEAMS[text.split()[0]] for text in asked) / len(asked)


LIED_TO = SMALL.model_copy(update={"strategies": ("rules",), "candidates": 2})


def test_a_night_among_lies_proposes_nothing_that_harms(world: World) -> None:
    """A fifth flipped and one hostile reviewer: she is named, her words are in no rule, what is proposed is right."""
    lie(world, flip=0.2, mallory=True)
    result = night(world, LIED_TO)
    with world.database.reading() as session:
        mined = next(
            one.event for one in read_events(session, result.night)
            if isinstance(one.event, StageReached) and one.event.stage == "mined"
        )  # fmt: skip
    assert list(mined.facts["unheard"]) == ["m.mallory"]
    assert result.verdict == "better", result.reasons
    assert truly(world, result) == 1.0
